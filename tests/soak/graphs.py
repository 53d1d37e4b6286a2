"""Random pipelines of real steps; every step leaves a mark in S3 each time that it runs to its end."""

from __future__ import annotations

import json
import random
from typing import Any

from tests.jobs import IMAGE, ROLE, channel, processing_input, processing_output
from tests.lines import equals, get, join
from tests.shops import IMAGE as SERVING
from tests.tunings import IMAGE as TUNED
from tests.tunings import METRICS

BUCKET = "workbench"
PROGRAM = """
import os, sys, time, uuid
time.sleep(float(os.environ['NAP']))
if os.environ.get('BAD'):
    sys.exit(3)
for folder in os.environ['PLACES'].split(':'):
    open(f'{folder}/{uuid.uuid4().hex}', 'w').write(os.environ['NAP'])
"""
HANDLER = """
import boto3, time, uuid
from botocore.config import Config

def main(event, context):
    s3 = boto3.client('s3', config=Config(retries={'total_max_attempts': 1}))
    time.sleep(event['nap'])
    if event['bad']:
        raise ValueError('as it was told')
    for _ in range(600):
        try:
            s3.put_object(Bucket='workbench', Key=f"{event['marks']}/{context.aws_request_id}", Body=b'x')
            return {'said': event['marks']}
        except Exception:
            time.sleep(0.1)
"""
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
RETRY = [{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 3}]


