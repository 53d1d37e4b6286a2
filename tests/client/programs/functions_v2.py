"""Functions as steps with SDK v2: each a job of its own, the result of one the argument of the next."""

from __future__ import annotations

import sagemaker
from sagemaker.workflow.function_step import step
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution:2.0"

session = PipelineSession()
role = sagemaker.get_execution_role()


@step(name="add", instance_type="ml.m5.large", image_uri=IMAGE, role=role)
def add(number: int) -> int:
    """One more."""
    return number + 1


@step(name="double", instance_type="ml.m5.large", image_uri=IMAGE, role=role)
def double(number: int) -> dict[str, int]:
    """Twice as much."""
    return {"result": number * 2}


pipeline = Pipeline("functions-v2", steps=[double(add(3))], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start()
execution.wait(delay=1, max_attempts=300)
print("result", execution.result("double"))
