"""What the client tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.jobs import Bench


@pytest.fixture
def bench(aws: Callable[..., Any]) -> Bench:
    """An account of the test's own with a bucket to work in."""
    bench = Bench(aws("s3"), aws("sagemaker"), aws("logs"))
    bench.s3.create_bucket(Bucket=bench.bucket)
    return bench
