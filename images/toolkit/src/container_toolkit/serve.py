"""Serve a model with the user's functions: ``python -m container_toolkit.serve``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from . import hooks, server, source


def main(make: Callable[[], Any] | None = None) -> int:
    """Fetch the code once, then serve it from every worker; a sentence and 1 when that cannot be.

    An image that has defaults of its own for the user's functions says how to ``make`` the model.
    """
    if os.environ.get("SAGEMAKER_MULTI_MODEL", "false").lower() == "true":
        sys.stderr.write(
            "This image serves one model; give every model an endpoint or a variant of its own.\n"
        )
        return 1
    server.configure_logging()
    try:
        source.prepare()
    except source.SourceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"The requirements of the model's code could not be installed: {error}\n")
        return 1
    server.serve(make or (lambda: hooks.UserModel(source.module())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
