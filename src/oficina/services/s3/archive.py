"""Objects of the archive's storage classes, which are restored for some days before they are read.

S3 user guide, "Working with archived objects". A restoration takes hours on AWS and no time here.
"""

from __future__ import annotations

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3.api import Answer, Request, bucket_of, malformed, s3
from oficina.services.s3.look import named
from oficina.store.versions import Object
from oficina.wire import times

_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
_DAY = 86_400
_UNTIL = "_restored_until"


def check_read(
    ctx: Context, found: Object, sentence: str = "The operation is not valid for the object's storage class"
) -> None:
    """Raises AwsError InvalidObjectState for an object that lies in the archive and is not restored."""
    storage = found.facts.get("StorageClass")
    if storage in _CLASSES and not _restored(ctx, found):
        raise AwsError("InvalidObjectState", sentence, 403, StorageClass=storage)


def check_source(ctx: Context, found: Object) -> None:
    """The same for what is to be copied."""
    check_read(ctx, found, "Operation is not valid for the source object's storage class")


def told(ctx: Context, found: Object) -> str | None:
    """Until when an object is restored, as Get and Head tell it; None when it is not."""
    if not _restored(ctx, found):
        return None
    return f'ongoing-request="false", expiry-date="{times.rfc822(found.facts[_UNTIL])}"'


def _restored(ctx: Context, found: Object) -> bool:
    return bool(found.facts.get(_UNTIL, 0) > ctx.clock.now())


@s3.operation
def restore_object(ctx: Context, request: Request) -> Answer:
    """Makes an archived object readable, or readable for longer, until a midnight after so many days."""
    bucket = bucket_of(ctx, request)
    asked = request.get("RestoreRequest") or {}
    if asked.get("Type") or asked.get("SelectParameters"):
        raise AwsError("NotImplemented", "oficina does not query archived objects.", 501)
    days, tiers = asked.get("Days"), s3.model.shape("Tier").traits["enum"]
    tier = (asked.get("GlacierJobParameters") or {}).get("Tier") or asked.get("Tier")
    if not days or days < 1 or tier not in (None, *tiers):
        raise malformed()
    with ctx.docs.transaction():
        found = named(ctx, bucket, request, "POST")
        storage = found.facts.get("StorageClass")
        if storage not in _CLASSES:
            sentence = "Restore is not allowed for the object's current storage class"
            raise AwsError("InvalidObjectState", sentence, 403, StorageClass=storage)
        until = (int(ctx.clock.now()) // _DAY + days + 1) * _DAY
        ctx.store.versions.set_facts(found, found.facts | {_UNTIL: until})
    return {"_status": 200 if _restored(ctx, found) else 202}
