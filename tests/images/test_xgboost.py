"""The XGBoost image as a job of the process runner: trained on one host and on two, and served."""

from __future__ import annotations

import json
import math
import random
import tarfile
from collections.abc import Callable
from typing import Any

import pytest

from oficina.runners import process
from oficina.runners.images import Image
from tests.images.test_serving import Endpoint
from tests.ports import held
from tests.runners.conftest import Job
from tests.waiting import wait_until

MakeJob = Callable[..., Job]
CONFIG = "/opt/ml/input/config"
SETTINGS = {"num_round": "10", "objective": "binary:logistic", "eval_metric": "auc", "seed": "1"}


def rows(count: int = 600) -> list[list[float]]:
    """Labels that follow from two of three features."""
    generator = random.Random(7)
    made = ([generator.random() for _ in range(3)] for _ in range(count))
    return [[float(a + b / 2 + generator.gauss(0, 0.1) > 0.75), a, b, c] for a, b, c in made]


def csv(table: list[list[float]]) -> str:
    return "".join(",".join(f"{cell:g}" for cell in row) + "\n" for row in table)


def files(hosts: list[str]) -> dict[str, str]:
    """What algorithm mode finds under /opt/ml/input; `current_host` is left to each host."""
    channel = {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
    }
    return {
        f"{CONFIG}/hyperparameters.json": json.dumps(SETTINGS),
        f"{CONFIG}/inputdataconfig.json": json.dumps({"train": channel, "validation": channel}),
        f"{CONFIG}/resourceconfig.json": json.dumps({"current_host": "HOST", "hosts": hosts}),
        "/opt/ml/input/data/train/part.csv": csv(rows()),
        "/opt/ml/input/data/validation/part.csv": csv(rows(200)),
    }


@pytest.fixture(params=["1.7-1", "3.0-5"])
def image(request: pytest.FixtureRequest, built: Callable[[str], Image]) -> Image:
    return built(f"683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:{request.param}")


@pytest.fixture
def train(image: Image, make_job: MakeJob) -> Callable[[list[str]], tuple[Job, process.Exit]]:
    """Train on the named hosts, each of which puts its own name where AWS has it."""

    def run(hosts: list[str]) -> tuple[Job, process.Exit]:
        own_name = f'sed -i "s/HOST/$(uname -n)/" {CONFIG}/resourceconfig.json'
        command = ["/bin/sh", "-c", f"{own_name} && exec {' '.join(image.train)}"]
        outputs = [process.Output(source="/opt/ml/model", name="model.tar.gz")]
        job = make_job(image, command, hosts=hosts, files=files(hosts), outputs=outputs)
        return job, job.run()

    return run


def test_the_image_has_aws_s_metric_definitions(image: Image) -> None:
    regexes = {each["Name"]: each["Regex"] for each in image.metric_definitions}

    assert regexes["validation:auc"] == r".*\[[0-9]+\].*#011validation-auc:(\S+)"
    assert {name.partition(":")[0] for name in regexes} == {"train", "validation"}


@pytest.mark.parametrize("hosts", [["algo-1"], ["algo-1", "algo-2"]], ids=len)
def test_hosts_train_one_model_and_the_first_prints_and_keeps_it(
    train: Callable[[list[str]], tuple[Job, process.Exit]], hosts: list[str]
) -> None:
    job, ended = train(hosts)
    logs = {host: job.log(host) for host in hosts}
    scores = [line for line in logs["algo-1"] if line.startswith("[9]\ttrain-auc:")]

    assert [ended.hosts[host].exit_code for host in hosts] == [0] * len(hosts), logs
    assert len(scores) == 1
    assert float(scores[0].rpartition(":")[2]) > 0.95
    assert [(job.path("model", host) / "xgboost-model").is_file() for host in hosts] == [
        host == "algo-1" for host in hosts
    ]
    with tarfile.open(job.folder / "out" / "model.tar.gz") as tar:
        assert tar.getnames() == ["xgboost-model"]


def test_a_trained_model_is_served(
    train: Callable[[list[str]], tuple[Job, process.Exit]], image: Image, make_job: MakeJob
) -> None:
    trained, ended = train(["algo-1"])
    assert ended.hosts["algo-1"].exit_code == 0, trained.log()
    inputs = [process.Input(target="/opt/ml/model", lower=str(trained.path("model")))]
    with held() as port:
        settings = {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
        job = make_job(image, list(image.serve), env=settings, inputs=inputs, port=port).launch()
        endpoint = Endpoint(job, port)
        wait_until(endpoint.healthy, "the model process should answer /ping")
    table = rows(50)
    status, kind, answer = endpoint.invoke(csv([row[1:] for row in table]))
    found = [float(line) for line in answer.decode().splitlines()]
    endpoint.connection.close()

    assert (status, kind) == (200, "text/csv; charset=utf-8")
    assert all(math.isfinite(score) for score in found)
    assert sum((score > 0.5) == bool(row[0]) for score, row in zip(found, table, strict=True)) >= 45


def test_what_the_user_can_put_right_becomes_the_failure(image: Image, make_job: MakeJob) -> None:
    told: dict[str, Any] = files(["algo-1"])
    told[f"{CONFIG}/hyperparameters.json"] = json.dumps({"objective": "binary:logistic"})
    ended = make_job(image, list(image.train), files=told).run()

    assert ended.hosts["algo-1"].exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("framework error: \n")
    assert "UserError: Missing required hyperparameter: num_round" in ended.failure


def test_requirements_may_name_xgboost_as_it_is(image: Image, make_job: MakeJob) -> None:
    version = {"1.7-1": "1.7.6", "3.0-5": "3.0.5"}[image.tag]
    job = make_job(image, ["/bin/sh", "-c", f"pip install --no-index xgboost=={version}"])
    ended = job.run()

    assert ended.hosts["algo-1"].exit_code == 0, job.log()
    assert job.log()[0].startswith(f"Requirement already satisfied: xgboost=={version}")
