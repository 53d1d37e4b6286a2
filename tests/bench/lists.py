"""A List at 100,000 resources beside one at 100."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine.training import TRAINING_JOB
from oficina.store.documents import Scope
from oficina.store.store import Store
from tests.bench import places
from tests.bench.figures import Figure, taking_turns

FEW = 100
PORTION = 500
"""Resources that are kept in one transaction; far larger ones spill out of SQLite's memory."""
ACCOUNTS = {"few": "111111111111", "many": "222222222222"}


def measure(smoke: bool) -> list[Figure]:
    """Two accounts of one server: the first page, the last page and a filter."""
    many = 5_000 if smoke else 100_000
    with places.home() as folder:
        _fill(folder, {"few": FEW, "many": many})
        with places.oficina(folder, "--open") as server:
            clients = {name: server.client("sagemaker", account) for name, account in ACCOUNTS.items()}
            pages: dict[str, dict[str, Any]] = {
                "newest first": {},
                "by name, oldest": {"SortBy": "Name", "SortOrder": "Ascending"},
                "by status": {"StatusEquals": "Failed", "MaxResults": 100},
            }
            figures = []
            for page, members in pages.items():
                taken = taking_turns(
                    {name: partial(client.list_training_jobs, **members) for name, client in clients.items()},
                    20 if smoke else 300,
                )
                what = f"ListTrainingJobs {page}, {many} beside {FEW}"
                figures.append(Figure(what, taken.ratio("many", "few"), "×", most=2.0))
    return figures


def _fill(folder: Path, counts: dict[str, int]) -> None:
    store = Store(Config(home=folder), Clock())
    for name, count in counts.items():
        scope = store.scope(ACCOUNTS[name], "us-east-1")
        for begin in range(0, count, PORTION):
            with scope.transaction():
                for number in range(begin, min(begin + PORTION, count)):
                    _create(scope, number)
    store.close()


def _create(scope: Scope, number: int) -> None:
    document = places.training_job(f"job-{number:06}")
    status = "Failed" if number % 2 else "Completed"
    scope.create(TRAINING_JOB, document, TrainingJobStatus=status, CreationTime=1_700_000_000.0 + number)
