"""`train`: what the image runs for a training job: the user's script if it has one, or the algorithm."""

import logging
import os
import sys
import traceback

from xgboost_image import log, place
from xgboost_image.stopping import StopRequest

logger = logging.getLogger("xgboost_image")


def _names_script(hyperparameters: dict[str, str]) -> bool:
    """Whether the job brings code: `sagemaker_program` (SDK) or SAGEMAKER_PROGRAM (environment)."""
    return "sagemaker_program" in hyperparameters or "SAGEMAKER_PROGRAM" in os.environ


def main() -> int:
    """Train; 0 when a model was made, 1 with a failure file when not."""
    # Waiting threads spin, and hosts of one job on one machine then take the processor from each other: five
    # times slower with two. OpenMP reads this when XGBoost is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    job = place.read_job()
    if _names_script(job.hyperparameters):
        from container_toolkit import train

        return train.main()
    log.configure(log.level_named(os.environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL", "INFO")))
    logger.info("Imported framework sagemaker_xgboost_container.training")
    logger.info("No GPUs detected (normal if no gpus installed)")
    logger.info("Running XGBoost Sagemaker in algorithm mode")
    return _run_algorithm(job)


def _run_algorithm(job: place.Job) -> int:
    stop = StopRequest()
    stop.listen()
    from xgboost_image import training

    try:
        training.run(job, stop)
    except Exception as error:  # the outermost edge: whatever went wrong must be readable in FailureReason
        return _fail(error)
    return 0


def _fail(error: Exception) -> int:
    """Leave the failure for SageMaker in AWS's form, short enough that the message is not cut off."""
    logger.error("Reporting training FAILURE\n%s", traceback.format_exc())
    frame = traceback.extract_tb(error.__traceback__)[-1]
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    where = f'  File "{os.path.basename(frame.filename)}", line {frame.lineno}, in {frame.name}'
    place.write_failure(
        f"framework error: \nTraceback (most recent call last):\n{where}\n{kind}: {error}\n\n{error}"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
