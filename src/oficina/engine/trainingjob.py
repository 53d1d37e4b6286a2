"""A training job as a resource."""

from oficina.store.kinds import Kind

TRAINING_JOB = Kind(
    "TrainingJob",
    arn="training-job",
    missing=("ValidationException", "Requested resource not found."),
    taken=(
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, "
        "and a job with this name already exists ({arn})",
    ),
)
