"""The supervisor of one job: starts its hosts, watches them, packages what they made, tells the server."""

from __future__ import annotations

import fcntl
import functools
import os
import select
import signal
import time
import traceback

from . import addresses, chaos, facts, init, logs, pipes, removal, room, usage
from .host import Host, result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SAMPLE_SECONDS = 1.0
FREE_SECONDS = 0.25
FOLDERS = ("opt-ml", "tmp", "var-tmp", "overlays")
PIPE_BYTES = 1 << 20


def main(folder: str) -> int:
    """Run the job whose folder this is; its exit.json tells all, the exit code nothing."""
    lock = hold_lock(folder)
    room.patiently(lambda: facts.write_pid(os.path.join(folder, "supervisor.pid"), os.getpid()))
    job = kind_of(folder)(folder, read_spec(folder))
    signal.signal(signal.SIGTERM, job.on_stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        job.run()
    except Exception as error:  # the outermost edge: whatever it was, the server must hear of it
        traceback.print_exc()
        job.give_up(f"{type(error).__name__}: {error}")
    os.close(lock)
    return 0


def hold_lock(folder: str) -> int:
    """The lock comes held as standard input from launch(); a supervisor started by hand takes it itself."""
    path = os.path.join(folder, "supervisor.lock")
    if os.path.exists(path) and os.path.samestat(os.fstat(0), os.stat(path)):
        return 0
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return lock


def kind_of(folder: str) -> type[Job]:
    """A job, or one that waits to become one (see standby.py)."""
    if not os.path.exists(os.path.join(folder, "standby")):
        return Job
    from .standby import Standby

    return Standby


def read_spec(folder: str) -> dict[str, Any]:
    import json

    with open(os.path.join(folder, "spec.json"), encoding="utf-8") as file:
        spec: dict[str, Any] = json.load(file)
    return spec


def make_folders(own: str, table: str) -> None:
    """What a host finds of its own folder, with its table of host names."""
    for part in FOLDERS:
        os.makedirs(os.path.join(own, part), exist_ok=True)
    for part in ("tmp", "var-tmp"):
        os.chmod(os.path.join(own, part), 0o1777)
    with open(os.path.join(own, "etc-hosts"), "w", encoding="utf-8") as file:
        file.write(table)


class Job:
    """A job from its start to its exit.json."""

    def __init__(self, folder: str, spec: dict[str, Any]) -> None:
        self.folder, self.spec = folder, spec
        self.hosts: dict[str, Host] = {}
        self.feeders: list[int] = []
        self.notes: dict[str, str] = {}
        self.reason, self.detail = "exit", ""
        self.started: float | None = None
        self.told_start = False
        self.limit: float | None = None
        self.begun = False
        self.kill_at: float | None = None
        self.stopping = False
        self.dismissed = False
        self.begin_measures()
        self.wake_reader, self.wake_writer = os.pipe()
        os.set_blocking(self.wake_writer, False)
        os.set_blocking(self.wake_reader, False)
        signal.set_wakeup_fd(self.wake_writer)

    def begin_measures(self) -> None:
        self.next_sample = time.monotonic() + SAMPLE_SECONDS
        self.next_free = time.monotonic() + FREE_SECONDS
        self.next_walk, self.disk_bytes = 0.0, 0

    def run(self) -> None:
        try:
            self.start_hosts()
        except init.Refused as error:
            self.refuse(str(error))
        if self.stopping:
            self.signal(signal.SIGTERM)  # The stop came before there were hosts to tell.
        if self.notes:
            self.write_notes()
        self.watch()
        chaos.point("ended")
        self.finish()

    def start_hosts(self) -> None:
        table = addresses.table(self.folder, self.spec["hosts"])
        for name in self.spec["hosts"]:
            if self.stopping:
                return
            own = os.path.join(self.folder, "hosts", name)
            room.patiently(functools.partial(make_folders, own, table))
            fed = self.make_pipes(name)
            self.start_host(name, own)
            self.feed(fed)

    def make_pipes(self, name: str) -> list[tuple[dict[str, Any], str]]:
        """The pipes that a host reads its channels from, and where they are."""
        mine = [pipe for pipe in self.spec.get("pipes") or [] if pipe.get("host") in (None, name)]
        local = os.path.join(self.folder, "hosts", name, "opt-ml")
        paths = [os.path.join(local, os.path.relpath(pipe["target"], "/opt/ml")) for pipe in mine]
        for pipe, path in zip(mine, paths, strict=True):
            room.patiently(functools.partial(pipes.make_first, pipe, path))
        return list(zip(mine, paths, strict=True))

    def feed(self, fed: list[tuple[dict[str, Any], str]]) -> None:
        self.feeders += [pipes.feed(pipe, path) for pipe, path in fed]

    def order_pipe(self, name: str) -> int | None:
        """Where a host hears later what its job is; None when it is known."""
        return None

    def start_host(self, name: str, own: str) -> None:
        status_reader, status_writer = os.pipe()
        output_reader, output_writer = os.pipe()
        leave_reader, leave_writer = os.pipe()
        fcntl.fcntl(output_reader, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        log = room.patiently(lambda: logs.Log(os.path.join(own, "log"), output_reader))
        # Process 1 takes SIGTERM in its own way; between clone and that it must not come in this one's.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            order = self.order_pipe(name)
            given = init.Host(self.spec, name, self.folder, status_writer, output_writer, leave_reader, order)
            pid = init.start(given)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            os.close(status_writer)
            os.close(output_writer)
            if order is not None:
                os.close(order)
        try:
            chaos.point("cloned")
            room.patiently(lambda: facts.write_pid(os.path.join(own, "pid"), pid))
            os.write(leave_writer, init.LEAVE)
        finally:
            os.close(leave_writer)
            os.close(leave_reader)
        self.hosts[name] = Host(name, pid, status_reader, log)

    def watch(self) -> None:
        """Until every host has ended and said all it had to say."""
        poll = select.poll()
        doors: dict[int, tuple[str, Host]] = {}
        for host in self.hosts.values():
            doors[host.status] = ("status", host)
            doors[host.log.pipe] = ("log", host)
        for number in (self.wake_reader, *doors):
            poll.register(number, select.POLLIN)
        while doors:
            for number, _ in poll.poll(self.pause()):
                if number == self.wake_reader:
                    os.read(number, 4096)
                    continue
                kind, host = doors[number]
                more = host.log.pump() if kind == "log" else self.listen(host)
                if not more:
                    poll.unregister(number)
                    del doors[number]
            self.tick()

    def pause(self) -> int | None:
        """Milliseconds until something is due, None when nothing ever is."""
        due = [self.next_sample, self.next_free, *(time for time in (self.limit, self.kill_at) if time)]
        return max(0, int((min(due) - time.monotonic()) * 1000) + 1)

    def listen(self, host: Host) -> bool:
        """Take in what process 1 says; False when it is gone."""
        data = os.read(host.status, 65536)
        *lines, host.said = (host.said + data).split(b"\n")
        for line in lines:
            word, _, rest = line.decode(errors="replace").partition(" ")
            self.hear(host, word, rest)
        if not data:
            os.close(host.status)
            os.waitpid(host.pid, 0)
            host.ended = True
            if host.result is None and host.started:
                host.result = result(signal.SIGKILL)  # Process 1 takes all others with it.
            elif host.result is None:
                self.fail("error", f"{host.name} died before the program was started")
            self.check_end(host)
        return bool(data)

    def hear(self, host: Host, word: str, rest: str) -> None:
        match word:
            case "mounted":
                chaos.point("mounted")
            case "started":
                host.started = True
                self.note_start(float(rest))
            case "ended":
                host.result = result(int(rest))
                host.ended_at = time.monotonic()
            case "note":
                subject, _, sentence = rest.partition(" ")
                self.notes[subject] = sentence
                self.write_notes()
            case "refused":
                self.refuse(rest)
            case "failed":
                self.fail("error", rest)
            case "not_started":
                self.fail("not_started", rest)

    def note_start(self, at: float) -> None:
        if self.started is None:
            self.started = at
            seconds = self.spec.get("max_runtime_seconds")
            if seconds and self.spec.get("begins_with"):
                seconds += self.spec.get("start_seconds") or 0
            self.limit = time.monotonic() + seconds if seconds else None

    def tell_start(self) -> None:
        facts.write(os.path.join(self.folder, "started.json"), f'{{"time": {self.started!r}}}')
        self.told_start = True
        chaos.point("started")

    def try_to_tell_start(self) -> None:
        """On a full disk it is told later, as the job's limits must be kept meanwhile."""
        try:
            self.tell_start()
        except OSError as error:
            if error.errno not in room.FULL:
                raise

    def note_begin(self, now: float) -> None:
        """A program that says when its time begins has it from then on."""
        mark = self.spec.get("begins_with")
        if self.limit is None or self.begun or not mark:
            return
        for host in self.hosts.values():
            own = os.path.join(self.folder, "hosts", host.name, "opt-ml")
            age = facts.age(own, os.path.relpath(mark, "/opt/ml"))
            if age is not None:
                self.begun = True
                self.limit = min(self.limit, now - age + self.spec["max_runtime_seconds"])

    def check_end(self, host: Host) -> None:
        """A job is as good as its worst host: the others stop when one fails.

        Servers stop when nobody is left whom they serve, and everybody does when a server ends before that.
        """
        servers = self.spec.get("servers") or []
        if host.result is None or host.result["exit_code"] != 0 or host.name in servers:
            self.terminate()
        elif servers and all(each.ended for each in self.hosts.values() if each.name not in servers):
            self.dismissed = not self.stopping
            self.terminate()

    def results(self) -> dict[str, dict[str, int | None]]:
        """How the hosts ended, in that order; servers that were sent away had nothing to say."""
        gone = (self.spec.get("servers") or []) if self.dismissed else []
        return {
            host.name: host.result for host in self.in_order_of_end() if host.result and host.name not in gone
        }

    def on_stop(self, _number: int, _frame: object) -> None:
        """SIGTERM is the order to stop the job."""
        self.fail("stopped", "stopped by request")

    def refuse(self, why: str) -> None:
        self.fail("no_namespace", init.remedy(why))

    def fail(self, reason: str, detail: str, at_once: bool = False) -> None:
        """End the job for a reason other than its own; the first reason is the one that is told."""
        if self.reason == "exit":
            self.reason, self.detail = reason, detail
        self.terminate(at_once)

    def terminate(self, at_once: bool = False) -> None:
        """SIGTERM to all hosts, SIGKILL when the grace is over; at once for those that eat the disk."""
        now = time.monotonic()
        if not self.stopping:
            self.stopping = True
            self.kill_at = now + float(self.spec.get("stop_grace_seconds") or 120)
            self.signal(signal.SIGTERM)
        if at_once:
            self.kill_at = now

    def signal(self, number: int) -> None:
        for host in self.hosts.values():
            if not host.ended:
                os.kill(host.pid, number)

    def tick(self) -> None:
        now = time.monotonic()
        if self.started is not None and not self.told_start:
            self.try_to_tell_start()
        self.note_begin(now)
        if self.limit and now >= self.limit:
            self.limit = None
            self.fail("max_runtime", f"ran longer than {self.spec['max_runtime_seconds']} seconds")
        if self.kill_at and now >= self.kill_at:
            self.kill_at = None
            self.signal(signal.SIGKILL)
        if now >= self.next_free:
            self.next_free = now + FREE_SECONDS
            self.check_disk(now)
        if now >= self.next_sample:
            self.next_sample = now + SAMPLE_SECONDS
            self.sample()

    def check_disk(self, now: float) -> None:
        floor, quota = self.spec.get("free_bytes_floor") or 0, self.spec.get("disk_bytes")
        if now >= self.next_walk:
            self.measure_disk(now)
        if usage.free(self.folder) < floor and self.is_to_blame():
            self.fail(
                "disk_full", f"the disk has less than {floor} bytes free (free_bytes_floor)", at_once=True
            )
        if quota and self.disk_bytes > quota:
            detail = f"wrote {self.disk_bytes} bytes, more than the disk quota of {quota} bytes (disk_bytes)"
            self.fail("disk_full", detail, at_once=True)
        for host in self.hosts.values():
            host.log.patient = not self.is_to_blame()

    def measure_disk(self, now: float) -> None:
        """A walk over a large tree is slow; at most a twentieth of the time goes into it."""
        self.disk_bytes = usage.disk(os.path.join(self.folder, "hosts"))
        self.next_walk = time.monotonic() + max(FREE_SECONDS, 20 * (time.monotonic() - now))

    def is_to_blame(self) -> bool:
        """Whether a full disk may be this job's doing."""
        return self.disk_bytes >= room.BLAME_BYTES

    def sample(self) -> None:
        quota = self.spec.get("disk_bytes") or (self.disk_bytes + usage.free(self.folder)) or 1
        lines = []
        for host in self.hosts.values():
            if host.ended:
                continue
            looked = time.monotonic()
            seconds, memory = usage.processes(host.pid)
            # From before the last look until after this one: on a busy machine a look may take its time.
            cpu = (seconds - host.cpu_seconds) / (time.monotonic() - host.sampled)
            host.cpu_seconds, host.sampled = seconds, looked
            lines.append(usage.line(host.name, cpu, memory, self.disk_bytes / quota))
        try:
            with open(os.path.join(self.folder, "usage.jsonl"), "a", encoding="utf-8") as file:
                file.write("".join(lines))
        except OSError:
            self.notes["usage"] = "not all written: no space left"

    def finish(self) -> None:
        ended = time.time()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # It is too late for a stop.
        for feeder in self.feeders:
            os.kill(feeder, signal.SIGKILL)
            os.waitpid(feeder, 0)
        if self.started is not None and not self.told_start:
            self.make_room()
            room.patiently(self.tell_start)
        outputs = self.package() if self.started else []
        chaos.point("packaged")
        if self.notes:
            self.write_notes()
        self.tell_end(ended, outputs)

    def give_up(self, detail: str) -> None:
        """The supervisor itself failed: no host may go on without it."""
        self.fail("error", detail)
        self.signal(signal.SIGKILL)
        self.tell_end(time.time(), [])

    def tell_end(self, ended: float, outputs: list[str]) -> None:
        document = {
            "started": self.started,
            "ended": ended,
            "hosts": self.results(),
            "reason": self.reason,
            "detail": self.detail,
            "failure": self.read("output/failure"),
            "message": self.read("output/message"),
            "outputs": outputs,
        }
        path = os.path.join(self.folder, "exit.json")
        try:
            facts.write_json(path, document)
        except OSError:
            self.make_room()
            room.patiently(lambda: facts.write_json(path, document))

    def make_room(self) -> None:
        """A full disk must not keep the end from being told: what is no output gives way."""
        for name in self.hosts:
            for part in ("tmp", "var-tmp", "overlays"):
                removal.remove(os.path.join(self.folder, "hosts", name, part))

    def package(self) -> list[str]:
        try:
            try:
                done, left_out = self.package_once()
            except OSError:
                self.make_room()
                self.measure_disk(time.monotonic())
                done, left_out = (
                    self.package_once() if self.is_to_blame() else room.patiently(self.package_once)
                )
        except OSError as error:
            if self.reason == "exit":
                self.reason, self.detail = "error", f"the outputs could not be packaged: {error}"
            return []
        if left_out:
            self.notes["outputs"] = "left out, as they lead outside or are no files: " + ", ".join(
                left_out[:20]
            )
        return done

    def package_once(self) -> tuple[list[str], list[str]]:
        from . import packaging

        return packaging.package(self.folder, self.spec["hosts"], self.spec.get("outputs") or [])

    def read(self, relative: str) -> str | None:
        """The first 1,024 characters (as AWS) of a file below /opt/ml, on the first host to end with it."""
        for host in self.in_order_of_end():
            text = facts.read_text(os.path.join(self.folder, "hosts", host.name, "opt-ml"), relative, 1024)
            if text is not None:
                return text
        return None

    def in_order_of_end(self) -> list[Host]:
        """The first host to fail is the one to be told of; the others were stopped for it."""
        return sorted(self.hosts.values(), key=lambda host: host.ended_at)

    def write_notes(self) -> None:
        try:
            facts.write_json(os.path.join(self.folder, "notes.json"), self.notes)
        except OSError:
            traceback.print_exc()  # A note is not worth a job.
