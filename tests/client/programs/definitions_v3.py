"""Every type of step that SDK v3 writes, in one pipeline that is created; and those that are refused."""

import json
from pathlib import Path

from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.parameter import ContinuousParameter, IntegerParameter
from sagemaker.core.processing import ProcessingOutput, ScriptProcessor
from sagemaker.core.shapes import ProcessingS3Output
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.conditions import (
    ConditionEquals,
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionIn,
    ConditionLessThan,
    ConditionLessThanOrEqualTo,
    ConditionNot,
    ConditionOr,
)
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import (
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.mlops.workflow.cleanup_step import CleanupStep, S3CleanupSource
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.emr_serverless_step import EMRServerlessJobConfig, EMRServerlessStep
from sagemaker.mlops.workflow.emr_step import EMRStep, EMRStepConfig
from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep, EndpointStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.for_each_step import CurrentItem, ForEachStep
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.step_dependency import StepDependency, TriggerCondition
from sagemaker.mlops.workflow.steps import (
    CacheConfig,
    ProcessingStep,
    TrainingStep,
    TransformStep,
    TuningStep,
)
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.tuner import HyperparameterTuner

CODE = str(Path(__file__).parent / "code")
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
session = PipelineSession()
bucket, role = session.default_bucket(), get_execution_role()
word = ParameterString(name="Word", default_value="well", enum_values=["well", "ill"])
count, rate = ParameterInteger(name="Count", default_value=1), ParameterFloat(name="Rate", default_value=0.5)
fast = ParameterBoolean(name="Fast", default_value=True)
cache = CacheConfig(enable_caching=True, expire_after="P30d")
retries = [
    StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3),
    SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT], expire_after_mins=60
    ),
]

