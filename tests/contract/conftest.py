"""A server for bodies that no client would send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oficina.app import App
from oficina.config import load


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A strict server, whose gateway is called without a socket in between."""
    home = tmp_path_factory.mktemp("home")
    app = App(load({}).with_overrides(home=home, port=0, open=True, strict=True))
    yield app
    app.close()
