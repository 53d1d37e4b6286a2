"""Permissions: statements of a queue's policy under labels. Here they are kept and told, and bind nobody."""

from __future__ import annotations

import re
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sqs.api import QUEUE, bad_value, of_url, sqs
from oficina.store.kinds import Document

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile(r"\d{12}")
MOST_ACTIONS = 7
"""How many actions a statement may have (API reference of AddPermission)."""
_SHARED = (
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
)
"""Actions that an owner may give to others (API reference of AddPermission)."""


@sqs.operation
def add_permission(ctx: Context, request: dict[str, Any]) -> None:
    """Adds a statement to a queue's policy."""
    queue, label = of_url(ctx, request), request["Label"]
    _check(request)
    policy = _policy(queue)
    if any(each.get("Sid") == label for each in policy["Statement"]):
        raise _bad_label(label, "Already exists.")
    people = [f"arn:aws:iam::{each}:root" for each in request["AWSAccountIds"]]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all(people)},
        "Action": _one_or_all([f"SQS:{each}" for each in request["Actions"]]),
        "Resource": queue["QueueArn"],
    }
    _keep(ctx, queue, policy | {"Statement": [*policy["Statement"], statement]})


def _check(request: Document) -> None:
    label = request["Label"]
    if not _LABEL.fullmatch(label):
        raise _bad_label(
            label, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )
    if not request["Actions"]:
        raise AwsError("MissingParameter", "The request must contain the parameter Actions.")
    if not request["AWSAccountIds"]:
        raise _bad("PrincipalId", "[]", "Unable to verify.")
    if len(request["Actions"]) > MOST_ACTIONS:
        raise AwsError(
            "OverLimit",
            f"{len(request['Actions'])} Actions were found, maximum allowed is {MOST_ACTIONS}.",
            403,
        )
    for account in request["AWSAccountIds"]:
        if not _ACCOUNT.fullmatch(account):
            raise _bad("PrincipalId", account, "Unable to verify.")
    for action in request["Actions"]:
        if action not in _SHARED:
            raise _bad(
                "ActionName", f"SQS:{action}", "Only the queue owner is allowed to invoke this action."
            )


@sqs.operation
def remove_permission(ctx: Context, request: dict[str, Any]) -> None:
    """Takes a statement out of a queue's policy; the last one takes the policy with it."""
    queue, label = of_url(ctx, request), request["Label"]
    policy = _policy(queue)
    rest = [each for each in policy["Statement"] if each.get("Sid") != label]
    if len(rest) == len(policy["Statement"]):
        raise _bad_label(label, "can't find label.")
    _keep(ctx, queue, policy | {"Statement": rest})


def _policy(queue: Document) -> Document:
    """A queue's policy, or the one that AddPermission begins."""
    fresh = {"Version": "2008-10-17", "Id": f"{queue['QueueArn']}/SQSDefaultPolicy", "Statement": []}
    policy: Document = orjson.loads(queue["Attributes"].get("Policy") or "{}")
    statements = policy.get("Statement", [])
    return fresh | policy | {"Statement": statements if isinstance(statements, list) else [statements]}


def _keep(ctx: Context, queue: Document, policy: Document) -> None:
    attributes = {name: value for name, value in queue["Attributes"].items() if name != "Policy"}
    if policy["Statement"]:
        attributes["Policy"] = orjson.dumps(policy).decode()
    ctx.docs.update(QUEUE, queue["QueueName"], {"Attributes": attributes})


def _one_or_all(items: list[str]) -> str | list[str]:
    return items[0] if len(items) == 1 else items


def _bad_label(label: str, reason: str) -> AwsError:
    return _bad("Label", label, reason)


def _bad(name: str, value: str, reason: str) -> AwsError:
    return bad_value(f"Value {value} for parameter {name} is invalid. Reason: {reason}")
