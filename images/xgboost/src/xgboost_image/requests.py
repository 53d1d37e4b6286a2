"""What is sent to `/invocations` as rows of features; read without pandas, because each call waits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import UserError

from xgboost_image import content_types
from xgboost_image.delimited import TRUTHS, delimiter_of, rows_of, types_of
from xgboost_image.matrices import features_of

_FORMATS = (content_types.CSV, content_types.LIBSVM, content_types.RECORDIO_PROTOBUF)
ACCEPTED = ", ".join(kind for kind, form in content_types.FORMATS.items() if form in _FORMATS and "/" in kind)


class UnsupportedContent(Exception):
    """The body is in no format that the image reads, or is not what its Content-Type says."""


@dataclass(frozen=True)
class Rows:
    """Features to predict for: a dense table with NaN for what is missing, or a sparse matrix."""

    table: Any
    form: str

    @property
    def dense(self) -> bool:
        return isinstance(self.table, np.ndarray)


def read(body: bytes, content_type: str | None) -> Rows:
    """The rows of a request; without a Content-Type they are CSV."""
    try:
        form = content_types.format_of(content_type or "text/csv")
    except UserError as error:
        raise UnsupportedContent(error.message) from error
    if form not in _FORMATS:
        raise UnsupportedContent(f"Content-type {content_type} is not supported. Supported are {ACCEPTED}.")
    reader = {content_types.CSV: _csv, content_types.LIBSVM: _libsvm}.get(form, _recordio)
    try:
        return Rows(reader(body), form)
    except (ValueError, KeyError, IndexError) as error:
        raise UnsupportedContent(
            f"Loading {form} data failed, please ensure data is in {form} format:\n {error}"
        ) from error


LARGE = 1 << 16
"""From how many bytes on a library reads CSV faster than Python, its import included."""


def _csv(body: bytes) -> Any:
    """Rows of numbers; an empty cell is NaN. Plain Python beats a library on a row or a thousand."""
    if len(body) >= LARGE:
        table = _many(body)
        if table is not None:
            return table
    text = body.decode("utf-8").strip("\r\n")
    lines = text.splitlines() if "\n" in text or "\r" in text else [text]
    delimiter = delimiter_of(lines[0]) or ","
    rows = [list(map(_number, line.split(delimiter))) for line in lines]
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise ValueError(f"row {number} has {len(row)} columns, row 1 has {width}")
    return np.array(rows, dtype=np.float32)


def _many(body: bytes) -> Any | None:
    """The rows of a large body; None for one that only plain Python reads, or that it has a sentence for."""
    import pyarrow
    from pyarrow import csv

    body = body.strip(b"\r\n")
    line = body[: body.find(b"\n") + 1].decode("utf-8", "replace")
    delimiter = delimiter_of(line) or ","
    types = types_of(line.rstrip("\r\n").split(delimiter))
    try:
        table = csv.read_csv(
            pyarrow.BufferReader(body),
            read_options=csv.ReadOptions(
                column_names=list(types), use_threads=False, block_size=len(body) + 1
            ),
            parse_options=csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[""]),
        )
    except pyarrow.ArrowInvalid:
        return None
    return rows_of(table)


def _number(cell: str) -> float:
    if not cell:
        return np.nan
    truth = TRUTHS.get(cell)
    return float(cell) if truth is None else truth


def _libsvm(body: bytes) -> Any:
    """Sparse rows `index:value …`; a label, if there is one, is left out."""
    from scipy.sparse import csr_matrix

    data, columns, ends = [], [], [0]
    for line in body.decode("utf-8").strip().splitlines():
        for part in line.split("#")[0].split():
            index, colon, value = part.partition(":")
            if colon and index != "qid":
                columns.append(int(index))
                data.append(float(value))
        ends.append(len(data))
    if not data:
        raise ValueError("there is no `index:value` in it")
    return csr_matrix((np.array(data, dtype=np.float32), columns, ends))


def _recordio(body: bytes) -> Any:
    rows, _ = features_of(body)
    return rows
