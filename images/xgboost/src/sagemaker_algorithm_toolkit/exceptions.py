"""The three ways in which the algorithm says that it cannot go on.

The names are AWS's (aws/sagemaker-xgboost-container), because they are read in FailureReason and caught by
user scripts.
"""


class BaseToolkitError(Exception):
    """An error with a message for the person who started the job."""

    def __init__(
        self, message: str = "unknown error occurred", caused_by: BaseException | None = None
    ) -> None:
        self.message = f"{message} (caused by {type(caused_by).__name__})" if caused_by else message
        self.caused_by = caused_by
        super().__init__(self.message)


class AlgorithmError(BaseToolkitError):
    """The algorithm failed for a reason that its user could not have avoided."""


class UserError(BaseToolkitError):
    """The job's settings or data are wrong; its user can put them right."""


class PlatformError(BaseToolkitError):
    """The place in which the job runs lacks something that the contract promises."""
