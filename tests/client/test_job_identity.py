"""Who a job is: temporary credentials of its execution role, which end with it; nothing of its caller."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import oficina
from tests.jobs import Bench
from tests.servers import Server

WHO = (
    "import boto3, json, os\n"
    "who = boto3.client('sts').get_caller_identity()['Arn']\n"
    "names = ('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN')\n"
    "print(json.dumps([who, [os.environ[name] for name in names], sorted(os.environ)]))\n"
)


@pytest.fixture
def bench(verified_server: Server) -> Bench:
    """The default account of a server that verifies signatures."""
    bench = Bench(*(verified_server.client(service) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    return bench


def test_a_job_is_its_role_until_it_ends(bench: Bench, verified_server: Server) -> None:
    bench.train(WHO, TrainingJobName="who")

    arn, (key, secret, token), names = json.loads(bench.log("who"))
    assert arn.startswith("arn:aws:sts::123456789012:assumed-role/AmazonSageMaker-ExecutionRole-oficina/")
    assert "OFICINA_HOME" not in names
    later = boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url=verified_server.address,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
    with pytest.raises(ClientError) as error:
        later.get_caller_identity()
    assert error.value.response["Error"]["Code"] == "InvalidClientTokenId"


SUDO = (
    "import subprocess\n"
    "for words in (['chmod', '-R', '777', '/opt/ml/output', '/opt/ml/model', '/tmp'],\n"
    "              ['-nE', 'C=red', 'sh', '-c', 'echo $C; id -u'], ['chmod', '-R', '777', '/none'],\n"
    "              ['-u', 'root', 'id', '-u'], ['-unobody', 'id'], ['false'], ['-n', 'true']):\n"
    "    done = subprocess.run(['sudo', *words], capture_output=True, text=True)\n"
    "    print(done.returncode, done.stdout.split(), done.stderr.strip()[-30:], flush=True)\n"
)


def test_a_program_may_ask_for_root_which_it_is(bench: Bench) -> None:
    bench.train(SUDO, TrainingJobName="sudo", Environment={"USER": "ana"})

    assert bench.log("sudo").splitlines() == [
        "0 [] ",
        "0 ['red', '0'] ",
        "1 [] ne’: No such file or directory",
        "0 ['0'] ",
        "1 [] er nobody: a job has root only",
        "1 [] ",
        "0 [] ",
    ]


def test_a_role_that_is_not_there_is_refused_in_awss_words(bench: Bench) -> None:
    request = bench.training("pass", TrainingJobName="roleless")
    request["RoleArn"] = "arn:aws:iam::123456789012:role/nobody"

    with pytest.raises(ClientError, match="Could not assume role arn:aws:iam::123456789012:role/nobody"):
        bench.sagemaker.create_training_job(**request)


def test_secrets_of_the_servers_own_environment_stay_outside(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(tmp_path / "home", "--open", MY_SECRET="hidden")
    bench = Bench(*(server.client(service, "111122223333") for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)

    bench.train("import os; print(sorted(os.environ), os.path.exists('/proc/1/environ'))")

    assert "MY_SECRET" not in bench.log("job-1")


def test_wrong_types_are_refused_as_aws_does(bench: Bench) -> None:
    from tests.raw import signed_post

    answer = signed_post(bench.sagemaker, "CreateTrainingJob", {"TrainingJobName": 7})

    assert answer.status_code == 400
    body: dict[str, Any] = answer.json()
    assert body["__type"] == "SerializationException"
    assert body["message"] == "NUMBER_VALUE can not be converted to a String"


def test_a_job_finds_the_start_up_hook_wherever_oficina_lies(tmp_path: Path) -> None:
    """Also below /tmp, which a job has to itself: SDK calls that ignore the endpoint need the hook."""
    package = tmp_path / "site" / "oficina"
    shutil.copytree(Path(oficina.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    images = Path(oficina.__file__).parents[2] / "images"
    shutil.copytree(images, package / "_images", ignore=shutil.ignore_patterns("__pycache__"))
    assert str(package).startswith("/tmp/")
    server = Server.start(tmp_path / "home", "--open", PYTHONPATH=str(package.parent))
    try:
        bench = Bench(*(server.client(service, "111122223333") for service in ("s3", "sagemaker", "logs")))
        bench.s3.create_bucket(Bucket=bench.bucket)
        bench.train(
            "import os, sitecustomize\nprint(os.path.exists(os.environ['SAGEMAKER_ADMIN_CONFIG_OVERRIDE']))"
        )
        assert bench.log("job-1") == "True"
    finally:
        server.stop()
