"""Remote functions with SDK v2: results, exceptions of the user's own class, several at once."""

from __future__ import annotations

from pathlib import Path

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


def test_functions_run_remotely(verified_server: Server) -> None:
    environment = verified_server.environment()

    printed = run_client("client-v2", PROGRAMS / "remote_v2.py", environment, 300).splitlines()

    assert "divided (2.0, 'ready')" in printed
    assert "raised not by zero" in printed
    assert "squares [4, 9]" in printed
