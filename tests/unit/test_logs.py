"""Log streams that are files of jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from oficina.clock import StoppedClock
from oficina.config import load
from oficina.store import loglines
from oficina.store.store import Store

NOW = 1_700_000_000_000
WORLD = ("123456789012", "us-east-1", "/aws/sagemaker/TrainingJobs", "job/algo-1-1")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store on an empty home."""
    return Store(load({}).with_overrides(home=tmp_path / "home"), StoppedClock())


def texts(store: Store, after: int | None = None) -> list[str]:
    """What the stream says after an offset."""
    return [event.message for event in store.logs.read(store.logs.stream(*WORLD), after=after).events]


def test_a_line_that_a_job_writes_is_there_at_once_and_whole(store: Store) -> None:
    path = store.folder("jobs") / "1" / "log"
    store.logs.attach(*WORLD, path)
    assert texts(store) == []
    path.parent.mkdir()
    with path.open("ab", buffering=0) as file:
        file.write(f"{NOW} first\n{NOW + 1} half".encode())
        page = store.logs.read(store.logs.stream(*WORLD))
        assert [event.message for event in page.events] == ["first"]
        file.write(b" a line\n")
    assert texts(store, page.end) == ["half a line"]
    assert store.logs.tail(*WORLD, 1) == ["half a line"]


def test_the_file_of_a_job_outlives_its_stream(store: Store) -> None:
    path = store.folder("jobs") / "1" / "log"
    path.parent.mkdir()
    path.write_text(f"{NOW} first\n")
    store.logs.attach(*WORLD, path)
    store.logs.delete_group(*WORLD[:3])
    assert path.exists()


def test_a_home_may_be_moved(store: Store) -> None:
    path = store.folder("jobs") / "1" / "log"
    path.parent.mkdir()
    path.write_text(f"{NOW} first\n")
    store.logs.attach(*WORLD, path)
    store.close()
    moved = store.home.rename(store.home.with_name("elsewhere"))
    assert texts(Store(load({}).with_overrides(home=moved), StoppedClock())) == ["first"]


@pytest.mark.parametrize("wanted", [0, 1, 499, 500, 999, 1000])
def test_a_time_is_found_by_halving(tmp_path: Path, wanted: int) -> None:
    path = tmp_path / "log"
    loglines.append(path, [(NOW + number, f"line {number}" * 9) for number in range(1000)])
    found = loglines.forward(path, loglines.seek(path, NOW + wanted), None, 1)
    assert [event.timestamp - NOW for event in found] == ([wanted] if wanted < 1000 else [])


def test_the_last_events_are_found_from_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    loglines.append(path, [(NOW + number, "x" * 1000) for number in range(2000)])
    found = loglines.backward(path, 0, loglines.size(path), 500)
    assert [event.timestamp - NOW for event in found] == list(range(1500, 2000))
    assert found[0].end == found[1].offset


def test_a_stream_that_is_not_there_has_no_last_lines(store: Store) -> None:
    assert store.logs.tail(*WORLD, 5) == []
