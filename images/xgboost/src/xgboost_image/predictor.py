"""Predictions of one model or of an ensemble, by the shortest way that gives XGBoost's own numbers."""

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from xgboost_image import content_types
from xgboost_image.library import lean_xgboost
from xgboost_image.models import Model, read_models
from xgboost_image.requests import Rows

_VOTING = ("multi:softmax", "binary:hinge")


class BadRequest(ValueError):
    """The rows cannot be what the model was trained on."""


class Predictor:
    """The models of a directory, ready to predict."""

    def __init__(self, models: list[Model]) -> None:
        self._models = models
        self._iterations = [_iterations(model.booster) for model in models]
        self._in_place = [_takes_arrays(model.booster) for model in models]
        self._lock = threading.Lock()
        learner = json.loads(models[0].booster.save_config())["learner"]
        self.objective: str = learner["objective"]["name"]
        self.num_class = int(learner["learner_model_param"].get("num_class", 0))

    @classmethod
    def load(cls, folder: Path, *, ensemble: bool = True) -> "Predictor":
        """The predictor of a model directory."""
        return cls(read_models(folder, ensemble=ensemble))

    def predict(self, rows: Rows) -> Any:
        """One prediction per row: the model's, or the mean (for classes: the majority) of all models'."""
        for model in self._models[:1]:
            if model.pickled:
                _check_width(model.booster, rows)
        outcomes = [self._one(index, rows) for index in range(len(self._models))]
        if len(outcomes) == 1:
            return outcomes[0]
        if self.objective in _VOTING:
            return np.array([Counter(votes).most_common(1)[0][0] for votes in np.array(outcomes).T.tolist()])
        return np.mean(outcomes, axis=0)

    def _one(self, index: int, rows: Rows) -> Any:
        booster, iterations = self._models[index].booster, self._iterations[index]
        if rows.dense and self._in_place[index] and rows.table.shape[1] == booster.num_features():
            return booster.inplace_predict(rows.table, iteration_range=iterations, validate_features=False)
        matrix = lean_xgboost().DMatrix(rows.table, nthread=1)
        with self._lock:
            return booster.predict(matrix, iteration_range=iterations, validate_features=False)


def _iterations(booster: Any) -> tuple[int, int]:
    """The rounds to predict with: up to the best one if early stopping marked it, otherwise all."""
    best = booster.attr("best_iteration")
    return (0, int(best) + 1) if best is not None and int(best) < booster.num_boosted_rounds() else (0, 0)


def _takes_arrays(booster: Any) -> bool:
    """Linear models have no in-place prediction."""
    config = json.loads(booster.save_config())
    return str(config["learner"]["gradient_booster"]["name"]) != "gblinear"


def _check_width(booster: Any, rows: Rows) -> None:
    """As AWS does for pickled models: as many features as the model has, or one fewer."""
    trained, sent = booster.num_features(), rows.table.shape[1]
    if rows.form == content_types.LIBSVM:
        if sent > trained + 1:
            raise BadRequest(
                f"Feature size of libsvm inference data {sent} is larger than "
                f"feature size of trained model {trained}."
            )
    elif sent not in (trained, trained - 1):
        raise BadRequest(
            f"Feature size of {rows.form} inference data {sent} is not consistent "
            f"with feature size of trained model {trained}."
        )
