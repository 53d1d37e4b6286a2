"""Random pipelines, started, stopped, retried; and what must be true of their executions when all is over."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests import functions, tunings
from tests.jobs import ROLE
from tests.shops import IMAGE as SERVING
from tests.shops import archive
from tests.soak.actors import BUCKET, Actor
from tests.soak.graphs import HANDLER, PROGRAM, Graph
from tests.soak.plant import PATIENCE, Plant

SUMMING = (Path(__file__).parents[1] / "programs" / "summing_server.py").read_bytes()
ENDED = ("Succeeded", "Failed", "Stopped")
MOST_AT_ONCE = 4


def furnish(plant: Plant) -> str:
    """What all pipelines use; the function's ARN."""
    s3, sagemaker = plant.client("s3"), plant.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET)
    model = archive({"server.py": SUMMING})
    for key, data in (
        ("code/program.py", PROGRAM.encode()),
        ("tuning/program.py", tunings.PROGRAM.encode()),
        ("model/model.tar.gz", model),
        ("batch/a.csv", b"1,2\n3,4\n"),
    ):
        s3.put_object(Bucket=BUCKET, Key=key, Body=data)
    container = {"Image": SERVING, "ModelDataUrl": f"s3://{BUCKET}/model/model.tar.gz"}
    sagemaker.create_model(ModelName="server", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    return functions.create(plant.client("lambda"), "marker", HANDLER, Timeout=120)


class Planner(Actor):
    """Creates pipelines, starts them with tokens, stops some, retries some that failed or were stopped."""

    name = "planner"

    def __init__(self, plant: Plant, seed: int, number: int, queue: str, function: str) -> None:
        super().__init__(plant, seed, number)
        self.sagemaker, self.s3 = plant.client("sagemaker"), plant.client("s3")
        self.queue, self.function = queue, function
        self.graphs: dict[str, Graph] = {}
        self.executions: dict[str, str] = {}
        self.touched: set[str] = set()
        """Executions that were stopped or retried."""
        self.hurt: set[str] = set()
        """Executions that ran while a process of a job was killed."""

    def work(self) -> None:
        running = [arn for arn in self.executions if self.status(arn) not in ENDED]
        if len(running) >= MOST_AT_ONCE:
            time.sleep(0.2)
            if self.dice.random() < 0.05:
                self.stop(self.dice.choice(sorted(running)))
            return
        kind = self.dice.random()
        if kind < 0.6 or not self.graphs:
            self.create()
        if kind > 0.9 and self.executions:
            self.retry(self.dice.choice(sorted(self.executions)))
        else:
            self.start(self.dice.choice(sorted(self.graphs)))

    def create(self) -> None:
        """A new pipeline."""
        graph = Graph(self.dice, self.queue, self.function)
        name = f"line-{self.number}-{len(self.graphs)}"
        self.plant.made(
            self.sagemaker.create_pipeline,
            PipelineName=name,
            PipelineDefinition=graph.definition,
            RoleArn=ROLE,
            ClientRequestToken=self.token(),
        )
        self.graphs[name] = graph

    def start(self, name: str) -> None:
        """An execution of a pipeline."""
        told = self.plant.ask(
            self.sagemaker.start_pipeline_execution, PipelineName=name, ClientRequestToken=self.token()
        )
        self.executions[told["PipelineExecutionArn"]] = name

    def stop(self, arn: str) -> None:
        """Stops an execution; that it has ended meanwhile is a refusal."""
        self.touched.add(arn)
        self.refusable(self.sagemaker.stop_pipeline_execution, arn)

    def retry(self, arn: str) -> None:
        """Retries an execution, if it can be."""
        if self.status(arn) in ("Failed", "Stopped"):
            self.touched.add(arn)
            self.refusable(self.sagemaker.retry_pipeline_execution, arn)

    def refusable(self, call: Any, arn: str) -> None:
        """A call that may be refused for what the execution's status is."""
        try:
            self.plant.ask(call, PipelineExecutionArn=arn, ClientRequestToken=self.token())
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise

    def status(self, arn: str) -> str:
        """An execution's status."""
        found = self.plant.ask(self.sagemaker.describe_pipeline_execution, PipelineExecutionArn=arn)
        status: str = found["PipelineExecutionStatus"]
        return status

    def mark_hurt(self) -> None:
        """A process of some job is about to be killed."""
        self.hurt.update(self.executions)

    # -- the reckoning -----------------------------------------------------------------------------------

    def reckon(self) -> None:
        end = time.monotonic() + PATIENCE
        for arn in self.executions:
            while self.status(arn) not in ENDED and time.monotonic() < end:
                time.sleep(0.2)
            if self.status(arn) in ENDED:
                self.judge(arn)
            else:
                steps = {name: step["StepStatus"] for name, step in self.steps(arn).items()}
                self.flaw(f"{arn} did not end: {self.status(arn)}, {steps}")
        for name in self.graphs:
            pages = self.sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=name)
            found = sum(len(page["PipelineExecutionSummaries"]) for page in pages)
            begun = sum(1 for each in self.executions.values() if each == name)
            if found != begun:
                self.flaw(f"{name} was started {begun} times and has {found} executions")

    def steps(self, arn: str) -> dict[str, dict[str, Any]]:
        """The steps of an execution."""
        pages = self.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
            PipelineExecutionArn=arn
        )
        return {one["StepName"]: one for page in pages for one in page["PipelineExecutionSteps"]}

    def judge(self, arn: str) -> None:
        """Whether an execution that has ended tells the truth."""
        found = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        status, steps = found["PipelineExecutionStatus"], self.steps(arn)
        statuses = {name: step["StepStatus"] for name, step in steps.items()}
        graph = self.graphs[self.executions[arn]]
        if any(each not in ENDED for each in statuses.values()):
            self.flaw(f"{arn} is {status} with {statuses}")
        if status == "Succeeded" and set(statuses.values()) != {"Succeeded"}:
            self.flaw(f"{arn} is {status} with {statuses}")
        if status == "Failed" and "Failed" not in statuses.values():
            self.flaw(f"{arn} is Failed without a step that did: {found.get('FailureReason')}")
        expected = "Failed" if graph.bad else "Succeeded"
        if arn not in self.touched | self.hurt and status != expected:
            why = {name: step["FailureReason"] for name, step in steps.items() if "FailureReason" in step}
            self.flaw(f"{arn} is {status}, not {expected}: {found.get('FailureReason')} {why}")
        for step in steps.values():
            self.judge_step(arn, step)

    def judge_step(self, arn: str, step: dict[str, Any]) -> None:
        """Whether a step ran to its end as often as it says: once, or never."""
        name, kind = step["StepName"], next(iter(step.get("Metadata", {"": None})))
        marks = self.keys(f"marks/{arn.rpartition('/')[2]}/{name}/")
        succeeded = step["StepStatus"] == "Succeeded"
        hit = "CacheHitResult" in step
        if len(marks) > 1:
            self.flaw(f"{arn} {name} ran {len(marks)} times to its end")
        marking = kind in ("ProcessingJob", "TrainingJob", "TransformJob", "Lambda")
        if succeeded and marking and not hit and not marks:
            self.flaw(f"{arn} {name} is Succeeded and has left no mark")
        if hit and marks:
            self.flaw(f"{arn} {name} was a hit of the cache and ran nevertheless")
        if kind == "TrainingJob" and succeeded:
            job = step["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
            self.readable(self.sagemaker.describe_training_job(TrainingJobName=job), f"{arn} {name}")
        if kind == "TuningJob" and succeeded:
            self.judge_tuning(step["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2])
        if kind == "RegisterModel" and succeeded:
            group = f"{arn.rpartition('/')[2]}-{name}"
            told = self.sagemaker.list_model_packages(ModelPackageGroupName=group)
            if len(told["ModelPackageSummaryList"]) != 1:
                self.flaw(f"{arn} {name} registered {len(told['ModelPackageSummaryList'])} versions")

    def judge_tuning(self, name: str) -> None:
        """Whether a tuning job has its trials, each with what it trained."""
        job = self.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        listed = self.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )["TrainingJobSummaries"]
        counters = job["TrainingJobStatusCounters"]
        if counters["Completed"] != len(listed) or len(listed) != 3:
            self.flaw(f"tuning {name} counts {counters} and lists {len(listed)}")
        for each in listed:
            found = self.sagemaker.describe_training_job(TrainingJobName=each["TrainingJobName"])
            self.readable(found, f"trial {each['TrainingJobName']}")

    def readable(self, job: dict[str, Any], what: str) -> None:
        """Whether a completed training job's model can be read."""
        bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
        data = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            files = [member for member in tar if member.isfile()]
        if len(files) != 1:
            self.flaw(f"{what}: its model has {len(files)} files")

    def keys(self, prefix: str) -> list[str]:
        """The keys below a prefix."""
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return [one["Key"] for one in found]
