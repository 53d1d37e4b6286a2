"""A strict, open server on a real socket, and clients that each have an account of their own."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config as ClientConfig

from oficina.app import App
from oficina.config import load

Clients = Callable[..., Any]
_client: Any = boto3.client


@pytest.fixture(scope="session")
def strict_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server that accepts any key and answers 500 when an answer breaks its shape."""
    home: Path = tmp_path_factory.mktemp("home")
    app = App(load({}).with_overrides(home=home, port=0, open=True, strict=True))
    threading.Thread(target=app.run, daemon=True).start()
    yield app
    app.close()


@pytest.fixture
def account() -> str:
    """A fresh account: the key is the account."""
    return f"{random.randrange(10**11, 10**12)}"


@pytest.fixture
def clients(strict_app: App, account: str) -> Clients:
    """Makes boto3 clients: ``clients("logs")``."""

    def make(service: str, region: str = "us-east-1", **more: Any) -> Any:
        more.setdefault("aws_access_key_id", account)
        more.setdefault("aws_secret_access_key", "x")
        config = ClientConfig(retries={"max_attempts": 0}, inject_host_prefix=False)
        return _client(
            service,
            region_name=region,
            endpoint_url=strict_app.address,
            config=config,
            **more,
        )

    return make
