"""The added metrics agree with scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics
from xgboost_image import evaluation

GENERATOR = np.random.default_rng(3)
LABELS = GENERATOR.integers(0, 2, 500).astype(float)
SCORES = np.clip(LABELS * 0.3 + GENERATOR.random(500) * 0.7, 0, 1)
CLASSES = GENERATOR.integers(0, 4, 500).astype(float)
VOTES = GENERATOR.random((500, 4)) + np.eye(4)[CLASSES.astype(int)] * 0.5

BINARY = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "f1": lambda labels, found: metrics.f1_score(labels, found, average="macro"),
    "f1_binary": metrics.f1_score,
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
}
MANY = {
    "accuracy": metrics.accuracy_score,
    "balanced_accuracy": metrics.balanced_accuracy_score,
    **{
        f"{name}_{average}": lambda labels, found, score=score, average=average: score(
            labels, found, average=average
        )
        for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score))
        for average in ("macro", "micro")
    },
    "f1_macro": lambda labels, found: metrics.f1_score(labels, found, average="macro"),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_metrics_are_scikit_learn_s(name: str) -> None:
    ours = evaluation.score(name, LABELS, SCORES, "binary:logistic")

    assert ours == pytest.approx(BINARY[name](LABELS, SCORES > 0.5))


@pytest.mark.parametrize("name", MANY)
def test_metrics_of_many_classes_are_scikit_learn_s(name: str) -> None:
    ours = evaluation.score(name, CLASSES, VOTES, "multi:softprob")

    assert ours == pytest.approx(MANY[name](CLASSES, VOTES.argmax(axis=1)))


@pytest.mark.parametrize(("name", "theirs"), [("r2", metrics.r2_score), ("mse", metrics.mean_squared_error)])
def test_metrics_of_values_are_scikit_learn_s(name: str, theirs: object) -> None:
    assert evaluation.score(name, LABELS, SCORES, "reg:squarederror") == pytest.approx(theirs(LABELS, SCORES))  # type: ignore[operator]


def test_a_binary_average_of_many_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="Target is multiclass"):
        evaluation.score("f1_binary", CLASSES, VOTES, "multi:softprob")


def test_labels_that_are_no_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="numbers of classes"):
        evaluation.score("accuracy", LABELS + 0.5, SCORES, "reg:squarederror")


def test_logits_are_cut_at_zero() -> None:
    assert evaluation.labels_of(np.array([-0.1, 0.1]), "binary:logitraw").tolist() == [0, 1]


def test_own_and_added_metrics_are_told_apart_in_order() -> None:
    assert evaluation.divide(["f1", "auc", "accuracy", "auc"]) == (["auc"], ["f1", "accuracy"])
