"""`serve`: what the image runs behind an endpoint: the algorithm, or the user's inference script."""

import logging
import os
import sys
from typing import Any

from container_toolkit import server

from xgboost_image import inference, log, models, place
from xgboost_image.library import lean_xgboost
from xgboost_image.service import Service, Settings

logger = logging.getLogger(__name__)


class Algorithm:
    """The model server's view of algorithm mode."""

    thread_safe = True

    def __init__(self) -> None:
        log.configure(log.level_named(os.environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL", "INFO")))
        self._service = Service(place.base() / "model", Settings.read(os.environ))

    def ping(self) -> bool:
        """Whether the model could be loaded."""
        return self._service.ping().status == 200

    def execution_parameters(self) -> dict[str, Any]:
        """What batch transform should use."""
        return self._service.execution_parameters()

    def invoke(self, request: server.Request) -> server.Response:
        """Predictions for a request."""
        answer = self._service.invocations(request.body, request.content_type or None, request.accept or None)
        return server.Response(answer.body, answer.content_type, answer.status)


def main() -> int:
    """Serve until told to stop."""
    if "SAGEMAKER_PROGRAM" in os.environ:
        from container_toolkit import serve

        return serve.main(inference.user_model)
    _import_once()
    server.serve(Algorithm)
    return 0


def _import_once() -> None:
    """Import XGBoost before there are workers, which then need not; who reads a pickle wants all of it."""
    folder = place.base() / "model"
    if folder.is_dir() and not any(map(models.is_pickle, models.model_files(folder))):
        lean_xgboost()


if __name__ == "__main__":
    sys.exit(main())
