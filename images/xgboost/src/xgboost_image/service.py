"""The image's answers in algorithm mode: `/ping`, `/execution-parameters` and `/invocations`."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xgboost_image import requests, responses, selection
from xgboost_image.predictor import Predictor

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Settings:
    """What the environment of the container asks for."""

    accept: str = responses.CSV
    batch: bool = False
    ensemble: bool = True
    keys: list[str] = field(default_factory=list)
    max_payload_mb: int = 6
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in the SAGEMAKER_ variables for the accept type, batch, ensembles and output."""
        return cls(
            accept=environment.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", responses.CSV),
            batch=environment.get("SAGEMAKER_BATCH", "").lower() not in ("", "false", "0"),
            ensemble=environment.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true").lower() != "false",
            max_payload_mb=int(environment.get("SAGEMAKER_MAX_PAYLOAD_IN_MB") or 6),
            keys=selection.keys_of(environment.get("SAGEMAKER_INFERENCE_OUTPUT", "")),
        )


def _sentence(error: Exception) -> str:
    """What XGBoost says, without its stack trace."""
    return str(error).partition("\nStack trace:")[0]


class Service:
    """One model directory and how its predictions are answered."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._settings = settings
        self._predictor: Predictor | None = None
        self._trouble = ""
        try:
            self._predictor = Predictor.load(folder, ensemble=settings.ensemble)
        except RuntimeError as error:
            self._trouble = f"Unable to load model: {error}"
            logger.error(self._trouble)

    def ping(self) -> Answer:
        """Healthy once the model is loaded."""
        return Answer(200) if self._predictor else Answer(500, self._trouble.encode())

    def execution_parameters(self) -> dict[str, Any]:
        """What batch transform should use when its caller does not say."""
        return {
            "MaxConcurrentTransforms": self._settings.workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": self._settings.max_payload_mb,
        }

    def invocations(self, body: bytes, content_type: str | None, accept: str | None) -> Answer:
        """Predictions for the rows in the body."""
        if not body:
            return Answer(204)
        try:
            rows = requests.read(body, content_type)
        except requests.UnsupportedContent as error:
            return Answer(415, str(error).encode())
        if self._predictor is None:
            return Answer(500, self._trouble.encode())
        try:
            predictions = self._predictor.predict(rows)
        except ValueError as error:  # XGBoostError is one
            return Answer(400, f"Unable to evaluate payload provided: {_sentence(error)}".encode())
        try:
            return self._encoded(self._predictor, predictions, accept)
        except responses.NotAcceptable as error:
            return Answer(406, str(error).encode())
        except ValueError as error:  # an objective that selectable output does not know
            return Answer(500, str(error).encode())

    def _encoded(self, predictor: Predictor, predictions: object, accept: str | None) -> Answer:
        settings = self._settings
        kind = responses.accepted(accept, settings.accept)
        if settings.keys:
            chosen = selection.select(predictions, settings.keys, predictor.objective, predictor.num_class)
            body = responses.encode_selected(chosen, settings.keys, kind, batch=settings.batch)
        else:
            kind = responses.CSV if settings.batch else kind
            body = responses.encode(predictions, kind, batch=settings.batch)
        return Answer(200, body, responses.CSV_ANSWER if kind == responses.CSV else kind)
