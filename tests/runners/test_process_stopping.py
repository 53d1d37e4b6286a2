"""Stops, limits, quotas and kills."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from oficina.runners import process
from oficina.runners.process.supervision.facts import start_time
from tests.runners.conftest import PYTHON, Job, MakeJob
from tests.waiting import PATIENCE, wait_until

POLITE = "trap 'echo saving; exit 7' TERM; echo up; while :; do sleep 0.05; done"
STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.05; done"


def test_stop_is_sigterm_and_the_program_may_save(make_job: MakeJob) -> None:
    job = make_job(POLITE).launch().says("up")
    process.stop(job.folder)
    ended = job.wait()
    assert (ended.reason, ended.exit_code, ended.detail) == ("stopped", 7, "stopped by request")
    assert job.log() == ["up", "saving"]
    assert ended.outputs == ["model.tar.gz"]


def test_who_ignores_a_stop_is_killed_after_the_grace(make_job: MakeJob) -> None:
    job = make_job(STUBBORN, stop_grace_seconds=0.3).launch().says("up")
    process.stop(job.folder)
    ended = job.wait()
    assert (ended.reason, ended.hosts["algo-1"].signal) == ("stopped", signal.SIGKILL)


def test_a_stop_right_after_launch_is_not_lost(make_job: MakeJob) -> None:
    job = make_job("sleep 1000").launch()
    process.stop(job.folder)
    assert job.wait().reason == "stopped"


@contextmanager
def nameless(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor that was started just now: it holds the lock, and its process id is not written down."""
    with (folder / "supervisor.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        supervisor = subprocess.Popen(["sleep", "1000"], stdin=lock)
    try:
        yield supervisor
    finally:
        supervisor.kill()
        supervisor.wait()


def test_a_kill_before_the_process_id_is_written_down_is_not_lost(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_job().folder
    with nameless(folder) as supervisor:
        later = [2**22, supervisor.pid]  # what an earlier supervisor left, then its own

        def look(path: Path) -> tuple[int, str]:
            found = process.read_pid(path)
            if later:
                path.write_text(f"{later.pop(0)} {start_time(supervisor.pid)}\n")
            return found

        monkeypatch.setattr(import_module("oficina.runners.process.launch"), "read_pid", look)
        process.kill(folder)
        assert supervisor.wait(PATIENCE) == -signal.SIGKILL


def test_a_stop_of_what_has_ended_does_nothing(make_job: MakeJob) -> None:
    job = make_job()
    job.run()
    process.stop(job.folder)
    assert job.wait().reason == "exit"


def test_a_job_over_its_time_is_stopped_and_the_reason_told(make_job: MakeJob) -> None:
    job = make_job(POLITE, max_runtime_seconds=1.5)
    ended = job.run()
    assert (ended.reason, ended.exit_code) == ("max_runtime", 7)
    assert "1.5 seconds" in ended.detail


def test_a_job_over_its_time_that_does_not_listen_is_killed(make_job: MakeJob) -> None:
    ended = make_job(STUBBORN, max_runtime_seconds=1.5, stop_grace_seconds=0.2).run()
    assert (ended.reason, ended.hosts["algo-1"].signal) == ("max_runtime", signal.SIGKILL)


def test_the_time_of_a_program_that_says_when_it_begins_counts_from_then(make_job: MakeJob) -> None:
    script = "sleep 1; : > /opt/ml/output/begun; exec sleep 1000"
    limits = {"max_runtime_seconds": 1, "start_seconds": 300, "begins_with": "/opt/ml/output/begun"}
    ended = make_job(script, **limits).run()
    assert (ended.reason, ended.detail) == ("max_runtime", "ran longer than 1 seconds")
    assert ended.started is not None
    assert ended.ended is not None
    assert ended.ended - ended.started > 1.9

    never = make_job("exec sleep 1000", **{**limits, "start_seconds": 1}).run()
    assert never.reason == "max_runtime"


def test_a_job_that_writes_more_than_its_quota_is_ended_and_the_quota_named(make_job: MakeJob) -> None:
    script = "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > /opt/ml/model/f$i; sleep 0.01; done"
    ended = make_job(script, disk_bytes=10_000_000, outputs=[]).run()
    assert ended.reason == "disk_full"
    assert "quota of 10000000 bytes" in ended.detail


def test_no_single_file_grows_over_the_quota(make_job: MakeJob) -> None:
    job = make_job("head -c 20000000 /dev/zero > /opt/ml/model/f; exit 5", disk_bytes=10_000_000)
    job.run()
    assert job.path("model/f").stat().st_size <= 10_000_000


def test_a_disk_with_less_than_the_floor_ends_the_job(make_job: MakeJob) -> None:
    ended = make_job("head -c 2000000 /dev/zero > /tmp/mine; sleep 1000", free_bytes_floor=1 << 60).run()
    assert ended.reason == "disk_full"
    assert "free_bytes_floor" in ended.detail


def test_a_job_that_wrote_next_to_nothing_is_not_ended_for_a_full_disk(make_job: MakeJob) -> None:
    ended = make_job("echo mine > /opt/ml/model/f; sleep 1", free_bytes_floor=1 << 60).run()
    assert ended.succeeded, ended
    assert ended.outputs == ["model.tar.gz"]


def processes_of(job_marker: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if job_marker.encode() in command:
            found.append(path.parent.name)
    return found


def test_killing_the_supervisor_kills_the_job(make_job: MakeJob) -> None:
    marker = f"31{os.getpid()}"
    job = make_job(f"sleep {marker} & setsid sleep {marker} & echo up; sleep {marker}").launch().says("up")
    wait_until(lambda: len(processes_of(marker)) >= 3, "the job's processes should run")
    os.kill(job.pid(), signal.SIGKILL)
    ended = job.wait()
    assert ended.reason == "error"
    assert "supervisor was killed" in ended.detail
    wait_until(lambda: not processes_of(marker), "all processes of the job should be gone")


@pytest.mark.parametrize("point", ["cloned", "mounted", "started", "ended", "packaged"])
def test_a_supervisor_killed_at_a_named_point_leaves_no_process_and_no_lock(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    monkeypatch.setenv("OFICINA_CHAOS", point)
    marker = f"0.5{os.getpid()}"
    job = make_job(f"sleep {marker}").launch()
    ended = job.wait()
    assert ended.reason == "error"
    wait_until(lambda: not processes_of(marker), "all processes of the job should be gone")
    assert not process.alive(job.folder)
    monkeypatch.delenv("OFICINA_CHAOS")
    assert not (job.folder / "exit.json").exists()


def test_a_host_whose_supervisor_dies_before_it_wrote_the_process_id_makes_nothing(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFICINA_CHAOS", "cloned")
    job = make_job("echo up").launch()
    job.wait()
    own = job.folder / "hosts" / "algo-1"
    assert not (own / "pid").exists()
    wait_until(lambda: not processes_of(str(job.folder)), "the host's process should be gone")
    assert list((own / "overlays").iterdir()) == []


def test_another_server_process_can_wait_for_and_stop_the_job(make_job: MakeJob) -> None:
    job = make_job(POLITE).launch().says("up")
    code = (
        "import sys, pathlib; from oficina.runners import process; folder = pathlib.Path(sys.argv[1]);"
        "assert process.alive(folder); process.stop(folder); print(process.wait(folder).reason)"
    )
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [PYTHON, "-c", code, str(job.folder)], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "stopped\n"
    job.wait()


def test_a_job_outlives_the_process_that_launched_it(make_job: MakeJob) -> None:
    job = make_job("until test -e /opt/ml/output/data/go; do sleep 0.02; done; echo done")
    code = (
        "import sys, pathlib; from oficina.runners import process; process.launch(pathlib.Path(sys.argv[1]))"
    )
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([PYTHON, "-c", code, str(job.folder)], env=env, check=True)
    assert process.alive(job.folder)
    job.go()
    assert job.wait().succeeded
    assert job.log() == ["done"]


def test_where_the_kernel_allows_no_namespace_the_job_does_not_run_and_the_remedy_is_told(
    make_job: MakeJob,
) -> None:
    job = make_job("echo never > /opt/ml/model/ran")
    forbid = (
        "echo 0 > /proc/sys/user/max_mnt_namespaces; echo 0 > /proc/sys/user/max_user_namespaces; "
        'exec "$0" -I -S "$1" "$2"'
    )
    supervisor = str(Path(process.__file__).with_name("supervisor.py"))
    command = ["unshare", "-U", "-r", "sh", "-c", forbid, PYTHON, supervisor, str(job.folder)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    ended = job.wait()
    assert ended.reason == "no_namespace"
    assert "kernel.unprivileged_userns_clone=1" in ended.detail
    assert "kernel.apparmor_restrict_unprivileged_userns=0" in ended.detail
    assert not job.path("model/ran").exists()


def test_doctor_finds_nothing_missing_here() -> None:
    assert process.check() == []


def run_on_small_disk(job: Job, during: str) -> process.Exit:
    """Run a job in a file system of 16 MiB; ``during`` is a line of shell whose words are the command."""
    supervisor = str(Path(process.__file__).with_name("supervisor.py"))
    kept = job.folder.parent / "kept"
    kept.mkdir(exist_ok=True)
    small = (
        'folder="$1"; kept="$2"; shift 2; cp "$folder/spec.json" "$kept"; '
        'mount -t tmpfs -o size=16m tmpfs "$folder"; cp "$kept/spec.json" "$folder"; '
        f'{during}; cp "$folder/exit.json" "$folder/hosts/algo-1/log" "$kept"'
    )
    words = [str(job.folder), str(kept), PYTHON, "-I", "-S", supervisor, str(job.folder)]
    command = ["unshare", "-U", "-r", "-m", "sh", "-c", small, "sh", *words]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return process.Exit.from_json((kept / "exit.json").read_text())


@pytest.mark.parametrize(("floor", "reason"), [(0, "exit"), (8_000_000, "disk_full")])
def test_a_job_that_fills_the_disk_is_told_as_what_it_was(make_job: MakeJob, floor: int, reason: str) -> None:
    script = "i=0; while head -c 500000 /dev/zero > /tmp/f$i; do i=$((i+1)); sleep 0.03; done; "
    job = make_job(script + ("exec sleep 1000" if floor else "exit 28"), free_bytes_floor=floor)
    ended = run_on_small_disk(job, '"$@"')
    assert ended.reason == reason, ended
    assert (ended.hosts["algo-1"].signal is None) == (reason == "exit")


def test_a_job_on_a_disk_that_others_filled_waits_for_room(make_job: MakeJob) -> None:
    told = [process.File(target="/opt/ml/input/config/told", text="word\n" * 50)]
    script = "cat /opt/ml/input/config/told; echo made > /opt/ml/model/f"
    job = make_job(script, files=told, free_bytes_floor=1 << 20)
    during = (
        'head -c 20000000 /dev/zero > "$folder/ballast" 2> /dev/null; "$@" & sleep 1; '
        'test ! -e "$folder/exit.json" || exit 1; rm "$folder/ballast"; wait'
    )

    ended = run_on_small_disk(job, during)

    assert ended.succeeded, ended
    assert ended.outputs == ["model.tar.gz"]
    assert (job.folder.parent / "kept" / "log").read_text().count(" word\n") == 50


def test_an_order_that_makes_no_sense_is_told_as_an_error(make_job: MakeJob) -> None:
    job = make_job(inputs=[process.Input(target="/usr/lib/input", lower="/no/such/folder")])
    ended = job.run()
    assert ended.reason == "error"
    assert "/no/such/folder" in ended.detail
