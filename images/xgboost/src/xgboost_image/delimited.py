"""CSV as the algorithm takes it: only numbers, no header, the label first, then perhaps the row's weight."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import UserError

DELIMITERS = ",;\t| "
_ABSENT = ["", "nan", "NaN", "NAN", "NA", "null", "None"]

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


def _is_number(cell: str) -> bool:
    if cell.strip().strip('"') in _ABSENT:
        return True
    try:
        float(cell.strip().strip('"'))
    except ValueError:
        return False
    return True


def _read_file(path: Path, delimiter: str) -> Any:
    import pyarrow
    from pyarrow import csv

    with path.open(encoding="utf-8", errors="replace") as lines:
        width = len(lines.readline().rstrip("\r\n").split(delimiter))
    names = [str(index) for index in range(width)]
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(column_names=names),
        parse_options=csv.ParseOptions(delimiter=delimiter),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pyarrow.float32()),
            null_values=_ABSENT,
            quoted_strings_can_be_null=True,
        ),
    )
    rows = np.empty((table.num_rows, width), dtype=np.float32)
    for index, column in enumerate(table.columns):
        rows[:, index] = column.to_numpy()
    return rows
