"""Errors as AWS gives them: a code, a sentence, an HTTP status and, for some, further members."""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An answer that says no.

    Raise it anywhere below the wire; the gateway writes it in the protocol of the service that was asked.
    """

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


class OficinaError(Exception):
    """A failure to tell the person at the terminal: one sentence and the next thing to type."""


def validation(message: str) -> AwsError:
    """SageMaker's answer to a request that is not right (an error of every operation, in no list of any)."""
    return AwsError("ValidationException", message)


def not_there_yet(service: str, operation: str) -> AwsError:
    """The answer to an operation that oficina does not have.

    A 4xx, because SDK v3 retries a 5xx for a minute (contracts, clients-and-wire §3).
    """
    return AwsError(
        "UnknownOperationException", f"oficina does not have {service}:{operation} yet; nothing was done."
    )
