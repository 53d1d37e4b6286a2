"""How a job ends, and what is told of it."""

from __future__ import annotations

import fcntl
import gc
import os
import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from oficina.runners import process
from tests.runners.conftest import Job, MakeJob
from tests.waiting import wait_until


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_an_exit_code_is_told_as_it_was(make_job: MakeJob, code: int) -> None:
    ended = make_job(f"exit {code}").run()
    assert ended.hosts["algo-1"] == process.HostExit(exit_code=code)
    assert (ended.reason, ended.succeeded) == ("exit", code == 0)


@pytest.mark.parametrize("number", [6, 9, 11, 15])
def test_death_by_a_signal_is_told_with_its_number(make_job: MakeJob, number: int) -> None:
    ended = make_job(f"kill -{number} $$").run()
    assert ended.hosts["algo-1"] == process.HostExit(exit_code=128 + number, signal=number)
    assert not ended.succeeded


def test_started_and_ended_are_in_order(make_job: MakeJob) -> None:
    job = make_job()
    ended = job.run()
    assert ended.started is not None
    assert ended.started <= ended.ended
    assert process.started(job.folder) == ended.started


def test_a_command_that_does_not_exist_is_named_with_the_path(make_job: MakeJob) -> None:
    ended = make_job(command=["no-such-program"]).run()
    assert ended.reason == "not_started"
    assert "no-such-program: command not found; PATH is /usr/local/bin" in ended.detail
    assert ended.started is None


def test_a_working_folder_that_does_not_exist_is_named(make_job: MakeJob) -> None:
    ended = make_job(workdir="/opt/ml/nowhere").run()
    assert ended.reason == "not_started"
    assert "/opt/ml/nowhere does not exist" in ended.detail


def test_the_failure_file_is_told_up_to_1024_characters(make_job: MakeJob) -> None:
    script = "$PYTHON -c \"open('/opt/ml/output/failure', 'w').write('é' * 2000)\"; exit 1"
    ended = make_job(script).run()
    assert ended.failure == "é" * 1024
    assert ended.exit_code == 1


def test_the_message_file_is_told(make_job: MakeJob) -> None:
    assert make_job("echo well done > /opt/ml/output/message").run().message == "well done\n"


@pytest.mark.parametrize(
    "script",
    [
        "ln -s /etc/passwd /opt/ml/output/failure",
        "rmdir /opt/ml/output/data /opt/ml/output; mkdir /tmp/o; ln -s /etc /opt/ml/output",
        "mkfifo /opt/ml/output/failure",
        "mkdir /opt/ml/output/failure",
    ],
)
def test_a_failure_that_is_no_plain_file_is_not_read(make_job: MakeJob, script: str) -> None:
    ended = make_job(script).run()
    assert ended.failure is None
    assert ended.succeeded


def test_background_processes_end_with_the_program(make_job: MakeJob) -> None:
    assert make_job("sleep 1000 & setsid sleep 1000 & exit 3").run().exit_code == 3


def test_launching_twice_runs_once(make_job: MakeJob) -> None:
    job = make_job("echo once; sleep 0.2").launch()
    job.launch()
    job.wait()
    job.run()
    assert job.log() == ["once"]


@contextmanager
def looking(job: Job) -> Iterator[int]:
    """Somebody looks at a job's lock and is slow to let go of it; the lock's inode."""
    lock = os.open(job.folder / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield os.fstat(lock).st_ino
    finally:
        os.close(lock)


def test_who_only_looks_at_a_job_keeps_nobody_from_launching_it(make_job: MakeJob) -> None:
    job = make_job()
    with ThreadPoolExecutor() as pool:
        with looking(job) as inode:
            launched = pool.submit(job.launch)
            waiter = re.compile(rf"-> FLOCK .*:{inode} ")
            locks = Path("/proc/locks")
            wait_until(lambda: launched.done() or waiter.search(locks.read_text()), "nobody waits")
        launched.result()
    assert job.wait().succeeded


def test_several_who_look_at_a_dead_job_all_find_it_dead(make_job: MakeJob) -> None:
    job = make_job()
    job.run()
    with looking(job):
        assert not process.alive(job.folder)


def test_a_job_is_alive_from_launch_until_its_end_and_leaves_no_zombie(make_job: MakeJob) -> None:
    job = make_job("read line < /opt/ml/gate")
    os.makedirs(job.path("."))
    os.mkfifo(job.path("gate"))
    assert not process.alive(job.folder)
    job.launch()
    assert process.alive(job.folder)
    job.path("gate").write_text("go\n")
    job.wait()
    assert not process.alive(job.folder)
    assert not Path(f"/proc/{job.pid()}").exists()


def test_launching_and_waiting_leaves_nothing_open(make_job: MakeJob) -> None:
    make_job().run()
    gc.collect()  # what other tests left open is closed now, not in between
    before = set(os.listdir("/proc/self/fd"))
    make_job().run()
    assert set(os.listdir("/proc/self/fd")) <= before


def test_twenty_jobs_at_once_do_not_disturb_each_other(make_job: MakeJob) -> None:
    jobs = [make_job(f"echo {number} > /tmp/n; sleep 0.1; cat /tmp/n") for number in range(20)]
    for job in jobs:
        job.launch()
    for number, job in enumerate(jobs):
        assert job.wait().succeeded
        assert job.log() == [str(number)]


def test_no_mount_of_a_job_is_seen_from_outside(make_job: MakeJob) -> None:
    job = make_job("echo here; sleep 1000").launch().says("here")
    assert str(job.folder) not in Path("/proc/self/mounts").read_text()
    process.kill(job.folder)
    job.wait()
    assert str(job.folder) not in Path("/proc/self/mounts").read_text()


def test_a_folder_can_be_removed_whatever_the_job_did_to_it(make_job: MakeJob) -> None:
    job = make_job(
        "mkdir -p /tmp/a/b; touch /tmp/a/b/c; chmod 000 /tmp/a/b /tmp/a; ln -s / /opt/ml/model/root"
    )
    job.run()
    process.remove(job.folder)
    assert not job.folder.exists()
    assert stat.S_ISDIR(os.stat("/").st_mode)


def test_a_spec_and_an_exit_survive_their_json(make_job: MakeJob) -> None:
    job = make_job(inputs=[process.Input(target="/opt/ml/input/data/train", lower="/")])
    spec = process.Spec.from_json((job.folder / "spec.json").read_text())
    assert process.Spec.from_json(spec.to_json()) == spec
    ended = process.Exit(ended=1.5, reason="exit", hosts={"algo-1": process.HostExit(exit_code=0)})
    assert process.Exit.from_json(ended.to_json()) == ended
