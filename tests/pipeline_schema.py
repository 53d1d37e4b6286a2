"""What the published JSON schema of pipeline definitions says, told in our own form.

Source: ``schema/pipeline-definition.schema.json`` of 2020-12-01 in
aws-sagemaker-mlops/sagemaker-model-building-pipeline-definition-JSON-schema at commit 02a0602, read on
2026-11-24. It does not describe QualityCheck, ClarifyCheck and EMR (empty there), and is older than
CacheConfig, PropertyFiles, Endpoint, EndpointConfig, AutoML, Std:JsonGet, Not, and lists of exception types.
"""

from __future__ import annotations

from dataclasses import dataclass

TEXTS = ("DependsOn", "DisplayName", "Description")


@dataclass(frozen=True, slots=True)
class StepSchema:
    """A type of step: its members beside Name and Type, and those of its Arguments."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    operation: str = ""
    """The operation that the Arguments go to, none for other types."""
    arguments: tuple[str, ...] = ()


STEPS = {
    "Condition": StepSchema(("Arguments",), TEXTS),
    "Fail": StepSchema(("Arguments",), TEXTS),
    "Lambda": StepSchema(("FunctionArn",), (*TEXTS, "Arguments", "OutputParameters")),
    "Callback": StepSchema(("SqsQueueUrl",), (*TEXTS, "Arguments", "OutputParameters")),
    "Training": StepSchema(
        ("Arguments",),
        (*TEXTS, "RetryPolicies"),
        "CreateTrainingJob",
        (
            "AlgorithmSpecification",
            "CheckpointConfig",
            "DebugHookConfig",
            "DebugRuleConfigurations",
            "EnableInterContainerTrafficEncryption",
            "EnableManagedSpotTraining",
            "EnableNetworkIsolation",
            "HyperParameters",
            "InputDataConfig",
            "OutputDataConfig",
            "ResourceConfig",
            "RoleArn",
            "StoppingCondition",
            "Tags",
            "TensorBoardOutputConfig",
            "VpcConfig",
        ),
    ),
    "Processing": StepSchema(
        ("Arguments",),
        (*TEXTS, "RetryPolicies"),
        "CreateProcessingJob",
        (
            "AppSpecification",
            "Environment",
            "ExperimentConfig",
            "NetworkConfig",
            "ProcessingInputs",
            "ProcessingOutputConfig",
            "ProcessingResources",
            "RoleArn",
            "StoppingCondition",
            "Tags",
        ),
    ),
    "Transform": StepSchema(
        ("Arguments",),
        (*TEXTS, "RetryPolicies"),
        "CreateTransformJob",
        (
            "BatchStrategy",
            "DataProcessing",
            "Environment",
            "ExperimentConfig",
            "MaxConcurrentTransforms",
            "MaxPayloadInMB",
            "ModelClientConfig",
            "ModelName",
            "Tags",
            "TransformInput",
            "TransformJobName",
            "TransformOutput",
            "TransformResources",
        ),
    ),
    "Model": StepSchema(
        ("Arguments",),
        (*TEXTS, "RetryPolicies"),
        "CreateModel",
        (
            "Containers",
            "EnableNetworkIsolation",
            "ExecutionRoleArn",
            "InferenceExecutionConfig",
            "PrimaryContainer",
            "Tags",
            "VpcConfig",
        ),
    ),
    "RegisterModel": StepSchema(
        ("Arguments",),
        (*TEXTS, "RetryPolicies"),
        "CreateModelPackage",
        (
            "CertifyForMarketplace",
            "InferenceSpecification",
            "ModelMetrics",
            "ModelPackageDescription",
            "ModelPackageGroupName",
        ),
    ),
    "Tuning": StepSchema(
        ("Arguments",),
        (*TEXTS, "RetryPolicies"),
        "CreateHyperParameterTuningJob",
        (
            "HyperParameterTuningJobConfig",
            "Tags",
            "TrainingJobDefinition",
            "TrainingJobDefinitions",
            "WarmStartConfig",
        ),
    ),
}
LATER = {
    "CacheConfig": ("Processing", "Training", "Transform", "Tuning", "Lambda", "Callback"),
    "PropertyFiles": ("Processing",),
    "RetryPolicies": ("EndpointConfig",),
}
"""Members that the SDKs write and the schema does not have yet."""
LATER_TYPES = {"EndpointConfig": "CreateEndpointConfig", "Endpoint": "CreateEndpoint"}
"""Types of step that it does not have yet."""

COMPARISONS = ("GreaterThan", "LessThan", "LessThanOrEqualTo", "GreaterThanOrEqualTo", "Equals", "NotEquals")
EXCEPTION_TYPES = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
    "Emr.RESOURCE_LIMIT",
)
PARAMETERS = {"String": "a", "Integer": 1, "Float": 0.5, "Boolean": True}
"""The types of parameters, each with a default value that is allowed."""
