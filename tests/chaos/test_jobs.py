"""Jobs under kill -9: of the server at each named point, of the supervisor, of the program.

One claim for all: no job is lost, none runs twice to its end, and every one reaches a terminal state.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.jobs import Bench
from tests.servers import Server, dying
from tests.waiting import wait_until

ACCOUNT = "444455556666"
PROGRAM = (
    "import time, uuid\n"
    "time.sleep(0.5)\n"
    "open('/opt/ml/model/run', 'w').write(str(uuid.uuid4()))\n"
    "print('[0] auc:0.5')\n"
)
METRICS = {"MetricDefinitions": [{"Name": "auc", "Regex": r"auc:(\S+)"}]}


def bench_of(server: Server) -> Bench:
    """An account of the server, as its clients see it."""
    return Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))


def folder_of(server: Server, name: str) -> Path | None:
    """The folder of a job."""
    return next((server.home / "jobs").glob(f"{name}-*"), None)


def started(server: Server, name: str) -> Callable[[], bool]:
    """Whether the program of a job runs."""

    def look() -> bool:
        folder = folder_of(server, name)
        return folder is not None and (folder / "started.json").exists()

    return look


def describe(bench: Bench) -> dict[str, Any]:
    """The job as it is."""
    return dict(bench.sagemaker.describe_training_job(TrainingJobName="job-1"))


@pytest.mark.parametrize("where", ["staged", "launched", "placed", "collected", "recorded"])
def test_a_server_killed_at_any_point_finishes_the_job_once(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    request = bench.training(PROGRAM, algorithm=METRICS)
    with dying():
        bench.sagemaker.create_training_job(**request)
    server.ended()

    bench = bench_of(start_server(home, "--open"))

    job = bench.trained("job-1")
    assert (job["TrainingJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert set(bench.archive("out/job-1/output/model.tar.gz")) == {"run"}
    assert job["FinalMetricDataList"][0]["Value"] == 0.5
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]].count("Completed") == 1


def test_a_server_killed_when_it_had_but_the_lock_of_a_job_begins_it_again(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="staged")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    request = bench.training(PROGRAM)
    with dying():
        bench.sagemaker.create_training_job(**request)
    server.ended()
    folder = folder_of(server, "job-1")
    assert folder is not None
    (folder / "supervisor.lock").touch()

    bench = bench_of(start_server(home, "--open"))

    assert bench.trained("job-1")["TrainingJobStatus"] == "Completed"


def test_a_job_outlives_its_server(start_server: Callable[..., Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.sagemaker.create_training_job(**bench.training("import time; time.sleep(1.5)\n" + PROGRAM))
    wait_until(started(server, "job-1"), "the program did not start")
    wait_until(lambda: "TrainingStartTime" in describe(bench), "the start was not told")
    before = describe(bench)
    server.kill()

    bench = bench_of(start_server(home, "--open"))

    job = bench.trained("job-1")
    assert job["TrainingJobStatus"] == "Completed"
    assert job["TrainingStartTime"] == before["TrainingStartTime"]
    transitions = [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert len(transitions) == len(set(transitions))
    assert len(bench.archive("out/job-1/output/model.tar.gz")["run"]) == 36


@pytest.mark.parametrize(("attempts", "status"), [(0, "Failed"), (1, "Completed")])
def test_a_killed_supervisor_ends_the_program_and_a_retry_strategy_begins_it_again(
    start_server: Callable[..., Server], tmp_path: Path, attempts: int, status: str
) -> None:
    server = start_server(tmp_path / "home", "--open")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    members: dict[str, Any] = {"RetryStrategy": {"MaximumRetryAttempts": attempts}} if attempts else {}
    bench.sagemaker.create_training_job(**bench.training("import time; time.sleep(600)", **members))
    wait_until(started(server, "job-1"), "the program did not start")
    folder = folder_of(server, "job-1")
    assert folder is not None
    bench.put("code/job-1/program.py", PROGRAM)  # the next attempt fetches its inputs anew

    os.kill(int((folder / "supervisor.pid").read_text().split()[0]), signal.SIGKILL)

    job = bench.trained("job-1")
    assert job["TrainingJobStatus"] == status
    assert status == "Completed" or job["FailureReason"].startswith("InternalServerError")


def test_a_stop_is_remembered_by_the_next_server(start_server: Callable[..., Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="launched")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    request = bench.training("import time; time.sleep(600)")
    with dying():
        bench.sagemaker.create_training_job(**request)
    server.ended()

    bench = bench_of(start_server(home, "--open"))
    bench.sagemaker.stop_training_job(TrainingJobName="job-1")

    assert bench.trained("job-1")["TrainingJobStatus"] == "Stopped"


def test_a_reset_ends_running_jobs_and_leaves_a_clean_world(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    import urllib.request

    server = start_server(tmp_path / "home", "--open")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.sagemaker.create_training_job(**bench.training("import time; time.sleep(600)"))
    wait_until(started(server, "job-1"), "the program did not start")
    folder = folder_of(server, "job-1")
    assert folder is not None
    pid = int((folder / "supervisor.pid").read_text().split()[0])

    urllib.request.urlopen(urllib.request.Request(f"{server.address}/_oficina/reset", method="POST"))

    assert bench.s3.list_buckets()["Buckets"] == []
    assert bench.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    wait_until(lambda: not Path(f"/proc/{pid}/exe").exists(), "the supervisor lives on")
    bench.s3.create_bucket(Bucket=bench.bucket)
    assert bench.train(PROGRAM)["TrainingJobStatus"] == "Completed"


def test_jobs_wait_their_turn_and_say_so(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server(tmp_path / "home", "--open", OFICINA_SLOTS="1", OFICINA_HOLD="0")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    for _ in range(2):
        bench.sagemaker.create_training_job(**bench.training("import time; time.sleep(600)"))
    wait_until(started(server, "job-1"), "the first did not start")

    waiting = bench.sagemaker.describe_training_job(TrainingJobName="job-2")
    bench.sagemaker.stop_training_job(TrainingJobName="job-2")

    assert (waiting["TrainingJobStatus"], waiting["SecondaryStatus"]) == ("InProgress", "Pending")
    assert bench.trained("job-2")["TrainingJobStatus"] == "Stopped"
    assert bench.sagemaker.describe_training_job(TrainingJobName="job-1")["TrainingJobStatus"] == "InProgress"
