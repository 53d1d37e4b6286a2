"""Lineage of both SDKs, as users ask for it, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"
TABLE = (
    "table [('Input', 'DataSet', 'ContributedTo'), ('Input', 'Image', 'ContributedTo'),"
    " ('Output', 'Model', 'Produced')]"
)


def printed(server: Server, client: str, program: str) -> list[str]:
    """The lines that a client's program prints."""
    return run_client(client, PROGRAMS / program, server.environment()).splitlines()


def test_v2_reads_and_adds_to_lineage(verified_server: Server) -> None:
    lines = printed(verified_server, "client-v2", "lineage_v2.py")

    for said in (
        TABLE,
        "data [True]",
        "jobs [True]",
        "models [True]",
        "properties {'checked': 'twice'}",
        "query True",
        "whole 7 6",
        "left ['work']",
    ):
        assert said in lines


def test_v3_reads_and_adds_to_lineage(verified_server: Server) -> None:
    lines = printed(verified_server, "client-v3", "lineage_v3.py")

    for said in (
        TABLE,
        "data [True]",
        "jobs ['lineage-v3']",
        "status Failed",
        "query ['DataSet', 'Image', 'Model']",
        "left ['check-v3']",
    ):
        assert said in lines


def test_every_question_of_v2s_lineage_classes_has_its_answer(verified_server: Server) -> None:
    lines = printed(verified_server, "client-v2", "lineage_classes_v2.py")

    told = [line for line in lines if line.endswith(" True") or " is not " in line]
    assert [line for line in told if not line.endswith(" True")] == []
    assert len(told) == 35
