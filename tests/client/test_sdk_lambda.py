"""The helper for Lambda functions of both SDKs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("client", ["client-v3", "client-v2"])
def test_the_sdks_helper_makes_changes_and_deletes_a_function(verified_server: Server, client: str) -> None:
    version = client[-2:]

    printed = run_client(client, PROGRAMS / f"lambda_{version}.py", verified_server.environment())

    assert printed.splitlines()[-5:] == [
        f"created greet-{version} 256 30",
        "answers one",
        "answers two good",
        f"updated greet-{version}",
        "gone True",
    ]
