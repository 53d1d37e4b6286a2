"""Selectable output: what SAGEMAKER_INFERENCE_OUTPUT may ask for, and its value per objective.

Source: AWS developer guide, Autopilot "Inference Response" and aws/sagemaker-xgboost-container. A key that
means nothing for
the model's objective is answered with NaN.
"""

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

_BINARY = ("predicted_label", "labels", "raw_score", "raw_scores")
_PROBABLE = (*_BINARY, "probability", "probabilities")
_SCORE = ("predicted_score",)
KEYS: dict[str, Sequence[str]] = {
    "reg:squarederror": _SCORE,
    "reg:logistic": _SCORE,
    "reg:gamma": _SCORE,
    "reg:absoluteerror": _SCORE,
    "reg:tweedie": _SCORE,
    "binary:logistic": _PROBABLE,
    "binary:logitraw": _BINARY,
    "binary:hinge": _BINARY,
    "multi:softmax": _BINARY,
    "multi:softprob": _PROBABLE,
}

logger = logging.getLogger(__name__)


def keys_of(text: str) -> list[str]:
    """The keys that the variable's text asks for, in its order."""
    return [key for key in text.replace(" ", "").lower().split(",") if key]


def select(predictions: Any, keys: Sequence[str], objective: str, num_class: int) -> list[dict[str, Any]]:
    """For each prediction the asked-for values."""
    if objective not in KEYS:
        raise ValueError(f"Objective `{objective}` unsupported for selectable inference predictions.")
    useless = [key for key in keys if key not in KEYS[objective]]
    if useless:
        logger.warning("Selected key(s) %s mean nothing for %s; use %s.", useless, objective, KEYS[objective])
    return [
        {key: _value(key, raw, objective, num_class) if key not in useless else math.nan for key in keys}
        for raw in predictions
    ]


def _value(key: str, raw: Any, objective: str, num_class: int) -> Any:
    if key == "predicted_score":
        return raw.item()
    if key == "labels":
        return list(range(num_class)) if objective.startswith("multi:") else [0, 1]
    if key == "predicted_label":
        return _label(raw, objective)
    if key in ("probability", "raw_score"):
        return raw.max().item() if objective == "multi:softprob" else raw.item()
    return raw.tolist() if objective == "multi:softprob" else [1.0 - raw.item(), raw.item()]


def _label(raw: Any, objective: str) -> float | int:
    if objective == "multi:softprob":
        return int(np.argmax(raw))
    if objective in ("binary:hinge", "multi:softmax"):
        return float(raw.item())
    return int(raw > (0.0 if objective == "binary:logitraw" else 0.5))
