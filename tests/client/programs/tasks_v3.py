"""Lambda and Callback steps as a user of SDK v3 writes them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import boto3
from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.lineage.action import Action
from sagemaker.core.lineage.artifact import Artifact
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.lineage_step import LineageAssociation, LineageEntityReference, LineageStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig

session = PipelineSession()
role = get_execution_role()
folder = Path(tempfile.mkdtemp())
(folder / "double.py").write_text(
    "def handler(event, context):\n    return {'twice': event['n'] * 2, 'big': event['n'] > 10}\n"
)
queue = boto3.client("sqs").create_queue(QueueName="answers-v3")["QueueUrl"]
number = ParameterInteger(name="N", default_value=21)
double = LambdaStep(
    name="Double",
    lambda_func=Lambda(
        function_name="double-v3",
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
source = {"source_uri": "s3://models/answers", "sagemaker_session": session}
note = LineageStep(
    name="Note",
    actions=[Action.create(action_name="answered-v3", action_type="Answer", **source)],
    artifacts=[Artifact.create(artifact_name="answers", artifact_type="Model", **source)],
    associations=[
        LineageAssociation(
            LineageEntityReference(name="answers", type="Artifact"),
            LineageEntityReference(name="answered-v3", type="Action"),
            "ContributedTo",
        )
    ],
    depends_on=[ask],
)
pipeline = Pipeline(
    name="tasks-v3", parameters=[number], steps=[double, ask, check, note], sagemaker_session=session
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
steps = {step["StepName"]: step for step in execution.list_steps()}
print("steps", sorted(steps.keys() - {"Note"}))
arn = steps["Note"]["Metadata"]["Lineage"]["ActionArns"]["answered-v3"]
(tie,) = session.sagemaker_client.list_associations(DestinationArn=arn)["AssociationSummaries"]
print("lineage", tie["SourceName"], tie["AssociationType"])
