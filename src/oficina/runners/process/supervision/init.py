"""Process 1 of a host: makes the view, starts the user's program, forwards SIGTERM, reaps, says how it ended.

It speaks to the supervisor in lines on a pipe: ``note SUBJECT SENTENCE``, ``mounted``, ``started TIME``,
``refused SENTENCE`` (the kernel allows no namespace), ``failed SENTENCE``, ``ended WAIT_STATUS``;
and ``ready`` where it waits for a job (see waiting.py).
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import time

from . import kernel, mounts, privileges, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC
LEAVE = b"."
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EINVAL, errno.ENOSYS, errno.EUSERS)


class Refused(Exception):
    """The kernel allows this user no namespace."""


def remedy(why: str) -> str:
    """What to do about a kernel that allows no namespace."""
    return (
        "the kernel allows this user no namespace, without which a job would not be private "
        f"({why}); as root type: sysctl -w kernel.unprivileged_userns_clone=1 (Debian) or "
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu) or "
        "sysctl -w user.max_user_namespaces=15000 (Red Hat); a container needs --privileged"
    )


class Host:
    """What process 1 needs to know."""

    def __init__(
        self,
        spec: dict[str, Any],
        name: str,
        folder: str,
        status: int,
        output: int,
        leave: int,
        order: int | None = None,
    ) -> None:
        self.spec, self.name, self.folder = spec, name, folder
        self.status, self.output = status, output
        self.leave = leave
        """Where the supervisor says that it has written down this host's process id."""
        self.order = order
        """Where the spec of the job comes from, when there is none yet."""

    def tell(self, *words: object) -> None:
        os.write(self.status, (" ".join(str(word) for word in words).replace("\n", " ") + "\n").encode())


def start(host: Host) -> int:
    """Start process 1 of a host in namespaces of its own; its process id as the supervisor sees it."""
    user, group, as_root = os.geteuid(), os.getegid(), os.geteuid() == 0
    try:
        child = kernel.clone(NAMESPACES if as_root else NAMESPACES | kernel.CLONE_NEWUSER)
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        if not as_root:
            raise Refused(error.strerror) from error
        as_root = False
        child = clone_as_user()
    if child:
        return child
    code = 70
    try:
        code = run(host, user, group, as_root)
    except (
        BaseException
    ) as error:  # the outermost edge of process 1: whatever it was, the supervisor must hear it
        host.tell("failed", f"{type(error).__name__}: {error}")
    finally:
        os._exit(code)


def clone_as_user() -> int:
    try:
        return kernel.clone(NAMESPACES | kernel.CLONE_NEWUSER)
    except OSError as error:
        raise Refused(error.strerror) from error


def run(host: Host, user: int, group: int, as_root: bool) -> int:
    """The life of process 1."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    keep_only(host.status, host.output, host.leave, *(() if host.order is None else (host.order,)))
    wait_for_leave(host)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
    try:
        if not as_root:
            map_user(user, group)
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    except PermissionError as error:
        host.tell("refused", error.strerror)
        return 0
    kernel.set_host_name(host.name)
    view = mounts.View(host.spec, host.name, host.folder, privileges.is_real_root())
    for subject, sentence in view.build().items():
        host.tell("note", subject, sentence)
    child = begin(host) if host.order is None else begin_later(host, view)
    if child:
        host.tell("ended", watch(child))
    return 0


def wait_for_leave(host: Host) -> None:
    """Make nothing before the supervisor has told all who may remove the folder whom to wait for.

    It may have died before PR_SET_PDEATHSIG, too: then nobody says anything, and this ends.
    """
    if os.read(host.leave, len(LEAVE)) != LEAVE:
        os._exit(0)
    os.close(host.leave)


def begin(host: Host) -> int:
    """Start the program of the job; 0 when it could not be started."""
    fill(host)
    host.tell("mounted")
    return spawn(host)


def begin_later(host: Host, view: mounts.View) -> int:
    """Wait until there is a job, then start its program."""
    from . import waiting

    return waiting.begin(host, view)


def keep_only(*wanted: int) -> None:
    """Close what the supervisor has open: its lock ends with it, and no handle may lead out of the view."""
    first = 3
    for number in sorted(wanted):
        os.closerange(first, number)
        first = number + 1
    os.closerange(first, 4096)
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def map_user(user: int, group: int) -> None:
    """Be root inside: the one user of this namespace is the user who runs oficina."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def fill(host: Host) -> None:
    """The folders and files that the program finds at its start."""
    os.umask(0o022)
    room.patiently(lambda: write_files(host))


def write_files(host: Host) -> None:
    for path in (*(host.spec.get("directories") or []), "/tmp/home"):
        os.makedirs(path, exist_ok=True)
    for file in host.spec.get("files") or []:
        if file.get("host") in (None, host.name):
            os.makedirs(os.path.dirname(file["target"]), exist_ok=True)
            with open(file["target"], "w", encoding="utf-8") as writer:
                writer.write(file["text"])


def environment(host: Host) -> dict[str, str]:
    """Exactly what the spec says, and a HOME."""
    extra = (host.spec.get("host_env") or {}).get(host.name) or {}
    return {"HOME": "/tmp/home", **(host.spec.get("env") or {}), **extra}


def command(host: Host) -> list[str]:
    """What runs on this host."""
    own: list[str] | None = (host.spec.get("host_command") or {}).get(host.name)
    return own or list(host.spec["command"])


def spawn(host: Host) -> int:
    """Start the user's program; returns when it runs, 0 when it could not be started."""
    child, failure = start_program(host)
    if failure:
        host.tell("not_started", failure)
        return 0
    host.tell("started", time.time())
    return child


def start_program(host: Host) -> tuple[int, str]:
    """The process of a program that runs now, or why it could not be started."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            execute(host)
        except BaseException as error:  # between fork and exec nothing may escape into process 1's code
            os.write(writer, sentence(error, host).encode())
        finally:
            os._exit(127)
    os.close(writer)
    failure = os.read(reader, 65536).decode()
    os.close(reader)
    if failure:
        os.waitpid(child, 0)
    return child, failure


def execute(host: Host) -> None:
    """Become the user's program."""
    env = environment(host)
    null = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((null, 0), (host.output, 1), (host.output, 2)):
        os.dup2(source, target)
    os.setsid()
    os.chdir(host.spec.get("workdir") or "/")
    limit(host.spec.get("disk_bytes"))
    if privileges.users() == 1:
        privileges.pretend_chown()
    privileges.drop_capabilities()
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    words = command(host)
    os.execvpe(words[0], words, env)


def limit(disk_bytes: int | None) -> None:
    """No single file above the quota; no core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if disk_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (disk_bytes, disk_bytes))


def sentence(error: BaseException, host: Host) -> str:
    """Why the program could not be started."""
    program = command(host)[0]
    if isinstance(error, FileNotFoundError) and error.filename == host.spec.get("workdir"):
        return f"the working folder {error.filename} does not exist in the job"
    if isinstance(error, FileNotFoundError):
        path = environment(host).get("PATH", os.defpath)
        return f"{program}: command not found; PATH is {path}"
    return f"{program} could not be started: {error}"


def watch(child: int) -> int:
    """Reap whatever ends, pass SIGTERM on, return the wait status of the user's program when it ends."""
    while True:
        number = signal.sigwait({signal.SIGTERM, signal.SIGCHLD})
        if number == signal.SIGTERM:
            os.kill(child, signal.SIGTERM)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == child:
                return status
            if pid == 0:
                break
