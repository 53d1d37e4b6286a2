"""Functions and their waiting invocations as resources."""

from oficina.store.kinds import Kind

FUNCTION = Kind(
    "Function",
    arn="function",
    service="lambda",
    missing=("ResourceNotFoundException", "Function not found: {arn}"),
    taken=("ResourceConflictException", "Function already exist: {name}"),
    lower=False,
    joint=":",
)

INVOCATION = Kind("Invocation", arn="invocation", service="lambda", lower=False)
"""An invocation that nobody waits for with an open connection: a step's, or one of type Event."""

ENDED = ("Completed", "Failed")
"""The statuses that an invocation does not leave."""
