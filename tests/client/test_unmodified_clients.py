"""Clients that never heard of oficina, in environments of their own, after ``eval "$(oficina env)"``."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.servers import CLIENTS, Server, run_client
from tests.waiting import PATIENCE

PROGRAMS = Path(__file__).parent / "programs"
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-oficina"


def aws(server: Server, *words: str) -> str:
    """The AWS command line v1."""
    ended = subprocess.run(
        [str(CLIENTS / "client-v2" / "bin" / "aws"), *words],
        env=server.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    ("client", "program"), [("client-v3", "whoami_v3.py"), ("client-v2", "whoami_v2.py")]
)
def test_the_sdk_finds_account_bucket_and_role(verified_server: Server, client: str, program: str) -> None:
    printed = run_client(client, PROGRAMS / program, verified_server.environment())
    account, same, bucket, role, uri = printed.split()[-5:]
    assert account == same == "123456789012"
    assert bucket == "sagemaker-us-east-1-123456789012"
    assert role.startswith("arn:aws:iam::123456789012:role/")
    assert role.endswith("AmazonSageMaker-ExecutionRole-oficina")
    assert uri == f"s3://{bucket}/data" or uri.startswith(f"s3://{bucket}/data/")


@pytest.mark.parametrize(("client", "more"), [("client-v3", ()), ("client-data", ("--wrangler",))])
def test_data_libraries_read_and_write(verified_server: Server, client: str, more: tuple[str, ...]) -> None:
    program = (str(PROGRAMS / "tables.py"), f"tables-{client}", *more)
    assert run_client(client, program, verified_server.environment()).split()[-1] == "well"


def test_the_command_line_copies_lists_syncs_and_presigns(verified_server: Server, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a b+c.txt").write_text("olá")
    (tmp_path / "big").write_bytes(b"0123456789" * 2_000_000)
    aws(verified_server, "s3", "mb", "s3://command-line")
    aws(verified_server, "s3", "cp", str(tmp_path / "big"), "s3://command-line/big")
    aws(verified_server, "s3", "sync", str(tmp_path / "folder"), "s3://command-line/folder")
    listed = aws(verified_server, "s3", "ls", "--recursive", "s3://command-line")
    assert [line.split(maxsplit=2)[2] for line in listed.splitlines()] == [
        "20000000 big",
        "4 folder/a b+c.txt",
    ]
    aws(verified_server, "s3", "cp", "s3://command-line/big", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "big").read_bytes()
    url = aws(verified_server, "s3", "presign", "s3://command-line/folder/a b+c.txt").strip()
    fetched = subprocess.run(["curl", "-sf", url], capture_output=True, text=True, check=True)
    assert fetched.stdout == "olá"
    aws(verified_server, "s3", "rb", "--force", "s3://command-line")


def test_nothing_is_written_into_the_users_home(verified_server: Server, tmp_path: Path) -> None:
    environment = {**verified_server.environment(), "HOME": str(tmp_path)}
    run_client("client-v3", ("-c", "import boto3; boto3.client('sts').get_caller_identity()"), environment)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("service", "operation", "given", "told"),
    [
        ("codepipeline", "list_pipelines", {}, "codepipeline:ListPipelines"),
        ("cloudformation", "list_stacks", {}, "cloudformation:ListStacks"),
        ("bedrock", "list_foundation_models", {}, "bedrock:GET /foundation-models"),
        ("sagemaker", "create_cluster", {"ClusterName": "c"}, "sagemaker:CreateCluster"),
    ],
)
def test_what_is_not_here_is_named(
    aws: Callable[..., Any], service: str, operation: str, given: dict[str, str], told: str
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(aws(service), operation)(**given)

    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"]["Message"] == f"oficina does not have {told} yet; nothing was done."
