"""Values that AWS's own examples write in more than one way."""

from __future__ import annotations

import pytest

from oficina.engine import inputs
from oficina.engine.inputs import InputMissing
from oficina.engine.pipelines import caching

DAY = 86400


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("30d", 30 * DAY),
        ("5y", 5 * 365 * DAY),
        ("T16m", 16 * 60),
        ("30dT5h", 30 * DAY + 5 * 3600),
        ("PT1H", 3600),
        ("P2W", 14 * DAY),
    ],
)
def test_a_cache_expires_after_a_duration_in_either_spelling(duration: str, seconds: float) -> None:
    assert caching.seconds(duration) == seconds


@pytest.mark.parametrize("duration", ["", "P", "30", "T", "30 days", "1h", "-1d"])
def test_what_is_no_duration_is_refused(duration: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        caching.seconds(duration)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://b.ucket/a/model.tar.gz",
        "https://b.ucket.s3.amazonaws.com/a/model.tar.gz",
        "https://b.ucket.s3.eu-west-1.amazonaws.com/a/model.tar.gz",
        "https://b.ucket.s3-eu-west-1.amazonaws.com/a/model.tar.gz",
        "https://s3.eu-west-1.amazonaws.com/b.ucket/a/model.tar.gz",
        "https://s3-eu-west-1.amazonaws.com/b.ucket/a/model%2Etar.gz",
    ],
)
def test_an_object_is_named_by_its_uri_or_by_its_address(uri: str) -> None:
    assert inputs.split(uri) == ("b.ucket", "a/model.tar.gz")


@pytest.mark.parametrize(
    "uri", ["bucket/key", "https://example.com/bucket/key", "http://s3.amazonaws.com/b/k"]
)
def test_any_other_address_names_no_object(uri: str) -> None:
    with pytest.raises(InputMissing):
        inputs.split(uri)
