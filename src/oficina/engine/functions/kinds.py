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

VERSION = Kind(
    "FunctionVersion",
    arn="function",
    service="lambda",
    missing=("ResourceNotFoundException", "Function not found: {arn}"),
    lower=False,
    joint=":",
    members={"name": "Version", "arn": "FunctionArn"},
)
"""What was published of a function, never changed again."""

ALIAS = Kind(
    "FunctionAlias",
    arn="function",
    service="lambda",
    missing=("ResourceNotFoundException", "Cannot find alias arn: {arn}"),
    taken=("ResourceConflictException", "Alias already exists: {arn}"),
    lower=False,
    joint=":",
    members={"name": "Name", "arn": "AliasArn"},
)
"""A name for a version, or for two that share the calls."""

POLICY = Kind(
    "FunctionPolicy",
    arn="function-policy",
    service="lambda",
    lower=False,
    joint=":",
    members={"name": "Qualifier"},
)
"""Who may call a function, or a version or an alias of it."""

LAYER = Kind("Layer", arn="layer", service="lambda", lower=False, joint=":")
"""A layer's name, and the number of its last version."""

LAYER_VERSION = Kind(
    "LayerVersion",
    arn="layer",
    service="lambda",
    missing=("ResourceNotFoundException", "The resource you requested does not exist."),
    lower=False,
    joint=":",
)

INVOCATION = Kind("Invocation", arn="invocation", service="lambda", lower=False)
"""An invocation that nobody waits for with an open connection: a step's, or one of type Event."""

ENDED = ("Completed", "Failed")
"""The statuses that an invocation does not leave."""
