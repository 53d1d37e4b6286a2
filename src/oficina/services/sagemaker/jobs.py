"""What training and processing jobs share: checks of a request, held Describes, stopping."""

from __future__ import annotations

from typing import Any

from oficina import arns
from oficina.engine import jobs
from oficina.engine.jobs import TERMINAL
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.store.kinds import Document, Kind

DAY = 86_400
"""The longest run that a job may take when it names none, in seconds (API reference, StoppingCondition)."""

WAITER_SECONDS = 45.0
"""How long a boto3 waiter's Describe may be held: below every client's read timeout of 60 s."""


def check_role(ctx: Context, arn: str) -> None:
    """Refuses a role that is not there. An open server takes any name (decision 0003)."""
    parts = arns.parse(arn)
    if parts is None or parts.service != "iam" or not parts.resource.startswith("role/"):
        raise validation(f"Invalid role ARN: {arn}. It must have the form arn:aws:iam::ACCOUNT:role/NAME.")
    if ctx.config.open or parts.account != ctx.account:
        return
    if ctx.docs.find_arn(arn) is None:
        raise validation(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role."
        )


def hold(
    ctx: Context,
    kind: Kind,
    document: Document,
    settled: tuple[str, ...] = TERMINAL,
    since: str = "CreationTime",
    patience: float = 1,
) -> Document:
    """The document, held back while a young job runs, so that a client's own polling costs nothing.

    A client looks again only after 5 to 120 seconds (contracts, clients-and-wire §4.2 and §7): the answer
    waits until the job ends, at most ``patience`` times ``config.hold`` seconds and only in the job's first
    moments; a boto3 waiter, which cares for the end alone, waits longer.
    """
    status = kind.member("status")
    if document.get(status) in settled:
        return document
    name = str(document[kind.member("name")])
    young = document[since] + patience * ctx.config.hold - ctx.clock.now()
    seconds = WAITER_SECONDS if _is_waiter(ctx) else young
    latest = document

    def ended() -> bool:
        nonlocal latest
        latest = ctx.docs.get(kind, name)
        return latest.get(status) in settled

    if seconds > 0:
        ctx.docs.database.wait_until(ended, seconds)
    return latest


def _is_waiter(ctx: Context) -> bool:
    """Whether a boto3 waiter asks: botocore names its features in the user agent, ``B`` for a waiter."""
    for part in ctx.headers.get("user-agent", "").split():
        if part.startswith("m/"):
            return "B" in part[2:].split(",")
    return False


def stop(ctx: Context, life: jobs.Life, name: str) -> None:
    """Asks a job to stop: SIGTERM now, SIGKILL after its grace. Refuses one that has ended."""
    status = ctx.docs.get(life.kind, name)[life.kind.member("status")]
    if status in TERMINAL:
        noun = life.kind.arn.replace("-", " ")
        raise validation(f"The request was rejected because the {noun} is in status {status}.")
    jobs.stop(life, ctx.store, ctx.docs, name)


def delete(ctx: Context, kind: Kind, name: str) -> None:
    """Forgets a job that has ended. Refuses one that runs."""
    status = ctx.docs.get(kind, name)[kind.member("status")]
    if status not in TERMINAL:
        noun = kind.arn.replace("-", " ").capitalize()
        raise AwsError("ResourceInUse", f"{noun} {name} is in status {status}; stop it first.")
    ctx.docs.delete(kind, name)


def default(document: Document, **defaults: Any) -> None:
    """Fills in members that a request left out, as AWS echoes them."""
    for name, value in defaults.items():
        document.setdefault(name, value)
