"""What ``mlflow server --no-serve-artifacts --workers 1`` serves, in one process instead of two.

MLflow's command imports all of MLflow to read its options and then starts uvicorn, which imports it again.
The options come from the environment here: ``MLFLOW_BACKEND_STORE_URI``, ``MLFLOW_DEFAULT_ARTIFACT_ROOT`` and
the port in ``SAGEMAKER_BIND_TO_PORT``. The application is MLflow's own, with ``/ping`` beside it, as the
container contract asks.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[[Message, Any, Callable[[Message], Awaitable[None]]], Awaitable[None]]


def prepare() -> None:
    """Tells MLflow's application what its command tells it (mlflow.server._run_server)."""
    store = os.environ["MLFLOW_BACKEND_STORE_URI"]
    os.environ.update(
        {
            "_MLFLOW_SERVER_FILE_STORE": store,
            "_MLFLOW_SERVER_REGISTRY_STORE": store,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"],
            "_MLFLOW_SGI_NAME": "uvicorn",
        }
    )


def with_ping(app: Application) -> Application:
    """The application with an answer to ``GET /ping``."""

    async def answer(scope: Message, receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        if scope["type"] == "http" and scope["path"] == "/ping":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await app(scope, receive, send)

    return answer


def main() -> None:
    """Serves until SIGTERM."""
    prepare()
    import uvicorn
    from mlflow.server.fastapi_app import app
    from mlflow.server.handlers import initialize_backend_stores

    initialize_backend_stores(
        os.environ["MLFLOW_BACKEND_STORE_URI"],
        os.environ["MLFLOW_BACKEND_STORE_URI"],
        os.environ["MLFLOW_DEFAULT_ARTIFACT_ROOT"],
    )
    uvicorn.run(
        with_ping(app),
        host=os.environ.get("SAGEMAKER_BIND_TO_HOST", "127.0.0.1"),
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080")),
        log_level="warning",
        access_log=False,
        timeout_keep_alive=600,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
