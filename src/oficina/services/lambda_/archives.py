"""The zip archives of functions and layers: in the request itself, or in S3."""

from __future__ import annotations

from oficina.engine.functions import code
from oficina.engine.functions.code import ARCHIVES, KEEPER, Code
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.lambda_.names import bad
from oficina.store.kinds import Document

LIFE = 600
"""How long the address of an archive is good, in seconds (API reference of GetFunction)."""


def kept(ctx: Context, given: Document) -> Code:
    """The code that a request gives, unpacked. Raises AwsError InvalidParameterValueException."""
    if "ZipFile" in given:
        return code.keep(ctx.store, given["ZipFile"])
    if "S3Bucket" not in given or "S3Key" not in given:
        raise bad("Please provide a source for function code.")
    try:
        data = _object(ctx, given)
    except AwsError as error:
        raise bad(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        ) from error
    return code.keep(ctx.store, data)


def _object(ctx: Context, given: Document) -> bytes:
    if "S3ObjectVersion" not in given:
        return ctx.store.objects.read(ctx.account, given["S3Bucket"], given["S3Key"])
    bucket = ctx.store.buckets.get(ctx.account, given["S3Bucket"])
    found = ctx.store.versions.find(bucket, given["S3Key"], given["S3ObjectVersion"])
    if found is None or found.marker:
        raise AwsError("NoSuchVersion", "The specified version does not exist.")
    return ctx.store.objects.path(found).read_bytes()


def location(ctx: Context, digest: str) -> Document:
    """Where an archive can be fetched for ten minutes without a key: a presigned URL of S3.

    Empty for code that was kept before archives were.
    """
    # Importing botocore's code takes longer than a start of the server, which most never need it for.
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials

    key = code.archive_of(digest)
    if not ctx.store.objects.has_bucket(KEEPER, ARCHIVES):
        return {}
    if ctx.store.objects.find(KEEPER, ARCHIVES, key) is None:
        return {}
    arn = f"arn:aws:sts::{KEEPER}:assumed-role/{ARCHIVES}/{digest[:16]}"
    signer = ctx.store.keys.mint(KEEPER, arn, KEEPER, session=True, expires=ctx.clock.now() + LIFE)
    request = AWSRequest("GET", f"http://{ctx.headers.get('host', 'localhost')}/{ARCHIVES}/{key}")
    credentials = ReadOnlyCredentials(signer.access_key, signer.secret, signer.token)
    S3SigV4QueryAuth(credentials, "s3", ctx.region, expires=LIFE).add_auth(request)
    return {"Location": request.url}
