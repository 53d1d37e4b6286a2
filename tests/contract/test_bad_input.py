"""Whatever a client sends, the answer is its mistake and never ours: no answer is a 5xx."""

from __future__ import annotations

import gzip
import json
import random
from typing import Any
from urllib.parse import urlencode

import pytest

from oficina.app import App
from oficina.model.example import example
from oficina.services import catalog
from oficina.wire.body import HeldBody
from oficina.wire.http import Request, Response

SERVICES = catalog.services()
OPERATIONS = [
    pytest.param(name, operation, id=f"{name}-{operation}")
    for name, service in SERVICES.items()
    for operation in service.model.operation_names
    if service.handler(operation) is not None and service.protocol in ("json", "query")
]
WEIRD: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    "x" * 3000,
    "é\u0000",
    [],
    {},
    [None],
    {"a": None},
    "NaN",
    "2024-13-45",
    "arn:aws:iam::1:role/",
    "../../etc",
    "\n",
]
ROUNDS = 12


def bent(value: Any, dice: random.Random) -> Any:
    """A value with some of its parts left out or replaced by what does not belong there."""
    if dice.random() < 0.06:
        return dice.choice(WEIRD)
    if isinstance(value, dict):
        return {key: bent(item, dice) for key, item in value.items() if dice.random() > 0.1}
    if isinstance(value, list):
        return [bent(item, dice) for item in value] * dice.choice([1, 1, 2])
    return value.decode() if isinstance(value, bytes) else value


def flat(value: Any, path: str = "") -> dict[str, str]:
    """A value as the fields of a form."""
    if isinstance(value, dict):
        pairs = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{path}.member.{number}", item) for number, item in enumerate(value, start=1)]
    else:
        return {path: str(value)}
    return {key: text for name, item in pairs for key, text in flat(item, name).items()}


def ask(app: App, service: str, operation: str, body: bytes, **more: str) -> Response:
    """The gateway's answer to a body."""
    known = SERVICES[service]
    headers = {
        "authorization": f"AWS4-HMAC-SHA256 Credential=111122223333/20240101/us-east-1/{known.scopes[0]}"
        "/aws4_request, SignedHeaders=host, Signature=00",
        "x-amz-date": "20240101T000000Z",
        **more,
    }
    if known.protocol == "json":
        headers["x-amz-target"] = f"{known.target}.{operation}"
    else:
        headers["content-type"] = "application/x-www-form-urlencoded"
    return app.gateway(Request("POST", "/", "/", "", headers, HeldBody(body)))


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_a_bent_request_is_the_sender_s_mistake(app: App, service: str, operation: str) -> None:
    dice = random.Random(f"{service}.{operation}")
    model = SERVICES[service].model.operation(operation)
    assert model is not None
    whole = example(model.input) if model.input is not None else {}
    for _ in range(ROUNDS):
        value = bent(whole, dice)
        if SERVICES[service].protocol == "json":
            body = json.dumps(value).encode()
        else:
            fields = flat(value) if isinstance(value, dict) else {}
            body = urlencode({"Action": operation} | fields).encode()
        answer = ask(app, service, operation, body)
        assert answer.status < 500, (body, answer.content)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"", ""),
        (b"not json", ""),
        (b"[1]", ""),
        (b'{"ModelName": "\xff\xfe"}', ""),
        (b'{"SearchExpression": ' + b'{"SubExpressions": [' * 400 + b"]}" * 400 + b"}", ""),
        (b'{"a":' * 100_000, ""),
        (b"not gzip", "gzip"),
        (gzip.compress(b"{" + b" " * 80_000_000 + b"}"), "gzip"),
    ],
    ids=["nothing", "text", "list", "not UTF-8", "deep", "endless", "not gzip", "bomb"],
)
def test_a_body_that_is_not_a_request_is_the_sender_s_mistake(app: App, body: bytes, encoding: str) -> None:
    answer = ask(app, "sagemaker", "Search", body, **{"content-encoding": encoding})
    assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "body",
    [b"Action=GetRole&RoleName=%ff%fe", b"Action=&=&&", b"\xff\xfe", b"Action=GetRole&RoleName.member.1=x"],
)
def test_a_form_that_is_not_a_request_is_the_sender_s_mistake(app: App, body: bytes) -> None:
    assert 400 <= ask(app, "iam", "GetRole", body).status < 500
