"""The front door under bytes of every kind: whatever comes in, an answer goes out and it is no 5xx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from oficina import config
from oficina.app import App
from oficina.wire.body import HeldBody
from oficina.wire.http import FileSlice, Request

TARGETS = [
    "SageMaker.CreateTrainingJob",
    "SageMaker.CreateProcessingJob",
    "SageMaker.CreateModel",
    "SageMaker.ListTrainingJobs",
    "Logs_20140328.GetLogEvents",
    "GraniteServiceVersion20100801.PutMetricData",
    "Nobody.Nothing",
    "",
]

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=20),
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=20), inner, max_size=4)
    ),
    max_leaves=10,
)
NAMES = some.sampled_from(
    [
        "TrainingJobName",
        "ProcessingJobName",
        "ModelName",
        "NextToken",
        "Tags",
        "InputDataConfig",
        "HyperParameters",
        "RoleArn",
        "AlgorithmSpecification",
        "OutputDataConfig",
        "ResourceConfig",
        "Namespace",
        "MetricData",
        "logGroupName",
    ]
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server that is asked without a socket."""
    home = tmp_path_factory.mktemp("gateway")
    app = App(config.load({}).with_overrides(home=home, port=0, open=True, strict=True))
    yield app
    app.close()


def status_of(app: App, request: Request) -> int:
    """The status of the answer; its file, if any, is closed."""
    answer = app.gateway(request)
    if isinstance(answer.content, FileSlice):
        os.close(answer.content.descriptor)
    return answer.status


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=some.sampled_from(TARGETS), body=some.binary(max_size=200))
def test_bytes_that_are_no_json_are_refused(app: App, target: str, body: bytes) -> None:
    headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}

    assert status_of(app, Request("POST", "/", "/", "", headers, HeldBody(body))) < 500


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(target=some.sampled_from(TARGETS), body=some.dictionaries(NAMES, JSON, max_size=6))
def test_json_of_any_form_is_answered(app: App, target: str, body: dict[str, object]) -> None:
    import json

    headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}

    assert status_of(app, Request("POST", "/", "/", "", headers, HeldBody(json.dumps(body).encode()))) < 500


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=some.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]),
    path=some.text(alphabet="abc/.%2F+~ü-_", max_size=12),
    query=some.text(alphabet="abc=&%?uploadIdpartNumber1versions-list-type2", max_size=20),
    body=some.binary(max_size=100),
)
def test_paths_of_every_kind_are_answered(app: App, method: str, path: str, query: str, body: bytes) -> None:
    raw = f"/{path}".encode().decode("latin-1")

    assert status_of(app, Request(method, raw, raw, query, {}, HeldBody(body))) < 500


def test_what_oficina_does_not_have_is_named(app: App) -> None:
    headers = {"x-amz-target": "SageMaker.CreateCluster", "content-type": "application/x-amz-json-1.1"}

    answer = app.gateway(Request("POST", "/", "/", "", headers, HeldBody(b"{}")))

    assert answer.status == 400
    assert isinstance(answer.content, bytes)
    assert b"oficina does not have sagemaker:CreateCluster yet; nothing was done." in answer.content


def test_a_home_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    from oficina.errors import OficinaError

    (tmp_path / "file").write_text("")

    with pytest.raises(OficinaError, match="cannot be written to"):
        App(config.load({}).with_overrides(home=tmp_path / "file" / "home", port=0))
