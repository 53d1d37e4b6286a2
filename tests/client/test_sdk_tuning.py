"""Tuners of both SDKs, as users write them, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


def printed(server: Server, client: str, program: str) -> list[str]:
    """The lines that a client's program prints."""
    return run_client(client, PROGRAMS / program, server.environment()).splitlines()


def test_v2_tunes_analyses_attaches_and_starts_warm(verified_server: Server) -> None:
    lines = printed(verified_server, "client-v2", "tuning_v2.py")

    assert "trials 5 ['Completed']" in lines
    assert "columns ['FinalObjectiveValue', 'depth', 'mode', 'rate']" in lines
    assert "autotune 2 True" in lines
    for said in ("same best", "best depth", "summary", "attached", "warm"):
        assert f"{said} True" in lines


def test_v3_tunes_and_analyses(verified_server: Server) -> None:
    lines = printed(verified_server, "client-v3", "tuning_v3.py")

    assert "status Completed" in lines
    assert "trials 3 ['Completed']" in lines
    assert "same best True" in lines