class Graph:
    """One random pipeline."""

    def __init__(self, dice: random.Random, queue: str, function: str) -> None:
        self.dice, self.queue, self.function = dice, queue, function
        self.steps: list[dict[str, Any]] = []
        self.before: list[str] = []
        self.bad = dice.random() < 0.2
        for number in range(dice.randint(2, 9)):
            self.steps.append(self.step(f"s{number}"))
        if self.bad:
            self.steps.append(self.processing("sorry", bad=True))

    @property
    def definition(self) -> str:
        """The definition as text."""
        flag = {"Name": "Flag", "Type": "String", "DefaultValue": self.dice.choice("ab")}
        return json.dumps({"Version": "2020-12-01", "Parameters": [flag], "Steps": self.steps})

    def step(self, name: str) -> dict[str, Any]:
        """A step of any type that comes after some of those before."""
        kinds = {
            self.processing: 6,
            self.training: 4,
            self.function_step: 3,
            self.callback: 2,
            self.condition: 3,
            self.model: 1,
            self.registering: 1,
            self.tuning: 1,
            self.transform: 1,
        }
        (kind,) = self.dice.choices(list(kinds), list(kinds.values()))
        found: dict[str, Any] = kind(name)
        needs = self.dice.sample(self.before, min(len(self.before), self.dice.choice([0, 1, 1, 2])))
        if needs:
            found["DependsOn"] = needs
        self.before.append(name)
        return found

    def nap(self) -> str:
        """How long a step takes, in seconds."""
        return f"{self.dice.choice([0, 0, 0.1, 0.3, 1]):g}"

    def marks(self, name: str, more: str = "") -> dict[str, Any]:
        """Where a step leaves its marks."""
        place = [f"s3://{BUCKET}/marks", get("Execution.PipelineExecutionId"), name + more]
        return join(*place, on="/")

    def whole(self, name: str, kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """A step with what jobs have beside their arguments."""
        more: dict[str, Any] = {"RetryPolicies": RETRY} if self.dice.random() < 0.5 else {}
        if self.dice.random() < 0.3:
            more["CacheConfig"] = {"Enabled": True, "ExpireAfter": "PT1H"}
        return {"Name": name, "Type": kind, "Arguments": arguments, **more}

    def processing(self, name: str, bad: bool = False) -> dict[str, Any]:
        """A processing job."""
        out = "/opt/ml/processing/output"
        environment = {"NAP": self.nap(), "PLACES": out, **({"BAD": "1"} if bad else {})}
        arguments = {
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python", "/opt/ml/processing/code/program.py"],
            },
            "ProcessingResources": {"ClusterConfig": CLUSTER},
            "ProcessingInputs": [
                processing_input("code", f"s3://{BUCKET}/code/program.py", "/opt/ml/processing/code")
            ],
            "ProcessingOutputConfig": {
                "Outputs": [processing_output("output", self.marks(name), out)]  # type: ignore[arg-type]
            },
            "Environment": environment,
        }
        return self.whole(name, "Processing", arguments)

    def training(self, name: str) -> dict[str, Any]:
        """A training job."""
        arguments = {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", "/opt/ml/input/data/code/program.py"],
            },
            "InputDataConfig": [channel("code", f"s3://{BUCKET}/code/program.py")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "CheckpointConfig": {"S3Uri": self.marks(name), "LocalPath": "/opt/ml/checkpoints"},
            "Environment": {"NAP": self.nap(), "PLACES": "/opt/ml/checkpoints:/opt/ml/model"},
            "ResourceConfig": CLUSTER,
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
        }
        return self.whole(name, "Training", arguments)

    def function_step(self, name: str) -> dict[str, Any]:
        """An invocation of the function."""
        key = join("marks", get("Execution.PipelineExecutionId"), name, on="/")
        return {
            "Name": name,
            "Type": "Lambda",
            "FunctionArn": self.function,
            "Arguments": {"nap": float(self.nap()), "bad": False, "marks": key},
            "OutputParameters": [{"OutputName": "said", "OutputType": "String"}],
        }

    def callback(self, name: str) -> dict[str, Any]:
        """A message that somebody answers."""
        return {
            "Name": name,
            "Type": "Callback",
            "SqsQueueUrl": self.queue,
            "Arguments": {"name": name},
            "OutputParameters": [{"OutputName": "who", "OutputType": "String"}],
        }

    def condition(self, name: str) -> dict[str, Any]:
        """One of two steps, by the parameter."""
        arguments = {
            "Conditions": [equals(get("Parameters.Flag"), "a")],
            "IfSteps": [self.processing(f"{name}-yes")],
            "ElseSteps": [self.processing(f"{name}-no")],
        }
        return {"Name": name, "Type": "Condition", "Arguments": arguments}

    def model(self, name: str) -> dict[str, Any]:
        """A model of the small server."""
        container = {"Image": SERVING, "ModelDataUrl": f"s3://{BUCKET}/model/model.tar.gz"}
        return {
            "Name": name,
            "Type": "Model",
            "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container},
        }

    def registering(self, name: str) -> dict[str, Any]:
        """A version of a model package, in a group of the execution's and the step's own."""
        container = {"Image": SERVING, "ModelDataUrl": f"s3://{BUCKET}/model/model.tar.gz"}
        arguments = {
            "ModelPackageGroupName": join(get("Execution.PipelineExecutionId"), name, on="-"),
            "InferenceSpecification": {"Containers": [container]},
            "ModelApprovalStatus": "PendingManualApproval",
        }
        return {"Name": name, "Type": "RegisterModel", "Arguments": arguments}

    def tuning(self, name: str) -> dict[str, Any]:
        """Three trials, two at once."""
        settings = {
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ParameterRanges": {
                "ContinuousParameterRanges": [{"Name": "x", "MinValue": "0", "MaxValue": "1"}]
            },
        }
        definition = {
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": TUNED,
                "TrainingInputMode": "File",
                "MetricDefinitions": METRICS,
            },
            "InputDataConfig": [channel("code", f"s3://{BUCKET}/tuning/program.py")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/tuned"},
            "ResourceConfig": CLUSTER,
            "StoppingCondition": {"MaxRuntimeInSeconds": 300},
            "StaticHyperParameters": {"sleep": self.nap()},
        }
        arguments = {"HyperParameterTuningJobConfig": settings, "TrainingJobDefinition": definition}
        return {"Name": name, "Type": "Tuning", "Arguments": arguments}

    def transform(self, name: str) -> dict[str, Any]:
        """A batch through the small server."""
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/batch/a.csv"}}
        arguments = {
            "ModelName": "server",
            "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
            "TransformOutput": {"S3OutputPath": self.marks(name)},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        }
        return self.whole(name, "Transform", arguments)
