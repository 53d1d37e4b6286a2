"""The engine's own cost per step of a pipeline, and what a thousand steps do to it."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from tests.bench import places
from tests.bench.figures import Figure, Taken, milliseconds
from tests.jobs import IMAGE, ROLE

ACCOUNT = "111111111111"
JOBS = 10
PAUSE = 0.005
"""Seconds between two looks."""


def measure(smoke: bool) -> list[Figure]:
    """A chain of jobs beside the same jobs one after the other; chains of no-op steps, short and long."""
    turns, long = (1, 200) if smoke else (5, 1000)
    with places.home() as folder, places.oficina(folder, "--open") as server:
        sagemaker = server.client("sagemaker", ACCOUNT)
        _by_hand(sagemaker, "warm", 1)
        costs = []
        for turn in range(turns):
            alone = _by_hand(sagemaker, f"alone-{turn}", JOBS)
            chain = _chain(sagemaker, f"jobs-{turn}", [_processing() for _ in range(JOBS)])
            costs.append((chain - alone) / JOBS)
        steps: dict[str, list[list[float]]] = {"short": [], "long": []}
        for turn in range(1 if smoke else 5):
            # As many steps in short chains as in the long one, and on both sides of it.
            names = [f"short-{turn}-{number}" for number in range(long // 50)]
            steps["short"].append([_no_ops(sagemaker, name, 50) for name in names[::2]])
            steps["long"].append([_no_ops(sagemaker, f"long-{turn}", long)])
            steps["short"][-1] += [_no_ops(sagemaker, name, 50) for name in names[1::2]]
    chains = Taken(steps)
    what = f"a step of a chain of {JOBS} jobs, beside the same jobs by hand"
    return [
        Figure(what, milliseconds(costs), "ms", most=30),
        Figure("a no-op step of 50", milliseconds(chains.of("short")), "ms"),
        Figure(
            f"a no-op step of {long} beside one of 50",
            chains.ratio("long", "short", statistics.mean),
            "×",
            most=1.3,
        ),
    ]


def _cluster() -> dict[str, Any]:
    return {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}}


def _job() -> dict[str, Any]:
    return {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["true"]},
        "ProcessingResources": _cluster(),
    }


def _processing() -> dict[str, Any]:
    return {"Type": "Processing", "Arguments": _job()}


def _no_op() -> dict[str, Any]:
    condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    return {"Type": "Condition", "Arguments": {"Conditions": [condition], "IfSteps": [], "ElseSteps": []}}


def _no_ops(sagemaker: Any, name: str, count: int) -> float:
    """Seconds a step of a chain of steps that do nothing."""
    return _chain(sagemaker, name, [_no_op() for _ in range(count)]) / count


def _by_hand(sagemaker: Any, name: str, count: int) -> float:
    """Seconds of jobs that are created one after the other, each when the last has ended."""
    begin = time.perf_counter()
    for number in range(count):
        job = f"{name}-{number}"
        sagemaker.create_processing_job(ProcessingJobName=job, **_job())
        while sagemaker.describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"] == "InProgress":
            time.sleep(PAUSE)
    return time.perf_counter() - begin


def _chain(sagemaker: Any, name: str, steps: list[dict[str, Any]]) -> float:
    """Seconds of an execution in which every step waits for the one before."""
    for number, step in enumerate(steps):
        step["Name"] = f"s{number}"
        if number:
            step["DependsOn"] = [f"s{number - 1}"]
    text = json.dumps({"Version": "2020-12-01", "Steps": steps})
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    while True:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if found["PipelineExecutionStatus"] != "Executing":
            break
        time.sleep(10 * PAUSE)
    assert found["PipelineExecutionStatus"] == "Succeeded", found.get("FailureReason")
    seconds: float = (found["LastModifiedTime"] - found["CreationTime"]).total_seconds()
    return seconds
