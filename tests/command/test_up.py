"""``oficina up``: what it says when it listens, and when it cannot."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.servers import OFICINA, Server, surroundings
from tests.waiting import PATIENCE

Start = Callable[..., Server]


def oficina(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What the command says, and its exit code."""
    return subprocess.run(
        [*OFICINA, *words],
        env=surroundings(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_one_line_with_the_address_is_printed_when_it_listens(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*OFICINA, "up", "--port", "0", "--home", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=surroundings(),
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = json.loads((tmp_path / "server.json").read_text())["address"]
        urllib.request.urlopen(f"{address}/_oficina/health").close()
        process.terminate()
        assert process.stdout.read() == ""
    assert address in line
    assert f'eval "$(oficina env --home {tmp_path})"' in line
    assert process.returncode == 0


def test_a_second_server_on_a_home_says_who_has_it(start_server: Start, tmp_path: Path) -> None:
    first = start_server(tmp_path)
    second = oficina("up", "--port", "0", "--home", str(tmp_path))
    assert second.returncode == 1
    assert f"process {first.process.pid} at {first.address}" in second.stderr
    assert "Type: oficina up --home" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_home_is_free_again_after_a_crash(start_server: Start, tmp_path: Path) -> None:
    start_server(tmp_path).kill()
    again = start_server(tmp_path)
    urllib.request.urlopen(f"{again.address}/_oficina/health").close()


def test_a_port_that_is_taken_is_one_sentence_and_the_next_thing_to_type(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = oficina("up", "--port", str(port), "--home", str(tmp_path))
    assert refused.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened on" in refused.stderr
    assert "Type: oficina up --port 0" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_home_that_cannot_be_written_is_one_sentence() -> None:
    refused = oficina("up", "--port", "0", "--home", "/proc/oficina")
    assert refused.returncode == 1
    assert "/proc/oficina cannot be written to" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_settings_that_make_no_sense_say_what_would(tmp_path: Path) -> None:
    assert "Type: oficina up --port 4600" in oficina("up", "--port", "99999").stderr
    assert "twelve digits" in oficina("up", "--account", "12").stderr
    assert "Type: oficina up --region us-east-1" in oficina("up", "--region", "mars").stderr
    assert "Type: unset OFICINA_PORT" in oficina("up", OFICINA_PORT="many").stderr
    elsewhere = oficina("up", "--host", "192.0.2.1", "--port", "0", "--home", str(tmp_path))
    assert "Type: oficina up --host 127.0.0.1" in elsewhere.stderr


def test_a_ctrl_c_ends_it_without_a_traceback(start_server: Start) -> None:
    server = start_server()
    server.process.send_signal(signal.SIGINT)
    assert server.ended() == 0


def test_help_comes_at_once_and_imports_no_client() -> None:
    script = "import sys; from oficina.cli import parser; parser(); print('botocore' in sys.modules)"
    done = subprocess.run(
        [OFICINA[0], "-c", script], capture_output=True, text=True, check=True, env=surroundings()
    )
    assert done.stdout.strip() == "False"


def test_the_home_is_for_its_owner_alone(start_server: Start, tmp_path: Path) -> None:
    server = start_server(tmp_path / "home")
    assert os.stat(server.home).st_mode & 0o077 == 0
    assert os.stat(server.home / "keys.json").st_mode & 0o077 == 0
