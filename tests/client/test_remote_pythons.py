"""Remote functions without an image: the job has the client's SDK and the client's Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from oficina.config import Config
from oficina.runners.images import Catalog, Client
from oficina.runners.images.interpreters import fits, installed, running
from tests.servers import CLIENTS, Server, run_client, run_python

PROGRAM = Path(__file__).parent / "programs" / "remote_python.py"
OTHERS = [each.version for each in installed() if fits(each.version, ">=3.10,<3.14")]
"""Pythons of this machine on which an image can be built."""


def test_the_job_has_the_sdk_of_its_client(start_server: Callable[..., Server]) -> None:
    """And a Python that no image can have is refused by the job's own program, in its words."""
    server = start_server(OFICINA_HOLD="25")

    printed = run_client("client-v3", [str(PROGRAM), "stranger"], server.environment())

    assert "fits True" in printed
    own = ".".join(str(part) for part in running().version)
    assert (
        f"Python version found in the container is '{own}' which does not match python version '3.6' "
        "on the local client. Please make sure that the python version used in the training container is "
        "same as the local python version." in printed
    )


def test_the_job_has_the_python_of_its_client(start_server: Callable[..., Server], tmp_path: Path) -> None:
    """The client is an environment with SDK v2 on another Python than oficina's, where there is one."""
    version = next((each for each in OTHERS if each != running().version), running().version)
    cache = Path(os.environ.get("OFICINA_CACHE", CLIENTS / "cache"))
    catalog = Catalog(Config(home=tmp_path, cache=cache))
    image = catalog.build(catalog.resolve("sagemaker-distribution:2.0", Client(python=version)))
    server = start_server(OFICINA_HOLD="25")

    printed = run_python(image.path / "bin" / "python", PROGRAM, server.environment())

    assert f"fits True ({version}, '2')" in printed
