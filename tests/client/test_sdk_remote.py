"""Remote functions with both SDKs: what they may ask for, how they end, what their futures tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.jobs import Bench
from tests.servers import Server, run_client

PROGRAM = Path(__file__).parent / "programs" / "remote_ways.py"
CLIENTS = ("client-v3", "client-v2")
IMAGE_LACKS_CONDA = "Neither conda nor mamba is installed on the image"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """What the program says with each SDK; both at once, since they sleep for most of the time."""
    # The SDKs look only every 30 seconds: on a busy machine a job may last longer than a Describe is held.
    server = Server.start(tmp_path_factory.mktemp("remote"), OFICINA_HOLD="25")
    with ThreadPoolExecutor() as both:
        runs = {name: both.submit(run_client, name, PROGRAM, server.environment()) for name in CLIENTS}
        yield {name: run.result().splitlines() for name, run in runs.items()}
    server.stop()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_function_finds_what_it_asked_for(printed: dict[str, list[str]], client: str) -> None:
    found = {
        "packages": "0.9.0",
        "module": "mine",
        "files": ["before.sh", "mine", "pre_exec.sh", "table.csv"],
        "variable": "blue",
        "before": "prepared",
    }
    assert f"everything {found}" in printed[client]
    assert "asked Available True alias/mine" in printed[client]


@pytest.mark.parametrize("client", CLIENTS)
def test_data_goes_there_and_back(printed: dict[str, list[str]], client: str) -> None:
    frame = {"x": [0, 1, 2], "name": ["a", "b", "c"], "twice": [0, 2, 4], "loud": ["a!", "b!", "c!"]}
    assert f"frame {frame} (1000, 4000) 8000000.0" in printed[client]
    assert "squares [4, 9]" in printed[client]
    assert {"squaring 2", "squaring 3"} <= set(printed[client])


@pytest.mark.parametrize("client", CLIENTS)
def test_each_end_is_told_as_what_it_was(printed: dict[str, list[str]], client: str) -> None:
    ends = [line for line in printed[client] if line.startswith("ended")]
    assert [line.split()[1] for line in ends] == ["RemoteFunctionError", "SerializationError", "OwnError"]
    assert ends[2] == "ended OwnError ('no such key', 7) KeyError"
    assert "late Job for remote function has been aborted." in printed[client]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_future_is_stopped_found_again_and_read_later(printed: dict[str, list[str]], client: str) -> None:
    assert {"cancel True True", "cancel True True True", "again True False"} <= set(printed[client])
    states = [(False, True), (True, False), (True, False), (True, False), (True, False), (True, False)]
    assert f"listed {states}" in printed[client]
    assert "past True mine" in printed[client]


@pytest.mark.parametrize("client", CLIENTS)
def test_conda_is_refused_in_the_words_of_the_jobs_program(
    printed: dict[str, list[str]], client: str
) -> None:
    assert f"conda AlgorithmError: {IMAGE_LACKS_CONDA}, exit code: 1" in printed[client]
    assert "capture No conda environment seems to be active." in printed[client]


def test_a_describe_of_a_remote_function_is_held_twice_as_long(start_server: Callable[..., Server]) -> None:
    server = start_server(None, "--open", OFICINA_HOLD="1")
    bench = Bench(*(server.client(name, "210987654321") for name in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    arguments = {"ContainerArguments": ["--client_python_version", "3.12"]}
    request = bench.training("import time; time.sleep(60)", algorithm=arguments)
    begun = time.monotonic()
    bench.sagemaker.create_training_job(**request)

    job = bench.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])

    assert time.monotonic() - begun > 1.7
    assert job["TrainingJobStatus"] == "InProgress"
    bench.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])
