"""Pipelines and their executions as resources."""

from oficina.store.kinds import Kind

PIPELINE = Kind(
    "Pipeline",
    arn="pipeline",
    missing=("ResourceNotFound", "Pipeline '{arn}' does not exist."),
    taken=(
        "ValidationException",
        "Pipeline names must be unique within an AWS account and region. "
        "Pipeline with name ({name}) already exists.",
    ),
)

EXECUTION = Kind(
    "PipelineExecution",
    arn="pipeline",
    missing=("ResourceNotFound", "PipelineExecution '{arn}' does not exist."),
    members={"name": "_id"},
)
"""Kept below its pipeline; its name is the execution's id."""

VERSION = Kind(
    "PipelineVersion",
    arn="pipeline",
    missing=("ResourceNotFound", "Pipeline version '{name}' of pipeline '{arn}' does not exist."),
    members={"name": "_version"},
)
"""Kept below its pipeline; its name is its number."""

ENDED = ("Succeeded", "Failed", "Stopped")
"""The statuses that an execution, and a step, does not leave."""

STEP_FAILED = "Step failure: One or multiple steps failed."
"""Why an execution failed, in AWS's words."""

CALLBACK = Kind(
    "Callback",
    arn="pipeline-callback",
    missing=("ResourceNotFound", "Callback token {name} does not exist."),
    lower=False,
    members={"name": "CallbackToken"},
)
"""A token that somebody has to bring back."""
