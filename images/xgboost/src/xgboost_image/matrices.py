"""The training data of a channel as XGBoost's DMatrix, from each of the four formats."""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import UserError

from xgboost_image import content_types, delimited, recordio
from xgboost_image.files import data_files
from xgboost_image.library import lean_xgboost

logger = logging.getLogger(__name__)


def load(
    paths: str | Path | Sequence[str | Path], form: str, csv_weights: int = 0, *, pipe: bool = False
) -> Any | None:
    """The DMatrix of all data at the paths; None when there is none."""
    if pipe:
        return _from_records(_piped(paths), "pipe")
    files = data_files(paths)
    logger.info("files path: %s", paths)
    if not files:
        return None
    match form:
        case content_types.CSV:
            matrix = _from_table(delimited.read(files), weighted=bool(csv_weights))
        case content_types.PARQUET:
            matrix = _from_table(_parquet(files), weighted=False)
        case content_types.RECORDIO_PROTOBUF:
            matrix = _from_records(b"".join(path.read_bytes() for path in files), files[0].name)
        case _:
            matrix = _libsvm(files)
    if matrix is not None and matrix.get_label().size == 0:
        raise UserError("Got input data without labels. The label is the first column of every row.")
    return matrix


def _piped(paths: str | Path | Sequence[str | Path]) -> bytes:
    """What comes through the first FIFO of each channel, `<channel>_0`."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    return b"".join(Path(f"{path}_0").read_bytes() for path in given)


def _from_table(rows: Any, *, weighted: bool) -> Any:
    first = 2 if weighted else 1
    if rows.shape[1] <= first:
        raise UserError(f"Got rows of {rows.shape[1]} columns: there is no feature after the first {first}.")
    return lean_xgboost().DMatrix(rows[:, first:], label=rows[:, 0], weight=rows[:, 1] if weighted else None)


def _parquet(files: Sequence[Path]) -> Any:
    """The columns in their order, the label first, as one table of floats."""
    import pyarrow
    from pyarrow import parquet

    try:
        tables = [parquet.read_table(path) for path in files]
        columns = [
            [column.cast(pyarrow.float32()).to_numpy() for column in table.columns] for table in tables
        ]
    except (pyarrow.ArrowException, ValueError) as error:
        raise UserError(f"Failed to load parquet data with exception:\n{error}") from error
    return np.concatenate([np.column_stack(each) for each in columns])


def _libsvm(files: Sequence[Path]) -> Any:
    """XGBoost reads libsvm itself, but only from one folder: it is given a folder of links.

    The folder lies in one of its own, because XGBoost 1.7 also looks at everything that lies beside it, and
    fails when such a file, somebody else's, goes in that moment.
    """
    xgboost = lean_xgboost()
    check_libsvm(files[0])
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer, "links")
        folder.mkdir()
        for index, path in enumerate(files):
            os.symlink(path.resolve(), folder / f"{index:06d}")
        try:
            return xgboost.DMatrix(f"{folder}?format=libsvm")
        except xgboost.core.XGBoostError as error:
            raise UserError(f"Failed to load libsvm data with exception:\n{error}") from error


def check_libsvm(path: Path) -> None:
    """The first line must read `label[:weight] [qid:n] index:value …`; XGBoost would take anything."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        line = lines.readline().strip()
    label, *features = line.split("#")[0].split()
    try:
        for part in label.split(":", 1):
            float(part)
        for feature in features:
            index, _, value = feature.partition(":")
            if index != "qid":
                int(index)
            float(value)
    except ValueError as error:
        raise UserError(
            f"First line '{line[:50]}...' of file '{path.name}' is not 'LIBSVM' format. "
            "Send LIBSVM data, or name the data's own format in the channel's ContentType."
        ) from error


def features_of(data: bytes) -> tuple[Any, list[float]]:
    """The rows of a RecordIO stream, dense or sparse as they are, and the labels of those that have one."""
    records = list(recordio.read(data))
    rows = [record.features["values"] for record in records if "values" in record.features]
    if len(rows) != len(records):
        raise ValueError("a record has no feature named 'values'")
    labels = [float(record.label["values"].values[0]) for record in records if "values" in record.label]
    if not any(row.sparse for row in rows):
        return np.vstack([row.values for row in rows]), labels
    return _sparse(rows), labels


def _sparse(rows: Sequence[recordio.Tensor]) -> Any:
    from scipy.sparse import csr_matrix

    width = max(max((*row.shape, *(key + 1 for key in row.keys)), default=0) for row in rows)
    ends = np.cumsum([0, *(len(row.keys) for row in rows)])
    keys = np.concatenate([np.asarray(row.keys, dtype=np.int64) for row in rows])
    return csr_matrix((np.concatenate([row.values for row in rows]), keys, ends), shape=(len(rows), width))


def _from_records(data: bytes, source: str) -> Any | None:
    if not data:
        return None
    try:
        rows, labels = features_of(data)
    except (ValueError, KeyError, IndexError) as error:
        raise UserError(
            f"Failed to load recordio-protobuf data from {source} with exception:\n{error}"
        ) from error
    return lean_xgboost().DMatrix(rows, label=labels)
