"""What one host of a job sees: a read-only machine, its own /opt/ml and /tmp, nothing of oficina's home."""

from __future__ import annotations

import functools
import os

from . import copying, kernel, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What the real root could write in /proc in spite of having lost its capabilities; the list is Docker's.
PROC_READONLY = ("/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/sysrq-trigger")
# Volatile means no fsync, as nothing in an upper folder outlives the job; Linux has it since 5.10.
OVERLAY_OPTIONS = ("index=off,volatile", "index=off")


class View:
    """Builds it; every source is opened before anything is covered, and is mounted by its handle."""

    def __init__(self, spec: dict[str, Any], host: str, folder: str, real_root: bool) -> None:
        self.spec, self.host, self.real_root = spec, host, real_root
        self.folder, self.own = folder, os.path.join(folder, "hosts", host)
        self.handles: dict[str, int] = {}
        self.links: dict[str, str] = {}
        self.covers: list[str] = []
        self.laid_anew = [os.path.abspath(path) for path in spec.get("laid_anew") or []]
        # Folders that jobs share and may write into; a covered one looks as if it were not there.
        shared = map(os.path.abspath, spec.get("writable") or [])
        self.writable = [path for path in shared if os.path.isdir(path)]
        self.notes: dict[str, str] = {}

    def build(self) -> dict[str, str]:
        """Make the view and return what could not be as it should; the flow of the whole file."""
        kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
        self.protect_machine()
        self.open_sources()
        self.replace_opt()
        self.lay_others_anew()
        self.replace_temporary_folders()
        self.hide()
        self.show_again()
        self.add_layers()
        self.add_inputs()
        self.add_host_names()
        self.replace_proc()
        if not self.spec.get("waits"):
            self.close()
        return self.notes

    def close(self) -> None:
        for handle in self.handles.values():
            os.close(handle)

    def complete(self, spec: dict[str, Any], folder: str) -> dict[str, str]:
        """Add the inputs of a job that came later, into whose folder this view's was renamed."""
        self.notes.clear()
        self.spec = spec
        for entry in self.inputs():
            inside = os.path.relpath(entry["lower"], folder)
            self.handles[entry["lower"]] = os.open(
                f"{self.handle(self.folder)}/{inside}", os.O_PATH | os.O_CLOEXEC
            )
        self.add_inputs()
        self.close()
        return self.notes

    def note(self, subject: str, sentence: str) -> None:
        self.notes[subject] = sentence

    def protect_machine(self) -> None:
        """Everything read-only but the host's own folder, which is bound on itself to stay writable."""
        own = [self.own, *self.writable]
        for path in own:
            kernel.mount(path, path, None, kernel.MS_BIND)
        if kernel.set_readonly("/"):
            for path in own:
                kernel.set_readonly(path, readonly=False)
        else:
            self.note("readonly", "the machine's folders are writable: the kernel is older than 5.12")

    def open_sources(self) -> None:
        for path in self.visible():
            self.open(path)
        for layer in self.layers():
            for lower in layer["lower"]:
                self.open(lower)
        for entry in self.inputs():
            self.open(entry["lower"])
        self.open(self.folder)
        for name in os.listdir(self.own):
            self.open(os.path.join(self.own, name))
        for folder in ("/opt", *self.laid_anew):
            if os.path.isdir(folder):
                for name in os.listdir(folder):
                    self.open(os.path.join(folder, name))

    def open(self, path: str) -> None:
        if os.path.islink(path):
            self.links[path] = os.readlink(path)
        if path not in self.handles and os.path.exists(path):
            self.handles[path] = os.open(path, os.O_PATH | os.O_CLOEXEC)

    def handle(self, path: str) -> str:
        """A path to an opened source that works whatever covers its name."""
        return f"/proc/self/fd/{self.handles[path]}"

    def layers(self) -> list[dict[str, Any]]:
        return sorted(self.spec.get("layers") or [], key=lambda layer: str(layer["target"]))

    def inputs(self) -> list[dict[str, Any]]:
        """The inputs of this host, outer folders first."""
        mine = [entry for entry in self.spec.get("inputs") or [] if entry.get("host") in (None, self.host)]
        return sorted(mine, key=lambda entry: str(entry["target"]))

    def visible(self) -> list[str]:
        """What must stay reachable as it is although a folder above it is replaced or hidden."""
        wanted = [os.path.abspath(path) for path in self.spec.get("readonly") or []]
        wanted += self.writable
        programs = [
            os.path.join(lower, "bin", "python") for layer in self.layers() for lower in layer["lower"]
        ]
        command = self.spec["command"][0]
        if os.path.isabs(command):
            programs.append(command)
        for program in programs:
            wanted += interpreter_folders(program)
        return sorted(set(wanted))

    def cover(self, path: str, options: str = "mode=755,size=64m") -> None:
        """Put an empty folder (or file) over a path."""
        self.covers.append(path)
        if os.path.isdir(path):
            kernel.mount("tmpfs", path, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
        else:
            kernel.mount("/dev/null", path, None, kernel.MS_BIND)

    def replace_opt(self) -> None:
        """/opt/ml is the job's own; the machine need not have one, so /opt is laid anew around it."""
        more = any(os.path.dirname(layer["target"]) == "/opt" for layer in self.layers())
        if more or not os.path.isdir("/opt/ml"):
            self.lay_anew("/opt")
        self.bind(os.path.join(self.own, "opt-ml"), "/opt/ml")

    def lay_anew(self, folder: str) -> None:
        """A folder that can be written into, with all in it that the machine has there."""
        self.cover(folder)
        for path in [path for path in {**self.handles, **self.links} if os.path.dirname(path) == folder]:
            self.bind(path, path)

    def lay_others_anew(self) -> None:
        for folder in self.laid_anew:
            if os.path.isdir(folder) and not os.path.islink(folder):
                self.lay_anew(folder)

    def replace_temporary_folders(self) -> None:
        for path, name in (("/tmp", "tmp"), ("/var/tmp", "var-tmp")):
            if os.path.isdir(path) and not os.path.islink(path):
                self.covers.append(path)
                self.bind(os.path.join(self.own, name), path)
        if os.path.isdir("/dev/shm"):
            kernel.mount("tmpfs", "/dev/shm", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777")

    def hide(self) -> None:
        for path in [self.spec["home"], *(self.spec.get("hide") or [])]:
            path = os.path.realpath(path)
            if os.path.lexists(path):
                self.cover(path)
            else:
                self.covers.append(path)

    def covered(self, path: str) -> bool:
        return any(path == cover or path.startswith(cover.rstrip("/") + "/") for cover in self.covers)

    def show_again(self) -> None:
        """Bind back what a cover took away."""
        for path in self.visible():
            if (
                self.covered(path)
                and not os.path.lexists(path)
                and (path in self.handles or path in self.links)
            ):
                self.bind(path, path)

    def bind(self, source: str, target: str) -> None:
        """Mount an opened source on a target, which is made as what the source is."""
        if source == target and source in self.links:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(self.links[source], target)
            return
        handle = self.handle(source)
        room.patiently(lambda: make_target(target, os.path.isdir(handle)))
        kernel.mount(handle, target, None, kernel.MS_BIND | kernel.MS_REC)

    def overlay(self, lowers: list[str], target: str, private: str) -> None:
        """A writable folder over read-only ones; what is written stays in the host's private folder."""
        private = self.handle(os.path.join(self.own, "overlays")) + "/" + private
        for path in (f"{private}/upper", f"{private}/work", target):
            room.patiently(functools.partial(os.makedirs, path, exist_ok=True))
        lower = ":".join(self.handle(path) for path in lowers)
        layers = f"lowerdir={lower},upperdir={private}/upper,workdir={private}/work"
        user = "" if self.real_root else ",userxattr"
        for options in OVERLAY_OPTIONS:
            try:
                options = f"{layers},{options}{user}"
                room.patiently(functools.partial(kernel.mount, "overlay", target, "overlay", 0, options))
                return
            except OSError as error:
                refused = error
        raise refused

    def add_layers(self) -> None:
        for place, layer in enumerate(self.layers()):
            if not os.path.isdir(self.handle(layer["lower"][0])):
                self.bind(layer["lower"][0], layer["target"])  # a file, which no overlay can hold
                continue
            try:
                self.overlay(layer["lower"], layer["target"], f"layer-{place}")
            except OSError as error:
                self.bind(layer["lower"][0], layer["target"])
                self.note("layers", f"{layer['target']} is read-only: no overlay ({error.strerror})")

    def add_inputs(self) -> None:
        for place, entry in enumerate(self.inputs()):
            target = entry["target"]
            if self.is_output(target):
                # An output is read from the folder itself, so an input there must be a real copy.
                room.patiently(functools.partial(copying.copy_tree, self.handle(entry["lower"]), target))
                continue
            try:
                self.overlay([entry["lower"]], target, f"input-{place}")
            except OSError as error:
                room.patiently(functools.partial(copying.copy_tree, self.handle(entry["lower"]), target))
                self.note("inputs", f"copied: no overlay ({error.strerror})")

    def is_output(self, target: str) -> bool:
        sources = [output["source"].rstrip("/") + "/" for output in self.spec.get("outputs") or []]
        return any((target + "/").startswith(source) or source.startswith(target + "/") for source in sources)

    def add_host_names(self) -> None:
        path = os.path.realpath("/etc/hosts")
        if os.path.isfile(path):
            self.bind(os.path.join(self.own, "etc-hosts"), path)

    def replace_proc(self) -> None:
        try:
            kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        except PermissionError:
            self.note("proc", "the machine's /proc is visible: the kernel allows no new one here")
            return
        if self.real_root:
            for path in PROC_READONLY:
                if os.path.exists(path):
                    kernel.mount(path, path, None, kernel.MS_BIND)
                    kernel.set_readonly(path)


def make_target(path: str, folder: bool) -> None:
    """What something is to be mounted on."""
    if folder:
        os.makedirs(path, exist_ok=True)
    elif not os.path.lexists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))


def interpreter_folders(program: str) -> list[str]:
    """The installations that a program's chain of links leads through, as an environment's python does."""
    folders = []
    for _ in range(16):
        if not os.path.islink(program):
            break
        program = os.path.normpath(os.path.join(os.path.dirname(program), os.readlink(program)))
        folders.append(os.path.dirname(os.path.dirname(program)))
    return [folder for folder in folders if folder not in ("/", "/usr", "/usr/local")]
