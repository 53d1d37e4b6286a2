"""Quality and Clarify checks in a pipeline of SDK v3: baselines calculated, registered, and held against."""

from sagemaker.core.clarify import BiasConfig, DataConfig, ModelConfig, SHAPConfig
from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.model_monitor import DatasetFormat
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterBoolean, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
from sagemaker.mlops.workflow.clarify_check_step import (
    ClarifyCheckStep,
    DataBiasCheckConfig,
    ModelExplainabilityCheckConfig,
)
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.quality_check_step import (
    DataQualityCheckConfig,
    ModelQualityCheckConfig,
    QualityCheckStep,
)
from sagemaker.serve import ModelBuilder

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
GROUP = "checks-v3"
session = PipelineSession()
client, bucket, role = session.sagemaker_client, session.default_bucket(), get_execution_role()
for name, rows in (("small", "1,5\n2,4\n"), ("large", "1,5\n20,40\n")):
    session.upload_string_as_file_body(rows, bucket, f"{GROUP}/{name}/rows.csv")
session.upload_string_as_file_body("model", bucket, f"{GROUP}/model.tar.gz")
data = ParameterString(name="Data", default_value=f"s3://{bucket}/{GROUP}/small")
skip = ParameterBoolean(name="Skip", default_value=True)
renew = ParameterBoolean(name="Renew", default_value=True)


def place(name: str) -> Join:
    """An output of its own for each execution."""
    return Join(on="/", values=[f"s3://{bucket}", GROUP, ExecutionVariables.PIPELINE_EXECUTION_ID, name])


job = CheckJobConfig(role=role, instance_type="ml.c5.xlarge", sagemaker_session=session)
common = {
    "check_job_config": job,
    "skip_check": skip,
    "register_new_baseline": renew,
    "model_package_group_name": GROUP,
}
quality = QualityCheckStep(
    name="DataQuality",
    quality_check_config=DataQualityCheckConfig(
        baseline_dataset=data, dataset_format=DatasetFormat.csv(header=False), output_s3_uri=place("data")
    ),
    **common,
)
model_quality = QualityCheckStep(
    name="ModelQuality",
    quality_check_config=ModelQualityCheckConfig(
        baseline_dataset=data,
        dataset_format=DatasetFormat.csv(header=False),
        output_s3_uri=place("model"),
        problem_type="Regression",
        inference_attribute="_c0",
        ground_truth_attribute="_c1",
    ),
    fail_on_violation=False,
    **common,
)
config = DataConfig(
    s3_data_input_path=data,
    s3_output_path=place("clarify"),
    s3_analysis_config_output_path=f"s3://{bucket}/{GROUP}/config",
    label="Label",
    headers=["Label", "F1"],
    dataset_type="text/csv",
)
bias = ClarifyCheckStep(
    name="DataBias",
    clarify_check_config=DataBiasCheckConfig(
        data_config=config,
        data_bias_config=BiasConfig(label_values_or_threshold=[1], facet_name="F1"),
    ),
    **common,
)
explain = ClarifyCheckStep(
    name="Explain",
    clarify_check_config=ModelExplainabilityCheckConfig(
        data_config=DataConfig(
            s3_data_input_path=data,
            s3_output_path=place("explain"),
            s3_analysis_config_output_path=f"s3://{bucket}/{GROUP}/explain-config",
            label="Label",
            headers=["Label", "F1"],
            dataset_type="text/csv",
        ),
        model_config=ModelConfig(model_name="churn", instance_count=1, instance_type="ml.m5.large"),
        explainability_config=SHAPConfig(baseline=[[1.0]], num_samples=1, agg_method="mean_abs"),
    ),
    **common,
)


def source(uri: object) -> MetricsSource:
    """A file of the package."""
    return MetricsSource(content_type="application/json", s3_uri=uri)


builder = ModelBuilder(
    s3_model_data_url=f"s3://{bucket}/{GROUP}/model.tar.gz",
    image_uri=IMAGE,
    role_arn=role,
    sagemaker_session=session,
)
register = ModelStep(
    name="Register",
    step_args=builder.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        approval_status="Approved",
        model_metrics=ModelMetrics(
            model_data_statistics=source(quality.properties.CalculatedBaselineStatistics),
            model_data_constraints=source(quality.properties.CalculatedBaselineConstraints),
        ),
        drift_check_baselines=DriftCheckBaselines(
            model_data_statistics=source(quality.properties.BaselineUsedForDriftCheckStatistics),
            model_data_constraints=source(quality.properties.BaselineUsedForDriftCheckConstraints),
            model_statistics=source(model_quality.properties.BaselineUsedForDriftCheckStatistics),
            model_constraints=source(model_quality.properties.BaselineUsedForDriftCheckConstraints),
            bias_pre_training_constraints=source(bias.properties.BaselineUsedForDriftCheckConstraints),
            explainability_constraints=source(explain.properties.BaselineUsedForDriftCheckConstraints),
        ),
    ),
)
pipeline = Pipeline(
    name=GROUP,
    parameters=[data, skip, renew],
    steps=[quality, model_quality, bias, explain, register],
    sagemaker_session=session,
)
pipeline.upsert(role_arn=role)


def run(**parameters: object) -> dict[str, dict]:
    """The steps of an execution that has ended, by name."""
    execution = pipeline.start(parameters=parameters)
    try:
        execution.wait(delay=1, max_attempts=1800)
    except Exception as error:  # the SDK's waiter says that the execution failed
        print("waiter", type(error).__name__)
    return {step["StepName"]: step for step in execution.list_steps()}


first = run()
print("first", sorted((name.split("-")[0], step["StepStatus"]) for name, step in first.items()))
(version,) = client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
package = client.describe_model_package(ModelPackageName=version["ModelPackageArn"])
kept = package["DriftCheckBaselines"]
used = first["DataQuality"]["Metadata"]["QualityCheck"]["CalculatedBaselineConstraints"]
print("registered", kept["ModelDataQuality"]["Constraints"]["S3Uri"] == used, sorted(kept))

second = run(Skip=False, Renew=False)
told = second["DataQuality"]["Metadata"]["QualityCheck"]
print(
    "second",
    told["BaselineUsedForDriftCheckConstraints"] == used,
    {step["StepStatus"] for step in second.values()},
)

third = run(Skip=False, Renew=False, Data=f"s3://{bucket}/{GROUP}/large")
print("third", third["DataQuality"]["FailureReason"][:60])
print("reports", "ViolationReport" in third["ModelQuality"]["Metadata"]["QualityCheck"])
