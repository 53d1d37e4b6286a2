"""A disk that is full at a moment of work that goes on by itself: it waits, and ends as it would have."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests import functions
from tests.jobs import ROLE, Bench
from tests.lines import OUT, Line, fail, join
from tests.servers import Server
from tests.small_disks import SmallDisk, is_refusal
from tests.tunings import Tunings, categorical, teach
from tests.waiting import wait_until

ACCOUNT = "444455556666"
BESIDE_SECONDS = 1.5
"""How long a disk stays full where a job runs beside: which of the two waits is not known then."""
RAN = """
def main(event, context):
    print("ran")
    return {"y": 7}
"""


PATIENT = """
import time
while True:
    try:
        with open({path!r}, "w") as file:
            file.write({text!r})
        break
    except OSError:
        time.sleep(0.1)
"""
"""A program that waits for room by itself: what a program meets is its own, and may fail its job."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk."""
    made = SmallDisk.make(tmp_path)
    yield made
    made.close()


def bench_of(server: Server) -> Bench:
    """An account of the server, with its bucket."""
    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    return bench


@pytest.mark.parametrize("where", ["trial-chosen", "trial-created", "trial-begun", "trials-ended"])
def test_a_tuning_job_waits_for_room(disk: SmallDisk, where: str) -> None:
    server = disk.start(OFICINA_CHAOS=disk.point(where))
    teach(server)
    tunings = Tunings(bench_of(server))
    tunings.create("Grid", ranges=[categorical("x", "0.1", "0.3")], most=None)
    disk.reached()

    assert is_refusal(disk.exhaust(tunings.bench.sagemaker))
    disk.go_on()
    if where in ("trial-created", "trial-begun"):
        time.sleep(BESIDE_SECONDS)
    else:
        disk.waits("tuning job")
    disk.free()

    job = tunings.ended()
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 2
    assert len(tunings.bench.sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 2


def asking(function: str, queue: str) -> str:
    """A pipeline whose first step runs a function, whose second sends what that gave to a queue."""
    outputs = [{"OutputName": "y", "OutputType": "Integer"}]
    run = {
        "Name": "run",
        "Type": "Lambda",
        "FunctionArn": function,
        "Arguments": {},
        "OutputParameters": outputs,
    }
    given = {"x": {"Get": "Steps.run.OutputParameters['y']"}}
    ask = {"Name": "ask", "Type": "Callback", "SqsQueueUrl": queue, "Arguments": given}
    return json.dumps({"Version": "2020-12-01", "Steps": [run, ask]})


@pytest.mark.parametrize(
    ("where", "what"),
    [("step-named", "execution"), ("step-made", "execution"), ("step-ended", "execution")],
)
def test_an_execution_with_a_function_and_a_callback_waits_for_room(
    disk: SmallDisk, where: str, what: str
) -> None:
    server = disk.start(OFICINA_CHAOS=disk.point(where))
    sagemaker, sqs = server.client("sagemaker", ACCOUNT), server.client("sqs", ACCOUNT)
    queue = sqs.create_queue(QueueName="answers")["QueueUrl"]
    function = functions.create(server.client("lambda", ACCOUNT), "once", RAN)
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=asking(function, queue), RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName="line")["PipelineExecutionArn"]
    disk.reached()

    assert is_refusal(disk.exhaust(sagemaker))
    disk.go_on()
    disk.waits(what)
    running = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert running["PipelineExecutionStatus"] == "Executing"
    disk.free()

    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    body = json.loads(message["Body"])
    assert body["arguments"] == {"x": 7}
    sagemaker.send_pipeline_execution_step_success(CallbackToken=body["token"])
    assert Line(bench_of(server)).ended(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert times_run(server) == 1


def judging(line: Line) -> None:
    """A pipeline: a file is measured, a condition on it chooses, and the choice may fail."""
    program = PATIENT.format(path=f"{OUT}/told.json", text='{"auc": 0.5}')
    file = {"PropertyFileName": "told", "OutputName": "output", "FilePath": "told.json"}
    line.processing("measure", program, PropertyFiles=[file])
    value = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.measure.PropertyFiles.told"}, "Path": "auc"}}
    worse = line.add(fail("worse", Arguments={"ErrorMessage": join("auc is ", value)}))
    line.add(
        {
            "Name": "judge",
            "Type": "Condition",
            "Arguments": {
                "Conditions": [{"Type": "GreaterThan", "LeftValue": value, "RightValue": 0.9}],
                "IfSteps": [],
                "ElseSteps": [line.inside(worse)],
            },
        }
    )
    line.create()


@pytest.mark.parametrize("where", ["staged", "collected", "step-made"])
def test_an_execution_with_a_condition_and_a_fail_step_ends_as_it_should(disk: SmallDisk, where: str) -> None:
    line = Line(bench_of(disk.start(OFICINA_CHAOS=disk.point(where))))
    judging(line)
    arn = line.start()
    disk.reached()
    assert is_refusal(disk.exhaust(line.bench.sagemaker))
    disk.go_on()
    if where == "step-made":
        time.sleep(BESIDE_SECONDS)
    else:
        disk.waits(":processing-job/")
    disk.free()

    execution = line.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "auc is 0.5"
    steps = line.told(execution)
    statuses = {name: step["StepStatus"] for name, step in steps.items()}
    assert statuses == {"measure": "Succeeded", "judge": "Succeeded", "worse": "Failed"}
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 1


def test_a_step_that_is_to_be_tried_again_is_when_there_is_room(disk: SmallDisk) -> None:
    line = Line(bench_of(disk.start(OFICINA_CHAOS=disk.point("step-later"))))
    policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 2}
    line.processing("work", "import time; time.sleep(600)", RetryPolicies=[policy])
    line.create()
    arn = line.start()
    (started,) = wait_until(lambda: list(disk.home.glob("jobs/*/started.json")), "the job did not start")
    line.bench.put("code/work/program.py", "pass")
    os.kill(int((started.parent / "supervisor.pid").read_text().split()[0]), signal.SIGKILL)
    disk.reached()
    assert is_refusal(disk.exhaust(line.bench.sagemaker))
    disk.go_on()
    disk.waits(":pipeline/")
    disk.free()

    execution = line.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert line.told(execution)["work"]["AttemptCount"] == 2
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 2