report = PropertyFile(name="Report", output_name="report", path="report.json")
processor = ScriptProcessor(
    image_uri=IMAGE,
    command=["python3"],
    role=role,
    instance_type="ml.m5.large",
    instance_count=count,
    sagemaker_session=session,
)
place = ProcessingS3Output(
    s3_uri=Join(on="/", values=[f"s3://{bucket}", ExecutionVariables.PIPELINE_EXECUTION_ID]),
    local_path="/opt/ml/processing/report",
    s3_upload_mode="EndOfJob",
)
process = ProcessingStep(
    name="Process",
    display_name="Process the data",
    description="The first of all",
    step_args=processor.run(
        code=f"{CODE}/process.py",
        outputs=[ProcessingOutput(output_name="report", s3_output=place)],
        arguments=["--rate", rate.to_string(), "--word", word],
    ),
    property_files=[report],
    cache_config=cache,
    retry_policies=retries,
)
trainer = ModelTrainer(
    training_image=IMAGE,
    source_code=SourceCode(source_dir=CODE, entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    hyperparameters={"rate": rate, "fast": fast},
    base_job_name="definitions",
    role=role,
    sagemaker_session=session,
)
uri = process.properties.ProcessingOutputConfig.Outputs["report"].S3Output.S3Uri
channels = [InputData(channel_name="train", data_source=uri)]
train = TrainingStep(
    name="Train",
    step_args=trainer.train(input_data_config=channels),
    cache_config=cache,
    retry_policies=retries,
)
tuner = HyperparameterTuner(
    trainer,
    objective_metric_name="auc",
    metric_definitions=[{"Name": "auc", "Regex": "auc: ([0-9.]+)"}],
    hyperparameter_ranges={"depth": IntegerParameter(1, 6), "eta": ContinuousParameter(0.1, 1)},
    max_jobs=2,
)
tune = TuningStep(name="Tune", step_args=tuner.tune(channels, wait=False), cache_config=cache)
builder = ModelBuilder(
    s3_model_data_url=train.properties.ModelArtifacts.S3ModelArtifacts,
    image_uri=IMAGE,
    role_arn=role,
    sagemaker_session=session,
)
make = ModelStep(name="Make", step_args=builder.build(), retry_policies=retries[:1])
register = ModelStep(
    name="Register",
    step_args=builder.register(
        model_package_group_name="definitions-v3",
        content_types=["text/csv"],
        response_types=["text/csv"],
        approval_status=word,
    ),
)
transformer = Transformer(
    model_name=make.properties.ModelName,
    instance_count=1,
    instance_type="ml.m5.large",
    sagemaker_session=session,
)
transform = TransformStep(
    name="Score",
    step_args=transformer.transform(f"s3://{bucket}/raw", split_type="Line"),
    cache_config=cache,
)
config = EndpointConfigStep(
    name="Configure",
    step_args=session.create_endpoint_config(
        "deployed",
        [
            {
                "VariantName": "AllTraffic",
                "ModelName": make.properties.ModelName,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    ),
)
endpoint = EndpointStep(
    name="Deploy", step_args=session.create_endpoint("deployed", config.properties.EndpointConfigName)
)
ask = LambdaStep(
    name="Ask",
    lambda_func=Lambda(function_arn="arn:aws:lambda:us-east-1:123456789012:function:ask"),
    inputs={"execution": ExecutionVariables.PIPELINE_EXECUTION_ARN},
    outputs=[LambdaOutput(output_name="answer", output_type=LambdaOutputTypeEnum.Float)],
    cache_config=cache,
)
wait = CallbackStep(
    name="Wait",
    sqs_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/queue",
    inputs={"answer": ask.properties.Outputs["answer"]},
    outputs=[CallbackOutput(output_name="done", output_type=CallbackOutputTypeEnum.Boolean)],
    depends_on=[process],
)
value = JsonGet(step_name=process.name, property_file=report, json_path="a['b'].c")
check = ConditionStep(
    name="Check",
    depends_on=["Train"],
    conditions=[
        ConditionEquals(left=word, right="well"),
        ConditionGreaterThan(left=value, right=1),
        ConditionGreaterThanOrEqualTo(left=rate, right=0.1),
        ConditionLessThan(left=count, right=10),
        ConditionLessThanOrEqualTo(left=ask.properties.Outputs["answer"], right=2.5),
        ConditionIn(value=word, in_values=["well", "ill"]),
        ConditionNot(expression=ConditionEquals(left=fast, right=False)),
        ConditionOr(conditions=[ConditionEquals(left=count, right=1), ConditionEquals(left=count, right=2)]),
    ],
    if_steps=[register],
    else_steps=[FailStep(name="Poor", error_message=Join(on=" ", values=["poor", word, value]))],
)
pipeline = Pipeline(
    name="definitions-v3",
    parameters=[word, count, rate, fast],
    steps=[process, train, tune, make, transform, config, endpoint, ask, wait, check],
    sagemaker_session=session,
)
pipeline.upsert(role_arn=role)
print("definition", json.dumps(json.loads(pipeline.definition())))

job = EMRServerlessJobConfig(job_driver={"sparkSubmit": {"entryPoint": "x"}}, execution_role_arn=role)
other = LambdaStep(name="Each", lambda_func=ask.lambda_func, inputs={"item": CurrentItem()})
unhappy = LambdaStep(
    name="OnFailure",
    lambda_func=ask.lambda_func,
    depends_on=[StepDependency(process, TriggerCondition.FAILED)],
)
for steps in (
    [EMRStep("Emr", "Emr", "Emr", cluster_id="j-1", step_config=EMRStepConfig(jar=f"s3://{bucket}/jar"))],
    [EMRServerlessStep("Serverless", "Serverless", "Serverless", job_config=job, application_id="a-1")],
    [ForEachStep(name="Loop", iterable_items=["a", "b"], max_concurrency=1, for_each_body=[other])],
    [process, CleanupStep("Clean", [S3CleanupSource(process, [f"s3://{bucket}/x"])])],
    [process, unhappy],
):
    try:
        Pipeline(name="refused", steps=steps, sagemaker_session=session).create(role_arn=role)
    except session.sagemaker_client.exceptions.ClientError as error:
        print("refused", error.response["Error"]["Message"])
