"""Checkpoints: the model after each round, in the folder that is copied to S3, and where to go on from.

Files are named `xgboost-checkpoint.<round>` and the latest five are kept, as in AWS's container.
"""

import os
import re
from pathlib import Path
from typing import Any

from xgboost_image.library import lean_xgboost
from xgboost_image.models import write_model

KEEP = 5
_NAME = re.compile(r"xgboost-checkpoint\.(\d+)$")


def numbered(folder: Path) -> dict[int, Path]:
    """The checkpoints in a folder by the number of the round they were written after."""
    if not folder.is_dir():
        return {}
    matches = ((_NAME.match(path.name), path) for path in folder.iterdir())
    return {int(match.group(1)): path for match, path in matches if match}


def latest(folder: Path | None) -> tuple[Path | None, int]:
    """The checkpoint to go on from and how many rounds it already holds."""
    found = numbered(folder) if folder else {}
    return (found[max(found)], max(found) + 1) if found else (None, 0)


def callback(folder: Path, first_round: int) -> Any:
    """What XGBoost calls after each round to write a checkpoint and drop the oldest."""

    class Checkpoint(lean_xgboost().callback.TrainingCallback):  # type: ignore[misc]
        """Writes the model so far."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            folder.mkdir(parents=True, exist_ok=True)
            write_model(model, folder / f"xgboost-checkpoint.{first_round + epoch}")
            found = numbered(folder)
            for number in sorted(found)[:-KEEP]:
                os.remove(found[number])
            return False

    return Checkpoint()
