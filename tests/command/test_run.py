"""``oficina run``: a server for as long as a command runs."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.servers import OFICINA, surroundings
from tests.waiting import PATIENCE, wait_until


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """``oficina run`` to its end."""
    return subprocess.run(
        [*OFICINA, "run", *words],
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_the_command_finds_the_server_and_its_exit_code_is_given() -> None:
    script = (
        "import os, urllib.request as u; "
        "print(os.environ['AWS_ENDPOINT_URL'], os.environ['OFICINA_HOME']); "
        "u.urlopen(os.environ['AWS_ENDPOINT_URL'] + '/_oficina/health'); raise SystemExit(7)"
    )
    done = run("--", sys.executable, "-c", script)
    assert done.returncode == 7, done.stderr
    address, home = done.stdout.split()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{address}/_oficina/health", timeout=PATIENCE)
    assert not Path(home).exists()


def test_a_home_that_is_named_is_kept(tmp_path: Path) -> None:
    assert run("--home", str(tmp_path), "--", "true").returncode == 0
    assert (tmp_path / "oficina.db").exists()


def test_a_command_that_is_not_there_is_one_sentence() -> None:
    done = run("--", "no-such-program")
    assert done.returncode == 1
    assert "no-such-program cannot be run" in done.stderr


def test_no_command_says_what_to_type() -> None:
    assert "Type for example: oficina run -- pytest" in run().stderr


EARLY = """
import os, signal, subprocess, sys
from oficina.commands import run

class Early(subprocess.Popen):
    def __init__(self, *words, **members):
        super().__init__(*words, **members)
        os.kill(os.getpid(), signal.SIGTERM)

subprocess.Popen = Early
sys.exit(run._follow(["sleep", "600"], dict(os.environ)))
"""
"""A signal that comes just when the command has been started."""


def test_a_signal_that_comes_while_the_command_is_started_is_passed_on() -> None:
    done = subprocess.run([sys.executable, "-c", EARLY], env=surroundings(), timeout=PATIENCE, check=False)
    assert done.returncode == 128 + signal.SIGTERM


def test_a_signal_is_passed_on_and_told_in_the_exit_code(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    process = subprocess.Popen(
        [*OFICINA, "run", "--", "sh", "-c", f"echo $$ > {ready}; exec sleep 600"], env=surroundings()
    )
    wait_until(lambda: ready.exists() and ready.read_text().strip(), "the command begins")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 128 + signal.SIGTERM
