"""Everything that holds for root holds for an ordinary user."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from oficina.runners.process.supervision import kernel

NOBODY = 65534
REPOSITORY = Path(__file__).parents[2]
TESTS = sorted(
    str(path) for path in Path(__file__).parent.glob("test_process_*.py") if path != Path(__file__)
)


def test_the_same_tests_pass_for_an_ordinary_user() -> None:
    if os.geteuid() != 0:
        return  # Then the other tests have just shown it.
    # Not pytest's own folder: nobody else may enter that.
    with tempfile.TemporaryDirectory(prefix="oficina-user-") as folder:
        os.chown(folder, NOBODY, NOBODY)
        command = [sys.executable, str(Path(__file__)), folder]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def become_user(folder: Path) -> None:
    """Run the tests as nobody, who must be able to reach the interpreter even if it is in root's home."""
    child = kernel.clone(kernel.CLONE_NEWNS)
    if child:
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    open_up([sys.prefix, sys.base_prefix, str(REPOSITORY)])
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.chdir(REPOSITORY)
    env = {**environment(), "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(folder)}
    options = ["-q", "-x", "-p", "no:cacheprovider", "--basetemp", str(folder / "pytest")]
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *options, *TESTS], env)


def open_up(paths: list[str]) -> None:
    """Lay an open folder over each closed one above the paths, with the paths in it."""
    handles = {path: os.open(path, os.O_PATH) for path in paths}
    closed = {
        parent for path in paths for parent in map(str, Path(path).parents) if not os.stat(parent).st_mode & 1
    }
    for top in sorted(closed):
        if os.path.isdir(top) and not os.stat(top).st_mode & 1:
            kernel.mount("tmpfs", top, "tmpfs", 0, "mode=755")
            for path, handle in handles.items():
                if path.startswith(top + "/"):
                    os.makedirs(path)
                    kernel.mount(f"/proc/self/fd/{handle}", path, None, kernel.MS_BIND | kernel.MS_REC)


if __name__ == "__main__":
    become_user(Path(sys.argv[1]))
