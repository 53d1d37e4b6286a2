"""The metrics of algorithm mode: XGBoost's own, those that AWS adds, and the names tuning may ask for.

Sources: AWS developer guide, "Tune an XGBoost model" (names and directions), and
aws/sagemaker-xgboost-container (`f1` is the macro average; labels are the class of highest score).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import UserError

MAXIMIZE = [
    "accuracy",
    "auc",
    "aucpr",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "map",
    "ndcg",
    "precision",
    "precision_macro",
    "precision_micro",
    "r2",
    "recall",
    "recall_macro",
    "recall_micro",
]
MINIMIZE = [
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "mse",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
]
TUNABLE = [f"validation:{name}" for name in MAXIMIZE + MINIMIZE]
MOST_CLASSES = 10_000
_WITH_THRESHOLD = ("error", "ndcg", "map")

Numbers = Any  # a NumPy array of floats, whose exact type differs between NumPy 1 and 2


class MetricNames:
    """The values that eval_metric may hold: the known names, and `error@t`, `ndcg@n`, `map@n`."""

    def __contains__(self, name: object) -> bool:
        base, at, threshold = str(name).partition("@")
        if not at:
            return base in MAXIMIZE or base in MINIMIZE
        if base.strip() not in _WITH_THRESHOLD:
            raise UserError(
                f"Metric '{name}' is not supported: only {', '.join(_WITH_THRESHOLD)} take a threshold."
            )
        try:
            float(threshold.rstrip("-"))
        except ValueError as error:
            raise UserError(f"Threshold value 't' in '{base}@t' expects float input.") from error
        return True

    def __iter__(self) -> Any:
        return iter([*MAXIMIZE, *MINIMIZE])


class _Confusion:
    """True positives, false positives and false negatives of every class that occurs."""

    def __init__(self, labels: Numbers, predicted: Numbers) -> None:
        actual, found = labels.astype(np.int64), predicted.astype(np.int64)
        if actual.min() < 0 or actual.max() > MOST_CLASSES or not np.array_equal(actual, labels):
            raise ValueError("Classification metrics need labels that are the numbers of classes, from 0.")
        size = int(max(actual.max(), found.max())) + 1
        table = np.bincount(actual * size + found, minlength=size * size).reshape(size, size)
        every_actual, every_predicted = table.sum(axis=1), table.sum(axis=0)
        self.classes = np.flatnonzero(every_actual + every_predicted)
        self.right = table.diagonal()[self.classes]
        self.predicted = every_predicted[self.classes]
        self.actual = every_actual[self.classes]

    def precision(self) -> Numbers:
        return _ratio(self.right, self.predicted)

    def recall(self) -> Numbers:
        return _ratio(self.right, self.actual)

    def f1(self) -> Numbers:
        return _ratio(2 * self.right, self.predicted + self.actual)

    def positive(self, scores: Numbers) -> float:
        """The score of class 1, which must be one of two classes at most."""
        if len(self.classes) > 2 or not set(self.classes.tolist()) <= {0, 1}:
            raise ValueError(
                "Target is multiclass but average='binary'. Please choose another average setting."
            )
        return float(np.sum(scores[self.classes == 1]))


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _balanced(confusion: _Confusion) -> float:
    return float(confusion.recall()[confusion.actual > 0].mean())


def _micro(confusion: _Confusion) -> float:
    return float(confusion.right.sum() / confusion.actual.sum())


_OF_LABELS: dict[str, Callable[[_Confusion], float]] = {
    "accuracy": _micro,
    "balanced_accuracy": _balanced,
    "f1": lambda confusion: float(confusion.f1().mean()),
    "f1_binary": lambda confusion: confusion.positive(confusion.f1()),
    "f1_macro": lambda confusion: float(confusion.f1().mean()),
    "precision": lambda confusion: confusion.positive(confusion.precision()),
    "precision_macro": lambda confusion: float(confusion.precision().mean()),
    "precision_micro": _micro,
    "recall": lambda confusion: confusion.positive(confusion.recall()),
    "recall_macro": lambda confusion: float(confusion.recall().mean()),
    "recall_micro": _micro,
}


def _r2(labels: Numbers, values: Numbers) -> float:
    spread = float(np.sum((labels - labels.mean()) ** 2))
    return 1.0 - float(np.sum((labels - values) ** 2)) / spread if spread else 0.0


def _mse(labels: Numbers, values: Numbers) -> float:
    return float(np.mean((labels - values) ** 2))


_OF_VALUES: dict[str, Callable[[Numbers, Numbers], float]] = {"r2": _r2, "mse": _mse}
CUSTOM = (*_OF_LABELS, *_OF_VALUES)


def labels_of(predictions: Numbers, objective: str) -> Numbers:
    """The class each prediction stands for."""
    if predictions.ndim == 2:
        return predictions.argmax(axis=1)
    if objective == "multi:softmax":
        return predictions
    return (predictions > (0.0 if objective == "binary:logitraw" else 0.5)).astype(float)


def score(name: str, labels: Numbers, predictions: Numbers, objective: str) -> float:
    """One of the metrics that XGBoost does not have itself."""
    if not len(labels):
        return 0.0
    labels = np.asarray(labels, dtype=np.float64)
    if name in _OF_VALUES:
        return _OF_VALUES[name](labels, np.asarray(predictions, dtype=np.float64))
    return _OF_LABELS[name](_Confusion(labels, labels_of(predictions, objective)))


def custom_metric(
    names: Sequence[str], objective: str
) -> Callable[[Numbers, Any], list[tuple[str, float]]] | None:
    """What XGBoost calls after each round for metrics it does not have; None when it has them all."""
    if not names:
        return None

    def evaluate(predictions: Numbers, matrix: Any) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        return [(name, score(name, labels, predictions, objective)) for name in names]

    return evaluate


def divide(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """XGBoost's own metrics and the added ones, each in the order given, which is the same on every host."""
    unique = list(dict.fromkeys(names))
    return [name for name in unique if name not in CUSTOM], [name for name in unique if name in CUSTOM]
