"""Who may call a function: statements of its policy. Here they are kept and told, and bind nobody."""

from __future__ import annotations

import re
import uuid
from typing import Any

import orjson

from oficina.engine.functions import versions
from oficina.engine.functions.kinds import FUNCTION, POLICY
from oficina.engine.functions.versions import LATEST
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_
from oficina.services.lambda_.revisions import check_revision
from oficina.store.kinds import Document

_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
_ACCOUNT = re.compile(r"\d{12}")
_CONDITIONS = (
    ("StringEquals", "AWS:SourceAccount", "SourceAccount"),
    ("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"),
    ("StringEquals", "lambda:EventSourceToken", "EventSourceToken"),
    ("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
    ("ArnLike", "AWS:SourceArn", "SourceArn"),
)
"""What a statement asks of the caller: operator, key, and the request's member (API reference)."""


@lambda_.operation
def add_permission(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds a statement to the policy of a function, a version or an alias."""
    name, place, arn = _place(ctx, request)
    policy = ctx.docs.find(POLICY, place, name)
    if policy is not None:
        check_revision(policy, request)
    known, label = policy["Statement"] if policy else [], request["StatementId"]
    if any(each["Sid"] == label for each in known):
        raise AwsError(
            "ResourceConflictException",
            f"The statement id ({label}) provided already exists. Please provide a new statement id, or "
            "remove the existing statement.",
            409,
        )
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": _principal(request["Principal"]),
        "Action": request["Action"],
        "Resource": arn,
    } | _conditions(request)
    _keep(ctx, name, place, [*known, statement])
    return {"Statement": orjson.dumps(statement).decode()}


def _place(ctx: Context, request: Document) -> tuple[str, str, str]:
    """The function, what of it is meant, and its ARN. Raises AwsError where there is no such thing."""
    name, qualifier = names.taken_apart(ctx, request["FunctionName"], request.get("Qualifier"))
    if qualifier == LATEST:
        raise names.bad("We currently do not support adding policies for $LATEST.")
    arn = ctx.docs.get(FUNCTION, name)["FunctionArn"]
    if qualifier is None:
        return name, LATEST, arn
    return name, qualifier, names.qualified(ctx, name, qualifier)["FunctionArn"]


def _principal(given: str) -> str | dict[str, str]:
    """``*``, a service, an account or an ARN of IAM, as the policy writes it."""
    if given == "*":
        return given
    if _SERVICE.fullmatch(given):
        return {"Service": given}
    if _ACCOUNT.fullmatch(given):
        return {"AWS": f"arn:aws:iam::{given}:root"}
    if given.startswith("arn:"):
        return {"AWS": given}
    raise names.bad("The provided principal was invalid. Please check the principal and try again.")


def _conditions(request: Document) -> Document:
    asked: Document = {}
    for operator, key, member in _CONDITIONS:
        if request.get(member):
            asked.setdefault(operator, {})[key] = request[member]
    return {"Condition": asked} if asked else {}


def _keep(ctx: Context, name: str, place: str, statements: list[Document]) -> None:
    """Replaces a policy's statements; without any there is no policy."""
    with ctx.docs.transaction():
        if ctx.docs.find(POLICY, place, name) is not None:
            ctx.docs.delete(POLICY, place, name)
        if statements:
            fresh = {"Qualifier": place, "Statement": statements, "RevisionId": str(uuid.uuid4())}
            ctx.docs.create(POLICY, fresh, parent=name)


@lambda_.operation
def remove_permission(ctx: Context, request: dict[str, Any]) -> None:
    """Takes a statement out of a policy."""
    name, place, _ = _place(ctx, request)
    policy = ctx.docs.find(POLICY, place, name)
    if policy is None:
        raise _missing("No policy is associated with the given resource.")
    check_revision(policy, request)
    rest = [each for each in policy["Statement"] if each["Sid"] != request["StatementId"]]
    if len(rest) == len(policy["Statement"]):
        raise _missing(f"Statement {request['StatementId']} is not found in resource policy.")
    _keep(ctx, name, place, rest)


@lambda_.operation
def get_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The policy of a function, a version or an alias."""
    name, qualifier = names.taken_apart(ctx, request["FunctionName"], request.get("Qualifier"))
    if versions.find(ctx.docs, name, qualifier) is None:
        names.qualified(ctx, name, qualifier)  # says what is missing
    policy = ctx.docs.find(POLICY, qualifier or LATEST, name)
    if policy is None:
        raise _missing("The resource you requested does not exist.")
    told = {"Version": "2012-10-17", "Id": "default", "Statement": policy["Statement"]}
    return {"Policy": orjson.dumps(told).decode(), "RevisionId": policy["RevisionId"]}


def _missing(sentence: str) -> AwsError:
    return AwsError("ResourceNotFoundException", sentence, 404)
