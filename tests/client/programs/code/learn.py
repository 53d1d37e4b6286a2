"""A user's one script for both: learns a number, and answers with each row times that number."""

import json
import os
from pathlib import Path


def model_fn(model_dir):
    """The model: one number."""
    return json.loads((Path(model_dir) / "model.json").read_text())["factor"]


def predict_fn(rows, factor):
    """A number for each row."""
    return [float(sum(row)) * factor for row in rows]


if __name__ == "__main__":
    rows = sum(len(path.read_text().splitlines()) for path in Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir())
    (Path(os.environ["SM_MODEL_DIR"]) / "model.json").write_text(json.dumps({"factor": rows - 1}))
