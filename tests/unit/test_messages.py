"""Messages are received when they may be, whenever their receiver began to wait."""

import time
from collections.abc import Callable
from pathlib import Path

from oficina.clock import Clock
from oficina.store.database import Database
from oficina.store.messages import Messages
from oficina.store.store import SCHEMAS
from tests.waiting import PATIENCE

WAIT = PATIENCE


class Crowded(Database):
    """A database in which a message is put, for a little later, just when somebody begins to wait for one."""

    put = False

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> bool:
        if not self.put:
            self.put = True
            Messages(self, Clock()).put("queue", {"MessageId": "a"}, delay=0.05, keep=600.0)
        return super().wait_until(ready, timeout)


def test_a_message_with_a_delay_reaches_who_waited_before_it_was_sent(tmp_path: Path) -> None:
    database = Crowded(tmp_path / "db", SCHEMAS)
    began = time.monotonic()

    (message,) = Messages(database, Clock()).receive("queue", most=1, hide=30.0, wait=WAIT)

    assert message["MessageId"] == "a"
    assert time.monotonic() - began < WAIT
    database.close()
