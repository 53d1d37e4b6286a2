"""Requests that no client would send: any JSON, signed with a client's key."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from tests.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def signed_post(client: Any, operation: str, body: object) -> Answer:
    """Sends a JSON body as an operation of SageMaker."""
    address = client.meta.endpoint_url
    headers = {
        "X-Amz-Target": f"SageMaker.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
    }
    return _signed(client, "sagemaker", f"{address}/", json.dumps(body).encode(), headers)


def signed_form(client: Any, service: str, url: str, **fields: str) -> Answer:
    """Sends a form, as clients of the query protocol do; dots in names are written as two underscores."""
    form = urllib.parse.urlencode({name.replace("__", "."): value for name, value in fields.items()})
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return _signed(client, service, url, form.encode(), headers)


def _signed(client: Any, service: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(client._request_signer._credentials, service, "us-east-1").add_auth(request)
    ready = request.prepare()
    asked = urllib.request.Request(ready.url, data=body, headers=dict(ready.headers.items()))
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read())
