"""Every type of step that SDK v2 writes, in one pipeline that is created; and those that are refused."""

import json
from pathlib import Path

import sagemaker
from sagemaker.automl.automl import AutoML, AutoMLInput
from sagemaker.inputs import TrainingInput
from sagemaker.lambda_helper import Lambda
from sagemaker.model import Model
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.transformer import Transformer
from sagemaker.tuner import ContinuousParameter, HyperparameterTuner, IntegerParameter
from sagemaker.workflow.automl_step import AutoMLStep
from sagemaker.workflow.callback_step import CallbackOutput, CallbackOutputTypeEnum, CallbackStep
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import (
    ConditionEquals,
    ConditionGreaterThan,
    ConditionGreaterThanOrEqualTo,
    ConditionIn,
    ConditionLessThan,
    ConditionLessThanOrEqualTo,
    ConditionNot,
    ConditionOr,
)
from sagemaker.workflow.emr_step import EMRStep, EMRStepConfig
from sagemaker.workflow.endpoint_step import EndpointConfigStep, EndpointStep
from sagemaker.workflow.execution_variables import ExecutionVariables
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.lambda_step import LambdaOutput, LambdaOutputTypeEnum, LambdaStep
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import (
    ParameterBoolean,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
)
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.retry import (
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.workflow.steps import (
    CacheConfig,
    ProcessingStep,
    TrainingStep,
    TransformStep,
    TuningStep,
)

CODE = str(Path(__file__).parent / "code")
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
session = PipelineSession()
bucket, role = session.default_bucket(), sagemaker.get_execution_role()
word = ParameterString("Word", default_value="well", enum_values=["well", "ill"])
count, rate = ParameterInteger("Count", default_value=1), ParameterFloat("Rate", default_value=0.5)
fast = ParameterBoolean("Fast", default_value=True)
cache = CacheConfig(enable_caching=True, expire_after="P30d")
retries = [
    StepRetryPolicy(exception_types=[StepExceptionTypeEnum.THROTTLING], max_attempts=3),
    SageMakerJobStepRetryPolicy(
        exception_types=[SageMakerJobExceptionTypeEnum.RESOURCE_LIMIT], expire_after_mins=60
    ),
]

report = PropertyFile("Report", "report", "report.json")
processor = SKLearnProcessor(
    "1.2-1", role, instance_type="ml.m5.large", instance_count=count, sagemaker_session=session
)
process = ProcessingStep(
    "Process",
    display_name="Process the data",
    description="The first of all",
    step_args=processor.run(
        f"{CODE}/process.py",
        inputs=[ProcessingInput(f"s3://{bucket}/raw", "/opt/ml/processing/input/raw")],
        outputs=[ProcessingOutput(output_name="report", source="/opt/ml/processing/report")],
        arguments=["--rate", rate.to_string(), "--word", word],
    ),
    property_files=[report],
    cache_config=cache,
    retry_policies=retries,
)
estimator = SKLearn(
    entry_point="train.py",
    source_dir=CODE,
    framework_version="1.2-1",
    role=role,
    instance_type=ParameterString("Machine", default_value="ml.m5.large"),
    instance_count=1,
    hyperparameters={"rate": rate, "fast": fast},
    metric_definitions=[{"Name": "auc", "Regex": "auc: ([0-9.]+)"}],
    sagemaker_session=session,
)
channels = {
    "train": TrainingInput(process.properties.ProcessingOutputConfig.Outputs["report"].S3Output.S3Uri)
}
train = TrainingStep("Train", step_args=estimator.fit(channels), cache_config=cache, retry_policies=retries)
tuner = HyperparameterTuner(
    estimator,
    "auc",
    {"depth": IntegerParameter(1, 6), "eta": ContinuousParameter(0.1, 1)},
    metric_definitions=[{"Name": "auc", "Regex": "auc: ([0-9.]+)"}],
    max_jobs=count,
)
tune = TuningStep("Tune", step_args=tuner.fit(channels), cache_config=cache)
data = train.properties.ModelArtifacts.S3ModelArtifacts
model = Model(image_uri=IMAGE, model_data=data, role=role, sagemaker_session=session)
make = ModelStep("Make", step_args=model.create(instance_type="ml.m5.large"), retry_policies=retries[:1])
register = ModelStep(
    "Register",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        model_package_group_name="definitions-v2",
        approval_status=word,
    ),
)
transformer = Transformer(make.properties.ModelName, 1, "ml.m5.large", sagemaker_session=session)
transform = TransformStep(
    "Score", step_args=transformer.transform(f"s3://{bucket}/raw", split_type="Line"), cache_config=cache
)
config = EndpointConfigStep(
    "Configure",
    step_args=session.create_endpoint_config(
        "deployed", make.properties.ModelName, initial_instance_count=1, instance_type="ml.m5.large"
    ),
)
endpoint = EndpointStep(
    "Deploy", step_args=session.create_endpoint("deployed", config.properties.EndpointConfigName)
)
ask = LambdaStep(
    "Ask",
    lambda_func=Lambda(function_arn="arn:aws:lambda:us-east-1:123456789012:function:ask"),
    inputs={"execution": ExecutionVariables.PIPELINE_EXECUTION_ARN},
    outputs=[LambdaOutput("answer", LambdaOutputTypeEnum.Float)],
    cache_config=cache,
)
wait = CallbackStep(
    "Wait",
    sqs_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/queue",
    inputs={"answer": ask.properties.Outputs["answer"]},
    outputs=[CallbackOutput("done", CallbackOutputTypeEnum.Boolean)],
    depends_on=[process],
)
value = JsonGet(step_name=process.name, property_file=report, json_path="a['b'].c")
check = ConditionStep(
    "Check",
    depends_on=["Train"],
    conditions=[
        ConditionEquals(word, "well"),
        ConditionGreaterThan(value, 1),
        ConditionGreaterThanOrEqualTo(rate, 0.1),
        ConditionLessThan(count, 10),
        ConditionLessThanOrEqualTo(ask.properties.Outputs["answer"], 2.5),
        ConditionIn(word, ["well", "ill"]),
        ConditionNot(ConditionEquals(fast, False)),
        ConditionOr([ConditionEquals(count, 1), ConditionEquals(count, 2)]),
    ],
    if_steps=[register],
    else_steps=[FailStep("Poor", error_message=Join(on=" ", values=["poor", word, value]))],
)
pipeline = Pipeline(
    "definitions-v2",
    parameters=[word, count, rate, fast, estimator.instance_type],
    steps=[process, train, tune, make, transform, config, endpoint, ask, wait, check],
    sagemaker_session=session,
)
pipeline.upsert(role)
print("definition", json.dumps(json.loads(pipeline.definition())))

emr = EMRStep(
    "Emr",
    display_name="Emr",
    description="Emr",
    cluster_id="j-1",
    step_config=EMRStepConfig(jar=f"s3://{bucket}/jar"),
)
learn = AutoML(role, "target", sagemaker_session=session, mode="ENSEMBLING")
auto = AutoMLStep(
    "Auto", step_args=learn.fit(inputs=[AutoMLInput(f"s3://{bucket}/raw", "target", channel_type="training")])
)
for step in (emr, auto):
    try:
        Pipeline(f"refused-{step.name}", steps=[step], sagemaker_session=session).create(role)
    except session.sagemaker_client.exceptions.ClientError as error:
        print("refused", error.response["Error"]["Message"])
