"""The other verbs, on a server that runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import boto3

from tests.bench.places import PLAIN, training_job
from tests.servers import OFICINA, Server, surroundings
from tests.waiting import PATIENCE


def oficina(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    """What a verb says about a server."""
    return subprocess.run(
        [*OFICINA, *words, "--home", str(server.home)],
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_doctor_finds_what_jobs_need(verified_server: Server) -> None:
    done = oficina(verified_server, "doctor")
    assert f"process {verified_server.process.pid} at {verified_server.address}" in done.stdout
    assert "a job runs in namespaces of its own" in done.stdout
    assert "ok  uv" in done.stdout
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert any(line.startswith("ok  Pythons") and own in line for line in done.stdout.splitlines())


def test_a_key_of_another_account_is_accepted_at_once(verified_server: Server) -> None:
    done = oficina(verified_server, "account", "add", "210987654321")
    lines = dict(line.removeprefix("export ").split("=", 1) for line in done.stdout.splitlines()[1:])
    sts = boto3.client(
        "sts",
        endpoint_url=verified_server.address,
        region_name="us-east-1",
        aws_access_key_id=lines["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=lines["AWS_SECRET_ACCESS_KEY"],
    )
    assert sts.get_caller_identity()["Account"] == "210987654321"


def test_logs_of_a_job_that_is_not_there_say_what_to_type(verified_server: Server) -> None:
    done = oficina(verified_server, "logs", "no-such-job")
    assert done.returncode == 1
    assert "Type: oficina jobs" in done.stderr


def test_reset_asks_unless_told_not_to(verified_server: Server) -> None:
    done = subprocess.run(
        [*OFICINA, "reset", "--home", str(verified_server.home)],
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Type: oficina reset --yes" in done.stderr


def test_an_own_image_is_listed_until_it_is_removed(verified_server: Server, tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("six==1.17.0\n")
    added = oficina(verified_server, "image", "add", "team/mine", "--requirements", str(requirements))
    assert added.returncode == 0, added.stderr
    assert "team/mine" in oficina(verified_server, "image", "list").stdout
    assert oficina(verified_server, "image", "remove", "team/mine").returncode == 0
    assert "team/mine" not in oficina(verified_server, "image", "list").stdout


def test_a_job_is_listed_and_its_log_is_followed_to_its_end(verified_server: Server) -> None:
    sagemaker = verified_server.client("sagemaker")
    program = "import time; print('first', flush=True); time.sleep(1); print('last')"
    request = training_job("followed", PLAIN, "python", "-c", program)
    request["OutputDataConfig"] = {"S3OutputPath": "s3://followed/out"}
    verified_server.client("s3").create_bucket(Bucket="followed")
    sagemaker.create_training_job(**request)
    followed = oficina(verified_server, "logs", "-f", "followed")
    assert followed.returncode == 0, followed.stderr
    assert followed.stdout.splitlines() == ["first", "last"]
    listed = oficina(verified_server, "jobs").stdout.splitlines()
    assert listed[0].split() == ["JOB", "KIND", "STATUS", "CREATED", "SECONDS"]
    assert any(line.split()[:3] == ["followed", "training", "Completed"] for line in listed)
    assert oficina(verified_server, "logs", "followed").stdout.splitlines() == ["first", "last"]
