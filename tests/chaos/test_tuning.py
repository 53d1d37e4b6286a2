"""Tuning jobs under kill -9 of the server at each named point: the same end, and no trial run twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.jobs import Bench
from tests.servers import Server, dying
from tests.tunings import Tunings, categorical, continuous, teach
from tests.waiting import wait_until

ACCOUNT = "444455556666"


def tunings_of(server: Server) -> Tunings:
    """The tuning jobs of an account, as its clients see them."""
    teach(server)
    return Tunings(Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs"))))


def models(tunings: Tunings) -> dict[str, bytes]:
    """What each trial has left: a mark of its one run."""
    names = [each["TrainingJobName"] for each in tunings.trials()]
    return {name: tunings.bench.archive(f"out/{name}/output/model.tar.gz")["run"] for name in names}


@pytest.mark.parametrize(
    "where", ["trial-chosen", "trial-created", "trial-begun", "collected", "recorded", "trials-ended"]
)
def test_a_tuning_job_comes_to_the_same_end(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    tunings = tunings_of(server)
    tunings.bench.s3.create_bucket(Bucket=tunings.bench.bucket)
    ranges = [categorical("x", "0.1", "0.3", "0.9")]
    with dying():
        tunings.create("Grid", ranges=ranges, most=None, parallel=2)
    server.ended()

    tunings = tunings_of(start_server(home, "--open"))

    job = tunings.ended("tuning")
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "0.3"}
    assert len(models(tunings)) == 3
    listed: list[Any] = tunings.bench.sagemaker.list_training_jobs()["TrainingJobSummaries"]
    assert len(listed) == 3


def test_what_was_tried_before_a_kill_is_not_tried_otherwise_after_it(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_HOLD="0")
    tunings = tunings_of(server)
    tunings.bench.s3.create_bucket(Bucket=tunings.bench.bucket)
    tunings.create(ranges=[continuous("x", 0, 1)], most=4, parallel=2, static={"sleep": "1.5"})
    wait_until(lambda: len(tunings.trials()) >= 2, "two trials began")
    before = {each["TrainingJobName"]: each["TunedHyperParameters"] for each in tunings.trials()}
    server.kill()

    tunings = tunings_of(start_server(home, "--open"))

    assert tunings.ended("tuning")["TrainingJobStatusCounters"]["Completed"] == 4
    after = {each["TrainingJobName"]: each["TunedHyperParameters"] for each in tunings.trials()}
    assert before.items() <= after.items()
    assert len(after) == 4
