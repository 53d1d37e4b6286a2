"""AWS Lambda: functions in Python, each invocation a process of its own on this machine."""

from oficina.services.lambda_ import functions, invocations, tags
from oficina.services.lambda_.api import lambda_

__all__ = ["functions", "invocations", "lambda_", "tags"]
