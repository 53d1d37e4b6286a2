"""A disk without room: every refusal says so, what was begun goes on when there is room, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import Bench
from tests.lines import Line
from tests.servers import OFICINA, Server, surroundings
from tests.waiting import PATIENCE, wait_until

ACCOUNT = "444455556666"
COUNTS = "import time\nfor number in range(10): print(number, flush=True); time.sleep(0.1)"


def on_small_disk(home: Path, before: str = "", **options: Any) -> subprocess.Popen[str]:
    """A server whose home is a file system of 48 MiB, in a mount namespace of its own."""
    home.mkdir()
    flags = "-m" if os.geteuid() == 0 else "-Urm"
    words = [*OFICINA, "up", "--port", "0", "--quiet", "--open", "--home", str(home)]
    script = f'mount -t tmpfs -o size=48m none "{home}" && {before} exec "$@"'
    return subprocess.Popen(
        ["unshare", flags, "sh", "-c", script, "sh", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=surroundings(OFICINA_STRICT="1", OFICINA_FREE_BYTES="1"),
        **options,
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server on a small disk."""
    process = on_small_disk(tmp_path / "small")
    assert process.stdout is not None
    server = Server(tmp_path / "small", process, process.stdout.readline().strip())
    yield server
    server.kill()


def inside(server: Server, path: Path) -> Path:
    """A path as the server's mount namespace has it."""
    return Path(f"/proc/{server.process.pid}/root{path}")


@pytest.fixture
def ballast(server: Server) -> Callable[[], Path]:
    """Fills the disk to its last byte, as somebody else's files might; gives what to remove."""
    path = inside(server, server.home / "ballast")

    def fill() -> Path:
        with path.open("ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue
        return path

    return fill


def refused(call: Callable[..., Any], member: str) -> dict[str, Any]:
    """The refusal that comes when what is left of the database's own room is used up."""
    for number in range(5000):
        try:
            call(**{member: f"late-{number}"})
        except ClientError as error:
            return dict(error.response)
    raise AssertionError("the disk never filled up")


@pytest.fixture
def line(server: Server) -> Line:
    """A pipeline of two jobs, the first of which says how it goes while it runs."""
    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    line = Line(bench)
    line.processing("first", COUNTS)
    line.processing("then", "pass", DependsOn=["first"])
    line.create()
    return line


def test_what_was_begun_goes_on_when_there_is_room(line: Line, ballast: Callable[[], Path]) -> None:
    sagemaker = line.bench.sagemaker
    arn = line.start()
    wait_until(lambda: len(sagemaker.list_processing_jobs()["ProcessingJobSummaries"]), "no job began")

    heavy = ballast()
    told = refused(sagemaker.create_model_package_group, "ModelPackageGroupName")

    assert told["ResponseMetadata"]["HTTPStatusCode"] == 507
    assert told["Error"]["Code"] == "InsufficientStorage"
    assert "is full; nothing was stored" in told["Error"]["Message"]
    assert sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionArn"] == arn
    heavy.unlink()
    succeeds(line, arn)
    assert line.bench.process("pass")["ProcessingJobStatus"] == "Completed"


@pytest.mark.parametrize("fact", ["spec.json", "supervisor.pid", "started.json"])
def test_a_job_waits_for_room_and_loses_no_line(
    server: Server, line: Line, ballast: Callable[[], Path], fact: str
) -> None:
    arn = line.start()
    folder = inside(server, server.home / "jobs")
    wait_until(lambda: any(folder.glob(f"*/{fact}")), "no job began")

    heavy = ballast()
    time.sleep(2.5)  # longer than the program takes, and than several looks of its supervisor
    found = line.bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert found["PipelineExecutionStatus"] == "Executing"
    heavy.unlink()

    succeeds(line, arn)


def succeeds(line: Line, arn: str) -> None:
    """The execution ends well, and its first step has said all it had to say."""
    found = line.ended(arn)
    steps = line.bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    assert found["PipelineExecutionStatus"] == "Succeeded", steps["PipelineExecutionSteps"]
    jobs = line.bench.sagemaker.list_processing_jobs(NameContains="-first-")["ProcessingJobSummaries"]
    (job,) = [job["ProcessingJobName"] for job in jobs]
    said = line.bench.log(job, "/aws/sagemaker/ProcessingJobs").split()
    assert said == [str(number) for number in range(10)]


def test_a_server_that_finds_a_full_disk_says_so(tmp_path: Path) -> None:
    home = tmp_path / "small"
    fill = f'dd if=/dev/zero of="{home}/ballast" bs=4k 2>/dev/null;'

    ended = on_small_disk(home, fill, stderr=subprocess.PIPE)

    _, told = ended.communicate(timeout=PATIENCE)
    assert ended.returncode == 1
    assert "cannot be written to" in told
    assert "Traceback" not in told
