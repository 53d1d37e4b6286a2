"""Jobs and pipelines seen through AWS's APIs: logs, metrics, times, models; an endpoint asked in batches."""

from __future__ import annotations

import io
import json
import re
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from project.start import World

ROUND = re.compile(r"\[(\d+)\].*train-auc:([0-9.]+).*validation-auc:([0-9.]+)")


def lines(world: World, job: Any) -> list[str]:
    """All lines of the log of a training or processing job of the SDK."""
    kind = type(job).__name__
    stream = f"{job.get_name()}/"
    pages = world.client("logs").get_paginator("filter_log_events")
    found = pages.paginate(logGroupName=f"/aws/sagemaker/{kind}s", logStreamNamePrefix=stream)
    return [event["message"] for page in found for event in page["events"]]


def log(world: World, job: Any, like: str = "") -> None:
    """Prints the lines of a job's log in which a regular expression is found."""
    print(*[line for line in lines(world, job) if re.search(like, line)], sep="\n")


def curves(world: World, job: Any) -> pd.DataFrame:
    """The AUC after each round, one column per table, out of the log of a training job."""
    matches = filter(None, map(ROUND.search, lines(world, job)))
    table = pd.DataFrame([match.groups() for match in matches], columns=["round", "train", "validation"])
    return table.astype({"round": int, "train": float, "validation": float}).set_index("round")


def final(job: Any) -> dict[str, float]:
    """The last value of each metric of a training job, as the service found it."""
    return {str(metric.metric_name): float(metric.value) for metric in job.final_metric_data_list}


def times(job: Any) -> dict[str, float]:
    """Seconds between the moments of a training job's life."""
    begun, ended = job.training_start_time, job.training_end_time
    return {
        "created to started": round((begun - job.creation_time).total_seconds(), 2),
        "started to ended": round((ended - begun).total_seconds(), 2),
        "billable seconds": job.billable_time_in_seconds,
    }


def model(world: World, url: str) -> Any:
    """The booster in a `model.tar.gz`."""
    import xgboost

    bucket, key = url.removeprefix("s3://").split("/", 1)
    packed = world.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
        return xgboost.Booster(model_file=Path(folder) / "xgboost-model")


def predict(endpoint: Any, rows: pd.DataFrame, batch: int = 1000) -> np.ndarray:
    """One score per row: CSV goes there, text comes back."""
    scores: list[float] = []
    for first in range(0, len(rows), batch):
        body = rows.iloc[first : first + batch].to_csv(index=False, header=False)
        answer = endpoint.invoke(body=body, content_type="text/csv", accept="text/csv")
        scores += [float(number) for number in re.split(r"[,\s]+", answer.body.read().decode().strip())]
    return np.array(scores)


def steps(execution: Any) -> pd.DataFrame:
    """The steps of an execution in the order in which they began; `cached`: whose result is used again."""
    rows = [
        {
            "step": step["StepName"],
            "status": step["StepStatus"],
            "cached": step.get("CacheHitResult", {}).get("SourcePipelineExecutionArn", "").split("/")[-1],
            "begun": step["StartTime"],
            "ended": step.get("EndTime"),
        }
        for step in execution.list_steps()
    ]
    table = pd.DataFrame(rows).sort_values("begun", kind="stable").set_index("step")
    first = table["begun"].min()
    for moment in ("begun", "ended"):
        table[moment] = (table[moment] - first).dt.total_seconds().round(2)
    return table


REQUEST = ("HyperParameters", "AlgorithmSpecification", "InputDataConfig", "ResourceConfig", "Environment")
"""What a training step's cache compares, among the members of its job's description."""


def changed(world: World, first: Any, second: Any, step: str) -> pd.DataFrame:
    """What a training step asked for differently in two executions: why it did not come from the cache."""
    asked = {}
    for name, execution in (("first", first), ("second", second)):
        arn = next(
            found["Metadata"]["TrainingJob"]["Arn"]
            for found in execution.list_steps()
            if found["StepName"] == step
        )
        job = world.client("sagemaker").describe_training_job(TrainingJobName=arn.split("/")[-1])
        members = {name: job[name] for name in REQUEST if name in job}
        asked[name] = pd.json_normalize(members).T[0].astype(str)
    table = pd.DataFrame(asked)
    return table[table["first"] != table["second"]]


def read_json(world: World, url: str) -> Any:
    """A document in the bucket."""
    bucket, key = url.removeprefix("s3://").split("/", 1)
    return json.loads(world.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
