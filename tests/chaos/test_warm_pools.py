"""Warm pools under kill -9 of the server: a pool is kept, taken once, and ended in its time."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.jobs import Bench
from tests.servers import Server, dying
from tests.waiting import PATIENCE, wait_until

ACCOUNT = "444455556666"
WRITE = "open('/opt/ml/sagemaker/warmpoolcache/kept', 'w').write('x')"
READ = "print(open('/opt/ml/sagemaker/warmpoolcache/kept').read())"


def bench_of(server: Server) -> Bench:
    """An account of the server, as its clients see it."""
    return Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))


def kept(seconds: int) -> dict[str, Any]:
    """Members of a job that keeps its resources."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
    return {"ResourceConfig": {**resources, "KeepAlivePeriodInSeconds": seconds}}


def test_a_pool_outlives_its_server(start_server: Callable[..., Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="recorded")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    request = bench.training(WRITE, **kept(600))
    with dying():
        bench.sagemaker.create_training_job(**request)
    server.ended()

    bench = bench_of(start_server(home, "--open"))
    bench.made = 1
    bench.train(READ, **kept(600))

    first = bench.sagemaker.describe_training_job(TrainingJobName="job-1")
    assert first["WarmPoolStatus"]["ReusedByJob"] == "job-2"
    assert bench.log("job-2") == "x"


def test_a_pool_whose_time_ran_out_meanwhile_is_ended(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.train(WRITE, **kept(1))
    server.kill()

    bench = bench_of(start_server(home, "--open"))

    def status() -> str:
        job = bench.sagemaker.describe_training_job(TrainingJobName="job-1")
        return str(job["WarmPoolStatus"]["Status"])

    wait_until(lambda: status() == "Terminated", "the pool did not end")
    wait_until(lambda: not any((home / "warmpools").iterdir()), "the pool's folder is still there")


def prepared(home: Path) -> list[Path]:
    """The folders of what waits in pools."""
    return [path.parent for path in (home / "warmpools").glob("*/standby/ready")]


def supervisor(place: Path) -> int:
    """The process of what waits in a folder; 0 when it has just gone."""
    try:
        return int((place / "supervisor.pid").read_text().split()[0])
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("where", ["joined", "ordered", "taken"])
def test_a_job_that_begins_in_a_pool_ends_once(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.train("pass", **kept(600))
    wait_until(lambda: prepared(home), "nothing is prepared for the next job")
    program = "import uuid; open('/opt/ml/model/run', 'w').write(str(uuid.uuid4())); print('[0] auc:0.5')"
    request = bench.training(program, **kept(600))
    with dying():
        bench.sagemaker.create_training_job(**request)
    if where != "taken":  # there the supervisor dies, and the server tells of it
        server.ended()
        bench = bench_of(start_server(home, "--open"))

    job = bench.trained("job-2")

    if where == "taken":
        assert job["FailureReason"].startswith("InternalServerError")
        return
    assert job["TrainingJobStatus"] == "Completed"
    assert list(bench.archive("out/job-2/output/model.tar.gz")) == ["run"]
    assert bench.log("job-2") == "[0] auc:0.5"


def test_a_job_whose_hosts_die_before_they_hear_of_it_begins_by_itself(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    bench = bench_of(start_server(home, "--open"))
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.train("pass", **kept(600))
    (place,) = wait_until(lambda: prepared(home), "nothing is prepared for the next job")
    pid = supervisor(place)
    os.kill(pid, signal.SIGSTOP)
    bench.sagemaker.create_training_job(**bench.training("print('by itself')", **kept(600)))
    ordered = "SigPnd:\t0000000000000200", "ShdPnd:\t0000000000000200"
    status = Path(f"/proc/{pid}/status")
    wait_until(lambda: any(each in status.read_text() for each in ordered), "the job does not take the hosts")

    os.kill(pid, signal.SIGKILL)

    assert bench.trained("job-2")["TrainingJobStatus"] == "Completed"
    assert bench.log("job-2") == "by itself"


def test_a_pool_that_was_ended_when_the_server_died_leaves_nothing(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="pool-ended")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.train(WRITE, **kept(600))
    assert any((home / "warmpools").iterdir())
    with dying():
        config = {"KeepAlivePeriodInSeconds": 0}
        bench.sagemaker.update_training_job(TrainingJobName="job-1", ResourceConfig=config)
    server.ended()

    start_server(home, "--open")

    wait_until(lambda: not any((home / "warmpools").iterdir()), "the pool's folder is still there")


def test_what_waits_ends_with_the_server_and_is_prepared_again(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.train("pass", **kept(600))
    (place,) = wait_until(lambda: prepared(home), "nothing is prepared for the next job")
    pid = supervisor(place)
    server.kill()
    wait_until(lambda: ended(pid), "what waits outlived its server")

    bench = bench_of(start_server(home, "--open"))
    bench.made = 1

    wait_until(
        lambda: [place for place in prepared(home) if supervisor(place) not in (0, pid)],
        "nothing is prepared after the restart",
    )
    bench.train("import sys; print('boto3' in sys.modules)", **kept(600))
    assert bench.log("job-2") == "True"


def ended(pid: int) -> bool:
    """Whether a process is no more, or waits to be taken off the table."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize("way", ["stop", "reset"])
def test_what_waits_ends_when_the_server_is_stopped_or_emptied(
    start_server: Callable[..., Server], tmp_path: Path, way: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.train("pass", **kept(600))
    (place,) = wait_until(lambda: prepared(home), "nothing is prepared for the next job")
    pid = supervisor(place)

    if way == "stop":
        server.stop()
    else:
        urllib.request.urlopen(f"{server.address}/_oficina/reset", data=b"", timeout=PATIENCE).close()

    assert ended(pid)
    assert prepared(home) == []
