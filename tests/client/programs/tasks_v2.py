"""Lambda and Callback steps as a user of SDK v2 writes them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import boto3
import sagemaker
from sagemaker.lambda_helper import Lambda
from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionEquals
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join
from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import CacheConfig

session = PipelineSession()
role = sagemaker.get_execution_role()
folder = Path(tempfile.mkdtemp())
(folder / "double.py").write_text(
    "def handler(event, context):\n    return {'twice': event['n'] * 2, 'big': event['n'] > 10}\n"
)
queue = boto3.client("sqs").create_queue(QueueName="answers-v2")["QueueUrl"]
number = ParameterInteger(name="N", default_value=21)
double = LambdaStep(
    name="Double",
    lambda_func=Lambda(
        function_name="double-v2",
        execution_role_arn=role,
        script=str(folder / "double.py"),
        handler="double.handler",
        session=session,
    ),
    inputs={"n": number},
    outputs=[
        LambdaOutput(output_name="twice", output_type=LambdaOutputTypeEnum.Integer),
        LambdaOutput(output_name="big", output_type=LambdaOutputTypeEnum.Boolean),
    ],
    cache_config=CacheConfig(enable_caching=True, expire_after="P1D"),
)
ask = CallbackStep(
    name="Ask",
    sqs_queue_url=queue,
    inputs={"twice": double.properties.Outputs["twice"]},
    outputs=[CallbackOutput(output_name="answer", output_type=CallbackOutputTypeEnum.Integer)],
)
wrong = FailStep(name="Wrong", error_message=Join(on=" ", values=["got", ask.properties.Outputs["answer"]]))
check = ConditionStep(
    name="Check",
    conditions=[ConditionEquals(left=ask.properties.Outputs["answer"], right=43)],
    if_steps=[],
    else_steps=[wrong],
)
pipeline = Pipeline(
    name="tasks-v2", parameters=[number], steps=[double, ask, check], sagemaker_session=session
)
for _ in range(2):
    pipeline.upsert(role_arn=role)  # the second time the function is there and gets its code anew
execution = pipeline.start()
sqs = boto3.client("sqs")
messages = []
while not messages:  # a slow machine may need longer than one poll lasts to get there
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", [])
message = messages[0]
body = json.loads(message["Body"])
print("asked", body["arguments"])
session.sagemaker_client.send_pipeline_execution_step_success(
    CallbackToken=body["token"],
    OutputParameters=[{"Name": "answer", "Value": str(body["arguments"]["twice"] + 1)}],
)
execution.wait(delay=1, max_attempts=1800)
print("status", execution.describe()["PipelineExecutionStatus"])
print("steps", sorted(step["StepName"] for step in execution.list_steps()))
