"""Fixtures of the image's tests, which run in the image's own environment."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from workbench import Bank, Endpoint, Workbench, dataset

WITHHELD = ["duration", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "ml")


@pytest.fixture
def serve(workbench: Workbench) -> Iterator[Callable[..., Endpoint]]:
    """Serve what is in the workbench's model folder, with the given variables set."""
    started: list[Endpoint] = []

    def start(**variables: str) -> Endpoint:
        started.append(Endpoint(workbench, variables))
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.stop()


@pytest.fixture(scope="session")
def bank() -> Bank:
    frame = pd.read_csv(dataset(), sep=";")
    label = (frame.pop("y") == "yes").astype(int)
    frame = pd.get_dummies(frame.drop(columns=WITHHELD), dtype=int)
    frame.insert(0, "label", label)
    frame = frame.sample(frac=1, random_state=1729)
    first, second = int(0.7 * len(frame)), int(0.9 * len(frame))
    return Bank(frame[:first], frame[first:second], frame[second:])
