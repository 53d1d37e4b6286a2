"""What the client tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import shops
from tests.jobs import Bench
from tests.lines import Line
from tests.servers import Server
from tests.shops import Shop


@pytest.fixture
def bench(aws: Callable[..., Any]) -> Bench:
    """An account of the test's own with a bucket to work in."""
    bench = Bench(aws("s3"), aws("sagemaker"), aws("logs"))
    bench.s3.create_bucket(Bucket=bench.bucket)
    return bench


@pytest.fixture
def line(bench: Bench) -> Line:
    """An empty pipeline."""
    return Line(bench)


@pytest.fixture
def shop(open_server: Server, aws: Callable[..., Any]) -> Iterator[Shop]:
    """An account of the test's own with a small model server; its endpoints end with the test."""
    shops.teach(open_server)
    shop = Shop.of(aws)
    yield shop
    shop.close()
