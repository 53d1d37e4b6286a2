"""Cross-validation: `_kfold` folds, `_num_cv_round` times over, one model for each.

As in AWS's container: models `xgboost-model-0`, `-1`, …; after each round of folds a line with the mean
metrics under the
number of boosting rounds; the out-of-fold predictions in `/opt/ml/output/data/predictions.csv`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from xgboost_image import rounds
from xgboost_image.library import lean_xgboost
from xgboost_image.stopping import StopRequest

if TYPE_CHECKING:
    from xgboost_image.training import Data, Plan

logger = logging.getLogger(__name__)


def fold_numbers(labels: Any, kfold: int, *, stratified: bool, generator: Any) -> Any:
    """The fold of each row; stratified means that every fold gets its share of every class."""
    numbers = np.empty(len(labels), dtype=np.int32)
    groups = (
        [np.flatnonzero(labels == each) for each in np.unique(labels)]
        if stratified
        else [np.arange(len(labels))]
    )
    start = 0
    for group in groups:
        numbers[generator.permutation(group)] = (np.arange(len(group)) + start) % kfold
        start += len(group)
    return numbers


def train_folds(planned: Plan, data: Data, stop: StopRequest, early: rounds.Early | None) -> list[Any]:
    """Train one model per fold on the rows of both channels."""
    kfold = planned.kfold or 2
    labels = data.both.get_label()
    record = Predictions(labels, planned.num_cv_round, classes=_classes(planned))
    boosters, results = [], []
    logger.info(
        "Run %d-round of %d-fold cross validation with %d rows",
        planned.num_cv_round,
        kfold,
        data.both.num_row(),
    )
    for round_number, fold, train_rows, test_rows in _splits(planned, labels, kfold):
        logger.info("Train cross validation fold %d", fold + 1)
        booster, result = _train_fold(planned, data.both, (train_rows, test_rows), stop, early)
        boosters.append(booster)
        results.append(result)
        record.add(round_number, test_rows, booster.predict(data.both.slice(test_rows)))
        if stop.made:
            return boosters
        if fold == kfold - 1:
            logger.info("The metrics of round %d cross validation", round_number + 1)
            print(mean_line(planned.num_round, results[-kfold:]), flush=True)
    if planned.num_cv_round > 1:
        logger.info("The overall metrics of %d-round cross validation", planned.num_cv_round)
        print(mean_line(planned.num_round, results), flush=True)
    record.write(planned.job.output_data_folder)
    return boosters


def _splits(planned: Plan, labels: Any, kfold: int) -> Iterator[tuple[int, int, Any, Any]]:
    generator = np.random.default_rng(planned.parameters.get("seed", 0))
    for round_number in range(planned.num_cv_round):
        numbers = fold_numbers(labels, kfold, stratified=_classes(planned) > 0, generator=generator)
        for fold in range(kfold):
            yield (
                round_number,
                fold,
                np.flatnonzero(numbers != fold).astype(np.int32),
                np.flatnonzero(numbers == fold).astype(np.int32),
            )


def _classes(planned: Plan) -> int:
    """How many classes the objective tells apart; 0 for a regression."""
    if "num_class" in planned.parameters:
        return int(planned.parameters["num_class"])
    return 2 if str(planned.parameters.get("objective", "")).startswith("binary:") else 0


def _train_fold(
    planned: Plan, matrix: Any, rows: tuple[Any, Any], stop: StopRequest, early: rounds.Early | None
) -> tuple[Any, dict[str, Any]]:
    result: dict[str, Any] = {}
    train, test = matrix.slice(rows[0]), matrix.slice(rows[1])
    if early:
        early = rounds.Early(early.rounds, early.metric, "validation")
    booster = lean_xgboost().train(
        planned.parameters,
        train,
        num_boost_round=planned.num_round,
        evals=[(train, "train"), (test, "validation")],
        custom_metric=planned.custom_metric,
        evals_result=result,
        callbacks=rounds.callbacks(
            first_round=0, checkpoint_folder=None, early=early, stop=stop, is_master=True
        ),
        verbose_eval=False,
    )
    return booster, result


def mean_line(number: int, results: list[dict[str, Any]]) -> str:
    """The mean of each metric's last value over the folds, in the form of a round's line."""
    parts = [f"[{number}]"]
    for metric in results[0]["train"]:
        for name in ("train", "validation"):
            parts.append(f"{name}-{metric}:{np.mean([result[name][metric][-1] for result in results]):.5f}")
    return "\t".join(parts)


class Predictions:
    """The prediction for each row by the models that did not see it, averaged (or voted) over the rounds."""

    def __init__(self, labels: Any, rounds_: int, *, classes: int) -> None:
        self._labels = labels
        self._classes = classes
        self._by_round: list[dict[int, Any]] = [{} for _ in range(rounds_)]

    def add(self, round_number: int, rows: Any, predictions: Any) -> None:
        self._by_round[round_number].update(zip(rows.tolist(), predictions, strict=True))

    def write(self, folder: Any) -> None:
        """`label,prediction` for regression; `label,predicted class,probability of it` for classification."""
        folder.mkdir(parents=True, exist_ok=True)
        lines = []
        for row, label in enumerate(self._labels):
            values = np.array([each[row] for each in self._by_round if row in each])
            lines.append(",".join(f"{number:.8g}" for number in (label, *self._summary(values))))
        (folder / "predictions.csv").write_text("\n".join(lines) + "\n")

    def _summary(self, values: Any) -> tuple[float, ...]:
        mean = values.mean(axis=0)
        if not self._classes:
            return (float(mean),)
        if values.ndim == 2:
            return (float(mean.argmax()), float(mean.max()))
        return (
            (float(mean > 0.5), float(mean))
            if self._classes == 2
            else (float(np.bincount(values.astype(int)).argmax()),)
        )
