"""Steps that wait to be tried again, and whoever stops or retries an execution at the worst moment."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oficina import config
from oficina.app import App
from oficina.engine.pipelines import executions
from tests.jobs import ROLE, Bench
from tests.lines import Line, fail
from tests.servers import Server
from tests.waiting import wait_until

ACCOUNT = "444455556666"
LONG = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 3600, "MaxAttempts": 5}


def line_of(server: Server) -> Line:
    """An account's clients, and an empty pipeline."""
    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    return Line(bench)


def lost(server: Server, line: Line, arn: str) -> None:
    """Kills the supervisor of the long step's job, and waits until the step waits to be tried again."""
    jobs = server.home / "jobs"
    wait_until(lambda: list(jobs.glob("pipelines-*-long-*/started.json")), "the job did not start")
    wait_until(lambda: status(line, arn) == "Executing", "the step does not know its job")
    (pid,) = jobs.glob("pipelines-*-long-*/supervisor.pid")
    os.kill(int(pid.read_text().split()[0]), signal.SIGKILL)
    wait_until(lambda: status(line, arn) == "Starting", "the step does not wait to be tried again")


def status(line: Line, arn: str) -> str:
    """How the long step is: ``Starting`` before it has a job, and when it has lost one."""
    steps = line.bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    found = {each["StepName"]: each["StepStatus"] for each in steps["PipelineExecutionSteps"]}
    return str(found.get("long"))


def test_a_step_that_waits_to_be_tried_again_waits_on_after_a_restart(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "home", "--open")
    line = line_of(server)
    line.processing("long", "import time; time.sleep(600)", RetryPolicies=[LONG])
    line.create()
    arn = line.start()
    lost(server, line, arn)
    server.kill()

    line.bench = line_of(start_server(tmp_path / "home", "--open")).bench
    line.bench.sagemaker.update_pipeline_execution(
        PipelineExecutionArn=arn, PipelineExecutionDescription="wakes it"
    )
    line.bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    execution = line.ended(arn)
    step = line.told(execution)["long"]
    assert (execution["PipelineExecutionStatus"], step["StepStatus"]) == ("Stopped", "Stopped")
    assert step["AttemptCount"] == 1
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 1


def test_a_step_that_waits_to_be_tried_again_fails_with_its_execution(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "home", "--open")
    line = line_of(server)
    line.processing("long", "import time; time.sleep(600)", RetryPolicies=[LONG])
    line.processing("short", WAITS)
    line.add(fail("sorry", DependsOn=["short"], Arguments={"ErrorMessage": "enough"}))
    line.create()
    arn = line.start()
    jobs = server.home / "jobs"
    wait_until(lambda: len(list(jobs.glob("pipelines-*/started.json"))) == 2, "the jobs did not start")
    lost(server, line, arn)
    line.bench.put("go", "")

    execution = line.ended(arn)
    steps = line.told(execution)
    assert execution["FailureReason"] == "enough"
    assert steps["long"]["StepStatus"] == "Failed"
    assert steps["long"]["FailureReason"].startswith("InternalServerError")


WAITS = """
import os, time, urllib.request
url = os.environ['AWS_ENDPOINT_URL'] + '/workbench/go'
key = 'Credential=444455556666/20240101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00'
while True:
    try:
        asked = urllib.request.Request(url, headers={'Authorization': 'AWS4-HMAC-SHA256 ' + key})
        urllib.request.urlopen(asked)
        break
    except OSError:
        time.sleep(0.02)
"""


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """A server of this process, asked without a socket."""
    app = App(config.load({}).with_overrides(home=tmp_path / "home", port=0, open=True, strict=True))
    threading.Thread(target=app.run, daemon=True).start()
    yield app
    app.close()


@pytest.mark.parametrize("operation", ["RetryPipelineExecution", "StopPipelineExecution"])
def test_what_is_asked_of_an_execution_while_its_thread_ends_is_done(
    app: App, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    conduct, asked = executions._conduct, list[str]()

    def ask(operation: str, **request: Any) -> dict[str, Any]:
        return app.gateway.call_as_account(ACCOUNT, "us-east-1", "sagemaker", operation, request)

    def late(engine: Any, docs: Any, arn: str) -> None:
        """The thread's work; before it ends, somebody asks for more."""
        if operation == "StopPipelineExecution" and not asked:
            ask(operation, PipelineExecutionArn=arn, ClientRequestToken="t" * 32)
            asked.append(arn)  # not before: who sees it takes it for done
            return
        conduct(engine, docs, arn)
        if not asked:
            ask(operation, PipelineExecutionArn=arn, ClientRequestToken="t" * 32)
            asked.append(arn)

    monkeypatch.setattr(executions, "_conduct", late)
    definition = '{"Version": "2020-12-01", "Steps": [{"Name": "a", "Type": "Fail", "Arguments": {}}]}'
    named = {"PipelineName": "line", "ClientRequestToken": "c" * 32}
    ask("CreatePipeline", PipelineDefinition=definition, RoleArn=ROLE, **named)
    arn = ask("StartPipelineExecution", **named)["PipelineExecutionArn"]

    def ended() -> bool:
        status = ask("DescribePipelineExecution", PipelineExecutionArn=arn)["PipelineExecutionStatus"]
        return bool(asked) and status in ("Failed", "Stopped")

    wait_until(ended, "the execution did not end")
    again = ask(operation, PipelineExecutionArn=arn, ClientRequestToken="t" * 32)
    assert again["PipelineExecutionArn"] == arn
    assert ask("DescribePipelineExecution", PipelineExecutionArn=arn)["PipelineExecutionStatus"] in (
        "Failed",
        "Stopped",
    )
