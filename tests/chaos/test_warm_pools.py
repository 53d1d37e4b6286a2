"""Warm pools under kill -9 of the server: a pool is kept, taken once, and ended in its time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.jobs import Bench
from tests.servers import Server
from tests.waiting import wait_until

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
    bench.sagemaker.create_training_job(**bench.training(WRITE, **kept(600)))
    server.process.wait(timeout=60)

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
