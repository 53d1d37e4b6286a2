"""DescribeTrainingJob and ListTrainingJobs through boto3, beside moto_server in the same run."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from tests.bench import places
from tests.bench.figures import Figure, milliseconds, taking_turns


def measure(smoke: bool) -> list[Figure]:
    """One client, one connection, one call after another."""
    with places.oficina() as server, places.moto() as moto:
        ours, theirs = server.client("sagemaker"), places.client("sagemaker", moto)
        for each in (ours, theirs):
            for number in range(10):
                # Nothing runs: the image is unknown here, and moto runs none.
                each.create_training_job(**places.training_job(f"job-{number}", "unknown/image:1"))
        taken = taking_turns(
            {
                "describe": _describe(ours),
                "describe moto": _describe(theirs),
                "list": ours.list_training_jobs,
                "list moto": theirs.list_training_jobs,
            },
            50 if smoke else 4000,
            40,
        )
    figures = []
    for call, name in (("describe", "DescribeTrainingJob"), ("list", "ListTrainingJobs")):
        # Calls in a second are what the mean of a call's time says.
        rate = taken.ratio(f"{call} moto", call, statistics.mean)
        figures += [
            Figure(f"{name} through boto3, p50", milliseconds(taken.of(call)), "ms", most=1.0),
            Figure(f"{name}, rate beside moto_server's", rate, "×", least=3.0),
        ]
    return figures


def _describe(client: Any) -> Callable[[], object]:
    return lambda: client.describe_training_job(TrainingJobName="job-1")
