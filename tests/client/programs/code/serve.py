"""The user's functions of a model in script mode: each row times the model's number."""

import json
from pathlib import Path


def model_fn(model_dir):
    """The model: one number."""
    return json.loads((Path(model_dir) / "model.json").read_text())["factor"]


def input_fn(body, content_type):
    """Rows of numbers."""
    text = body.decode() if isinstance(body, bytes) else body
    return [[float(cell) for cell in line.split(",")] for line in text.splitlines()]


def predict_fn(rows, factor):
    """A number for each row."""
    return [sum(row) * factor for row in rows]


def output_fn(predictions, accept):
    """One number a line."""
    return "\n".join(str(one) for one in predictions)
