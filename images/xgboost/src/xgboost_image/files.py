"""The data files of a channel: which of what lies in its folder is data."""

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sagemaker_algorithm_toolkit.exceptions import UserError

MAX_FOLDER_DEPTH = 3

logger = logging.getLogger(__name__)


def data_files(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """Every data file at or below the paths, by name; files too deep are left out with a warning."""
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    found: list[Path] = []
    for path in map(Path, given):
        if not path.exists():
            raise UserError(f"{path} is not a valid path!")
        found += [path] if path.is_file() else sorted(_walk(path, 1))
    return [path for path in found if path.stat().st_size]


def has_data(path: str | Path | None) -> bool:
    """Whether a channel has anything to read: a file that is not empty, or its first FIFO."""
    if path is None:
        return False
    if Path(f"{path}_0").exists():
        return True
    return Path(path).exists() and bool(data_files(path))


def warn_about_twins(train: str | Path, validation: str | Path) -> None:
    """Say so when the same file seems to be in both channels: the validation score would mean nothing."""
    sizes = {(path.name, path.stat().st_size) for path in data_files(train)}
    for path in data_files(validation):
        if (path.name, path.stat().st_size) in sizes:
            logger.warning(
                "Suspected identical files found: %s has the name and size of a file in the train channel.",
                path,
            )


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    if depth > MAX_FOLDER_DEPTH:
        logger.warning("Folder %s is deeper than %d; its files are not read.", folder, MAX_FOLDER_DEPTH)
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir():
                yield from _walk(Path(entry.path), depth + 1)
            else:
                yield Path(entry.path)
