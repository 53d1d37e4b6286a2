"""Requests that no client would send: any JSON, signed with a client's key."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest


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
    request = AWSRequest("POST", f"{address}/", headers=headers, data=json.dumps(body))
    SigV4Auth(client._request_signer._credentials, "sagemaker", "us-east-1").add_auth(request)
    ready = request.prepare()
    data = ready.body if isinstance(ready.body, bytes) else str(ready.body).encode()
    asked = urllib.request.Request(ready.url, data=data, headers=dict(ready.headers.items()))
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return Answer(answer.status, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read())
