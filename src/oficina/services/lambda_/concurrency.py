"""How many invocations of a function may run at once."""

from __future__ import annotations

from typing import Any

from oficina.engine.functions.kinds import FUNCTION
from oficina.engine.functions.versions import RESERVED
from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_
from oficina.store.kinds import Document

MOST = 1000
"""Invocations that an account runs at once, and how many of them no function may reserve (Lambda quotas)."""
FREE = 100


@lambda_.operation
def put_function_concurrency(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Reserves so many invocations for a function, and limits it to them; 0 stops it."""
    number = request["ReservedConcurrentExecutions"]
    with ctx.docs.transaction():
        name = names.get(ctx, request["FunctionName"])["FunctionName"]
        others = sum(each.get(RESERVED, 0) for each in ctx.docs.all(FUNCTION) if each["FunctionName"] != name)
        if others + number > MOST - FREE:
            raise names.bad(
                "Specified ReservedConcurrentExecutions for function decreases account's "
                f"UnreservedConcurrentExecution below its minimum value of [{FREE}]."
            )
        ctx.docs.update(FUNCTION, name, {RESERVED: number})
    return {"ReservedConcurrentExecutions": number}


@lambda_.operation
def get_function_concurrency(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """What is reserved for a function."""
    return told(names.get(ctx, request["FunctionName"]))


def told(function: Document) -> dict[str, Any]:
    """A function's reservation; empty when it has none."""
    return {"ReservedConcurrentExecutions": function[RESERVED]} if RESERVED in function else {}


@lambda_.operation
def delete_function_concurrency(ctx: Context, request: dict[str, Any]) -> None:
    """Reserves nothing for a function, and lets it run as often as there is room."""
    name = names.get(ctx, request["FunctionName"])["FunctionName"]
    ctx.docs.update(FUNCTION, name, {RESERVED: None})
