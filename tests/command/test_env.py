"""``oficina env`` in every shell, from whatever environment the user has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from oficina.commands import env
from tests.servers import OFICINA, Server, surroundings

ADDRESS = "http://127.0.0.1:4600"


def variables(**now: str) -> env.Variables:
    """The variables for an environment."""
    return env.variables(ADDRESS, "us-east-1", "AKIA", "it's secret", now)


def test_bash_understands_it(verified_server: Server) -> None:
    words = " ".join([*OFICINA, "env", "--home", str(verified_server.home)])
    script = f'eval "$({words})"; echo $AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID; echo ${{AWS_PROFILE-none}}'
    done = subprocess.run(
        ["bash", "-c", script],
        env=surroundings(AWS_PROFILE="work"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [verified_server.address, verified_server.keys[0], "none"]


def test_the_region_is_the_one_that_the_server_was_started_with(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    start_server(tmp_path, "--region", "sa-east-1")
    done = subprocess.run(
        [*OFICINA, "env", "--home", str(tmp_path)],
        env=surroundings(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "export AWS_REGION=sa-east-1" in done.stdout


def test_quotes_in_values_survive_each_shell() -> None:
    assert "export AWS_SECRET_ACCESS_KEY='it'\"'\"'s secret'" in env.text(variables(), "sh")
    assert "set -gx AWS_SECRET_ACCESS_KEY 'it\\'s secret';" in env.text(variables(), "fish")
    assert "$Env:AWS_SECRET_ACCESS_KEY = 'it''s secret'" in env.text(variables(), "powershell")
    assert json.loads(env.text(variables(), "json"))["AWS_SECRET_ACCESS_KEY"] == "it's secret"


def test_the_hook_comes_before_what_was_on_the_path_and_only_once() -> None:
    first = variables(PYTHONPATH="/mine:/yours")["PYTHONPATH"]
    assert first == f"{env.SHIM}:/mine:/yours"
    assert variables(PYTHONPATH=first or "")["PYTHONPATH"] == first


def test_what_would_lead_away_from_here_is_unset() -> None:
    found = variables(AWS_ENDPOINT_URL_S3="https://elsewhere", AWS_SESSION_TOKEN="old")
    assert found["AWS_ENDPOINT_URL_S3"] is None
    assert found["AWS_SESSION_TOKEN"] is None
    assert found["AWS_PROFILE"] is None


def test_a_proxy_is_told_to_leave_this_machine_out() -> None:
    assert "NO_PROXY" not in variables()
    found = variables(HTTPS_PROXY="http://proxy", HTTP_PROXY="http://proxy", NO_PROXY="intranet")
    assert found["NO_PROXY"] == found["no_proxy"] == "127.0.0.1,localhost,::1,intranet"


@pytest.mark.parametrize("verb", ["env", "jobs", "reset"])
def test_without_a_server_it_says_how_to_start_one(verb: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*OFICINA, verb, "--home", str(tmp_path)],
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"Type in another terminal: oficina up --home {tmp_path}" in done.stderr
