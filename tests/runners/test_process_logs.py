"""Log lines while they are written, and what the job uses of the machine."""

from __future__ import annotations

import time

from tests.runners.conftest import MakeJob
from tests.waiting import wait_until


def test_lines_are_seen_while_the_job_runs(make_job: MakeJob) -> None:
    job = make_job("echo one; echo two >&2; sleep 1000").launch()
    job.says("one").says("two")


def test_times_are_true_and_never_go_backwards(make_job: MakeJob) -> None:
    begun = time.time() * 1000
    script = "echo one; until test -e /opt/ml/output/data/go; do sleep 0.02; done; echo two; echo three"
    job = make_job(script).launch().says("one")
    between = time.time() * 1000
    job.path("output/data/go").touch()
    job.wait()
    lines = (job.folder / "hosts/algo-1/log").read_text().splitlines()
    times = [int(line.split(" ")[0]) for line in lines]
    assert times == sorted(times)
    assert begun - 1 <= times[0] <= between
    assert between - 1 <= times[1] <= times[2] <= time.time() * 1000


def test_carriage_returns_end_lines_and_the_last_line_needs_no_end(make_job: MakeJob) -> None:
    job = make_job(r"printf '10%%\r20%%\r\n\nlast'")
    job.run()
    assert job.log() == ["10%", "20%", "", "last"]


def test_what_is_no_utf_8_is_replaced(make_job: MakeJob) -> None:
    job = make_job(r"printf 'a\377b\tc\n'")
    job.run()
    assert job.log() == ["a�b\tc"]


def test_a_line_over_256_kib_is_cut_between_characters_and_nothing_is_lost(make_job: MakeJob) -> None:
    job = make_job("$PYTHON -c \"print('x' + 'é' * 300000)\"", env={"PYTHON": "x"} | env())
    job.run()
    assert [len(line.encode()) <= 262_118 for line in job.log()] == [True] * 3
    assert "".join(job.log()) == "x" + "é" * 300_000


def env() -> dict[str, str]:
    from tests.runners.conftest import PATH, PYTHON

    return {"PATH": PATH, "PYTHON": PYTHON, "PYTHONIOENCODING": "utf-8"}


def test_a_flood_of_lines_arrives_whole(make_job: MakeJob) -> None:
    job = make_job("seq 1 200000")
    assert job.run().succeeded
    assert job.log() == [str(number) for number in range(1, 200_001)]


def test_usage_is_sampled_every_second(make_job: MakeJob) -> None:
    job = make_job("while :; do :; done").launch()
    wait_until(lambda: len(job.usage()) >= 2, "two samples should come in two seconds")
    sample = job.usage()[1]
    assert sample.keys() == {"time", "host", "cpu_percent", "memory_percent", "disk_percent"}
    assert sample["host"] == "algo-1"
    assert 0 < sample["cpu_percent"] < 150
    assert 0 < sample["memory_percent"] < 50
