"""Data for a script: `get_dmatrix`, `get_content_type`, `get_size`, `validate_data_file_path`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xgboost_image import content_types, delimited, files, matrices

CSV = content_types.CSV
LIBSVM = content_types.LIBSVM
PARQUET = content_types.PARQUET
RECORDIO_PROTOBUF = content_types.RECORDIO_PROTOBUF

get_content_type = content_types.format_of


def get_dmatrix(
    data_path: str | Sequence[str], content_type: str, csv_weights: int = 0, is_pipe: bool = False
) -> Any | None:
    """The data at a path as a DMatrix, the label being its first column; None when there is none."""
    return matrices.load(data_path, content_types.format_of(content_type), csv_weights, pipe=is_pipe)


def get_size(data_path: str, is_pipe: bool = False) -> int:
    """The bytes of data at a path; 1 for a pipe, 0 when there is nothing."""
    if is_pipe and Path(f"{data_path}_0").exists():
        return 1
    return sum(path.stat().st_size for path in files.data_files(data_path)) if Path(data_path).exists() else 0


def validate_data_file_path(data_path: str, content_type: str) -> None:
    """Raise UserError when the path does not exist or a text file's first line is not in the format."""
    form = content_types.format_of(content_type)
    for path in files.data_files(data_path):
        if form == CSV:
            delimited.check_first_line(path)
        elif form == LIBSVM:
            matrices.check_libsvm(path)
