"""What a server leaves that is killed when its work has just ended: the next one tidies it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.functions import create
from tests.jobs import Bench
from tests.servers import Server, dying
from tests.waiting import wait_until

ACCOUNT = "444455556666"
SLEEPS = "import time\ndef main(event, context):\n    print('begun', flush=True)\n    time.sleep(1)\n"


def left(home: Path) -> list[str]:
    """What is in the folders of jobs that nobody needs any more."""
    jobs = home / "jobs"
    found = [*jobs.glob("*/inputs"), *jobs.glob("*/out"), *jobs.glob("*/hosts/*/*")]
    return [str(path.relative_to(jobs)) for path in found if path.name != "log"]


def keys(home: Path) -> list[str]:
    """Whose keys there are."""
    connection = sqlite3.connect(home / "oficina.db")
    found = connection.execute("SELECT job FROM keys WHERE job IS NOT NULL").fetchall()
    connection.close()
    return [job for (job,) in found]


def test_the_folder_of_a_job_that_was_recorded_is_tidied(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="recorded")
    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    request = bench.training("open('/tmp/a', 'w')")
    with dying():
        bench.sagemaker.create_training_job(**request)
    server.ended()
    assert left(home)

    start_server(home, "--open")

    wait_until(lambda: not left(home), "the job's files are still there")


def test_a_function_whose_caller_lost_the_server_leaves_neither_files_nor_keys(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="function-launched")
    client = server.client("lambda", ACCOUNT)
    create(client, "sleeps", SLEEPS, Timeout=300)
    with dying():
        client.invoke(FunctionName="sleeps")
    server.ended()
    wait_until(lambda: list(home.glob("jobs/sleeps-*/started.json")), "the function did not start")
    assert left(home)
    assert keys(home)

    start_server(home, "--open")

    wait_until(lambda: not left(home) and not keys(home), "files or keys are still there")
