"""AWS Lambda: functions in Python, each invocation a process of its own on this machine."""

from oficina.services.lambda_ import (
    aliases,
    concurrency,
    functions,
    invocations,
    layers,
    permissions,
    tags,
    versions,
)
from oficina.services.lambda_.api import lambda_

__all__ = [
    "aliases",
    "concurrency",
    "functions",
    "invocations",
    "lambda_",
    "layers",
    "permissions",
    "tags",
    "versions",
]
