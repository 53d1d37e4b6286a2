"""What MLflow tracking servers and MLflow apps share: ids, addresses, presigned URLs, checks."""

from __future__ import annotations

import secrets
import string
from typing import Any

from oficina.engine.mlflow import sites
from oficina.engine.mlflow.kinds import PREFIX, TOPIC
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.store.documents import Query
from oficina.store.kinds import Document, Kind

URL_SECONDS = 300
"""How long a presigned URL is good when the request does not say (botocore: at most 300)."""
SESSION_SECONDS = 43_200
"""How long the session lasts that it opens, when the request does not say (botocore: at most 43,200)."""


def identity(letters: str, length: int) -> str:
    """A random id."""
    return "".join(secrets.choice(letters + string.digits) for _ in range(length))


def url(ctx: Context, document: Document) -> str:
    """Where a server is, as the caller reaches oficina."""
    host = ctx.headers.get("host") or f"{ctx.config.host}:{ctx.config.port}"
    return f"http://{host}{PREFIX}{document['_id']}"


def presigned(ctx: Context, kind: Kind, document: Document, request: dict[str, Any]) -> dict[str, Any]:
    """A URL that opens the UI in a browser, once."""
    arn = document[kind.member("arn")]
    site = sites.of(ctx.store).of_arn(arn)
    if site is None or not site.open:
        status = document[kind.member("status")]
        raise validation(f"{arn} has the status {status}: it must run before its UI can be opened.")
    token = ctx.store.tickets.issue(
        arn,
        request.get("ExpiresInSeconds", URL_SECONDS),
        request.get("SessionExpirationDurationInSeconds", SESSION_SECONDS),
    )
    return {"AuthorizedUrl": f"{url(ctx, document)}/auth?authToken={token}"}


def check_store(ctx: Context, request: dict[str, Any]) -> None:
    """Refuses a place for artifacts that is not in S3, or in a bucket that is not there.

    AWS tells the latter by the status CreateFailed, some minutes later and without a reason.
    """
    place = request.get("ArtifactStoreUri")
    if place is None:
        return
    bucket = place.removeprefix("s3://").partition("/")[0]
    if not place.startswith("s3://") or not bucket:
        raise validation(f"Invalid ArtifactStoreUri {place}: give s3://BUCKET/PREFIX.")
    if not ctx.store.objects.has_bucket(ctx.account, bucket):
        raise validation(
            f"Invalid ArtifactStoreUri {place}: the bucket {bucket} does not exist. Create it first."
        )


def busy(kind: Kind, document: Document, action: str) -> AwsError:
    """The error for a change while another goes on."""
    status = document[kind.member("status")]
    arn = document[kind.member("arn")]
    return AwsError("ConflictException", f"Cannot {action} {arn} while its status is {status}.")


def query(request: dict[str, Any], status: str) -> Query:
    """The filters of a List that only MLflow has."""
    found = Query()
    if "MlflowVersion" in request:
        found.where.append(("json_extract(body, '$.MlflowVersion')=?", (request["MlflowVersion"],)))
    if status in request:
        found.where.append(("status=?", (request[status],)))
    return found


def change(ctx: Context, kind: Kind, name: str, changes: Document) -> None:
    """Changes a document and sets the engine to work, in one transaction of the caller's."""
    document = ctx.docs.update(kind, name, changes)
    ctx.enqueue(TOPIC, document[kind.member("arn")], payload={"kind": kind.name})
