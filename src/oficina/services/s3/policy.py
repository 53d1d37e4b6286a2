"""The policy of a browser's form: who signed it, until when it holds, and what it lets in.

S3 API reference, "Browser-based uploads using POST": signatures of version 4 and of version 2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.store.keys import Key
from oficina.wire import times
from oficina.wire.sigv4 import signing_key

_UNCOVERED = frozenset(
    (
        "awsaccesskeyid",
        "signature",
        "x-amz-signature",
        "policy",
        "file",
        "bucket",
        "submit",
        "x-amz-security-token",
    )
)
"""Fields that no condition need cover."""

Fields = Mapping[str, str]


def _denied(sentence: str) -> AwsError:
    return AwsError("AccessDenied", sentence, 403)


def signer(ctx: Context, fields: Fields) -> Key:
    """The key that signed the form. Raises AwsError when none did, or another's signature stands there."""
    credential = fields.get("x-amz-credential")
    access_key = credential.split("/")[0] if credential else fields.get("awsaccesskeyid")
    if not access_key or "policy" not in fields:
        raise _denied("Access Denied")
    key = ctx.store.keys.find(access_key)
    if key is None or (key.token is not None and fields.get("x-amz-security-token") != key.token):
        raise AwsError(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            403,
            AWSAccessKeyId=access_key,
        )
    if key.expires is not None and key.expires < ctx.clock.now():
        raise AwsError("ExpiredToken", "The provided token has expired.")
    if not hmac.compare_digest(_signature(key, credential, fields["policy"]), _given(fields)):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key "
            "and signing method.",
            403,
        )
    return key


def _given(fields: Fields) -> str:
    return fields.get("x-amz-signature") or fields.get("signature") or ""


def _signature(key: Key, credential: str | None, policy: str) -> str:
    if credential is None:
        digest = hmac.new(key.secret.encode(), policy.encode(), hashlib.sha1).digest()
        return base64.b64encode(digest).decode()
    parts = credential.split("/")
    if len(parts) != 5:
        return ""
    signing = signing_key(key.secret, parts[1], parts[2], parts[3])
    return hmac.new(signing, policy.encode(), hashlib.sha256).hexdigest()


def check(ctx: Context, bucket: str, fields: Fields) -> tuple[int, int] | None:
    """Holds the form against its policy; returns the sizes that a file may have, None when it says nothing.

    Raises AwsError AccessDenied with the condition that failed.
    """
    document = _read(fields["policy"])
    if times.read(document["expiration"]) < ctx.clock.now():
        raise _denied("Invalid according to Policy: Policy expired.")
    known = {**fields, "bucket": bucket}
    sizes: tuple[int, int] | None = None
    covered = set(_UNCOVERED)
    for condition in _conditions(document["conditions"]):
        operator, name, value = condition
        if operator == "content-length-range":
            sizes = (int(name), int(value))
            continue
        field = str(name).removeprefix("$").lower()
        covered.add(field)
        if not _holds(operator, known.get(field, ""), str(value)):
            shown = orjson.dumps(condition).decode()
            raise _denied(f"Invalid according to Policy: Policy Condition failed: {shown}")
    extra = sorted(name for name in fields if name not in covered and not name.startswith("x-ignore-"))
    if extra:
        raise _denied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")
    return sizes


def _read(text: str) -> dict[str, Any]:
    try:
        document = orjson.loads(base64.b64decode(text))
        times.read(document["expiration"])
        list(_conditions(document["conditions"]))
    except (ValueError, KeyError, TypeError) as error:
        raise AwsError(
            "InvalidPolicyDocument",
            "The content of the form does not meet the conditions specified in the policy document.",
        ) from error
    return dict(document)


def _conditions(given: list[Any]) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    for condition in given:
        if isinstance(condition, dict):
            found += [("eq", f"${name}", value) for name, value in condition.items()]
        else:
            operator, name, value = condition
            found.append((str(operator).lower(), name, value))
    return found


def _holds(operator: str, actual: str, wanted: str) -> bool:
    match operator:
        case "eq":
            return actual == wanted
        case "starts-with":
            return all(part.strip().startswith(wanted) for part in actual.split(",")) or actual.startswith(
                wanted
            )
    return False
