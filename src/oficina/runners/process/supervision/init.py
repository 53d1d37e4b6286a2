"""Process 1 of a host: makes the view, starts the user's program, forwards SIGTERM, reaps, says how it ended.

It speaks to the supervisor in lines on a pipe: ``note SUBJECT SENTENCE``, ``mounted``, ``started TIME``,
``refused SENTENCE`` (the kernel allows no namespace), ``failed SENTENCE``, ``ended WAIT_STATUS``.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import time

from . import kernel, mounts, privileges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWUTS | kernel.CLONE_NEWIPC
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSPC, errno.EINVAL, errno.ENOSYS, errno.EUSERS)


class Refused(Exception):
    """The kernel allows this user no namespace."""


class Host:
    """What process 1 needs to know."""

    def __init__(self, spec: dict[str, Any], name: str, folder: str, status: int, output: int) -> None:
        self.spec, self.name, self.folder = spec, name, folder
        self.status, self.output = status, output

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
    keep_only(host.status, host.output)
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
    fill(host)
    host.tell("mounted")
    child = spawn(host)
    if child:
        host.tell("ended", watch(child))
    return 0


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


def spawn(host: Host) -> int:
    """Start the user's program; returns when it runs, 0 when it could not be started."""
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
        host.tell("failed", failure)
        return 0
    host.tell("started", time.time())
    return child


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
    os.execvpe(host.spec["command"][0], host.spec["command"], env)


def limit(disk_bytes: int | None) -> None:
    """No single file above the quota; no core files."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if disk_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (disk_bytes, disk_bytes))


def sentence(error: BaseException, host: Host) -> str:
    """Why the program could not be started."""
    command = host.spec["command"][0]
    if isinstance(error, FileNotFoundError) and error.filename == host.spec.get("workdir"):
        return f"the working folder {error.filename} does not exist in the job"
    if isinstance(error, FileNotFoundError):
        path = environment(host).get("PATH", os.defpath)
        return f"{command}: command not found; PATH is {path}"
    return f"{command} could not be started: {error}"


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
