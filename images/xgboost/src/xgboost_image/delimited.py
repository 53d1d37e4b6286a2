"""CSV as the algorithm takes it: numbers and truths, no header, the label first, then perhaps a weight."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import UserError

DELIMITERS = ",;\t| "
_ABSENT = ["", "nan", "NaN", "NAN", "NA", "null", "None"]
TRUTHS = {"True": 1.0, "False": 0.0}
"""What pandas writes for booleans, such as the indicators that it makes of categories since version 2."""

logger = logging.getLogger(__name__)


def delimiter_of(line: str) -> str | None:
    """The delimiter of a line: the one that cuts it into the most parts; None when no known one occurs."""
    counts = {each: line.strip("\r\n").count(each) for each in DELIMITERS}
    best = max(counts, key=lambda each: counts[each])
    return best if counts[best] else None


def read(files: Sequence[Path]) -> Any:
    """All rows of all files as one table of floats; an empty cell is NaN, a missing value."""
    from pyarrow import ArrowInvalid

    delimiter = check_first_line(files[0])
    logger.info("Determined delimiter of CSV input is '%s'", delimiter)
    try:
        tables = [_read_file(path, delimiter) for path in files]
        return tables[0] if len(tables) == 1 else np.concatenate(tables)
    except (ArrowInvalid, ValueError) as error:
        raise UserError(f"Failed to load csv data with exception:\n{error}") from error


def check_first_line(path: Path) -> str:
    """The delimiter of a file whose first line is all numbers; the algorithm's error for any other."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        line = lines.readline()
    delimiter = delimiter_of(line)
    if delimiter is None:
        raise UserError(f"Could not determine delimiter on line {line[:50]!r} of file '{path.name}'.")
    for cell in line.strip("\r\n").split(delimiter):
        if not _is_number(cell):
            raise UserError(
                f"First line of file '{path.name}' holds {cell[:30]!r}, which is not a number. "
                "CSV for this algorithm has no header, only numbers, and the label in its first column."
            )
    return delimiter


def types_of(cells: Sequence[str]) -> dict[str, Any]:
    """Arrow's types of columns by their index: floats, or booleans where the known line has a truth."""
    import pyarrow

    kinds = {True: pyarrow.bool_(), False: pyarrow.float32()}
    return {str(index): kinds[cell.strip('"') in TRUTHS] for index, cell in enumerate(cells)}


def rows_of(table: Any) -> Any:
    """An Arrow table as rows of floats; a missing value is NaN."""
    import pyarrow

    rows = np.empty((table.num_rows, table.num_columns), dtype=np.float32)
    for index, column in enumerate(table.columns):
        rows[:, index] = column.cast(pyarrow.float32()).to_numpy()
    return rows


def _is_number(cell: str) -> bool:
    cell = cell.strip().strip('"')
    if cell in _ABSENT or cell in TRUTHS:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read_file(path: Path, delimiter: str) -> Any:
    from pyarrow import csv

    with path.open(encoding="utf-8", errors="replace") as lines:
        types = types_of(lines.readline().rstrip("\r\n").split(delimiter))
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(column_names=list(types)),
        parse_options=csv.ParseOptions(delimiter=delimiter),
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=_ABSENT, quoted_strings_can_be_null=True
        ),
    )
    return rows_of(table)