def times_run(server: Server) -> int:
    """How often the function has printed its line."""
    events = server.client("logs", ACCOUNT).filter_log_events(logGroupName="/aws/lambda/once")["events"]
    return sum(event["message"].strip() == "ran" for event in events)


def test_a_function_that_ran_tells_what_it_gave_although_the_disk_is_full(disk: SmallDisk) -> None:
    server = disk.start(OFICINA_CHAOS=disk.point("function-ended"))
    client = server.client("lambda", ACCOUNT)
    functions.create(client, "once", RAN)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.invoke, FunctionName="once")
        disk.reached()
        disk.exhaust(server.client("sagemaker", ACCOUNT))
        disk.go_on()
        assert json.loads(answer.result()["Payload"].read()) == {"y": 7}

    with pytest.raises(ClientError) as error:
        client.invoke(FunctionName="once")
    assert is_refusal(error.value.response)
    disk.free()
    assert json.loads(client.invoke(FunctionName="once")["Payload"].read()) == {"y": 7}
    assert times_run(server) == 2
    keys = "SELECT job FROM keys WHERE job LIKE '%/invocation/%'"
    wait_until(lambda: not disk.rows(keys), "credentials of functions that ended are left")


def test_an_archive_that_there_is_no_room_for_is_not_called_broken(disk: SmallDisk) -> None:
    server = disk.start()
    client = server.client("lambda", ACCOUNT)
    disk.fill()
    with pytest.raises(ClientError) as error:
        functions.create(client, "once", RAN)
    assert is_refusal(error.value.response)
    disk.free()
    functions.create(client, "once", RAN)
    assert json.loads(client.invoke(FunctionName="once")["Payload"].read()) == {"y": 7}


@pytest.mark.parametrize("where", ["recorded", "pool-ended"])
def test_a_warm_pool_waits_for_room(disk: SmallDisk, where: str) -> None:
    server = disk.start(OFICINA_CHAOS=disk.point(where))
    bench = bench_of(server)
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
    kept = {"ResourceConfig": {**resources, "KeepAlivePeriodInSeconds": 1 if where == "pool-ended" else 600}}
    bench.sagemaker.create_training_job(**bench.training("pass", **kept))
    disk.reached()
    disk.exhaust(bench.sagemaker)
    disk.go_on()
    with pytest.raises(ClientError) as error:
        bench.train("pass", **kept)
    assert is_refusal(error.value.response)
    disk.free()

    job = bench.train("pass", **kept)
    assert job["TrainingJobStatus"] == "Completed"
    first = bench.trained("job-1")
    assert first["TrainingJobStatus"] == "Completed"
    expected = "Reused" if where == "recorded" else "Terminated"
    assert first["WarmPoolStatus"]["Status"] == expected
