"""A disk of 48 MiB for a server's home, which a test fills to its last byte and frees again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.servers import OFICINA, Server, surroundings
from tests.waiting import wait_until

SIZES = (1 << 20, 4096, 1)
LARGE = [{"Key": f"tag-{number}", "Value": "x" * 256} for number in range(50)]


@dataclass
class SmallDisk:
    """A file system in a mount namespace of its own, and the servers on it."""

    folder: Path
    """On the machine's own disk: for what the servers say."""
    keeper: subprocess.Popen[str]
    """A process that keeps the namespace; through it the disk is seen from outside."""
    servers: list[Server] = field(default_factory=list)
    made: int = 0

    @classmethod
    def make(cls, folder: Path) -> SmallDisk:
        """An empty one."""
        home = folder / "small"
        home.mkdir()
        flags = "-m" if os.geteuid() == 0 else "-Urm"
        script = f'mount -t tmpfs -o size=48m none "{home}" && echo made && exec sleep infinity'
        keeper = subprocess.Popen(["unshare", flags, "sh", "-c", script], stdout=subprocess.PIPE, text=True)
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == "made\n"
        return cls(folder, keeper)

    @property
    def home(self) -> Path:
        """The home as it is seen from outside."""
        return Path(f"/proc/{self.keeper.pid}/root{self.folder}/small")

    @property
    def mark(self) -> Path:
        """The file that says that a process has come to its point; it goes on when it is removed."""
        return self.home / "at-the-point"

    def point(self, name: str) -> str:
        """What OFICINA_CHAOS is for a server that waits at a point."""
        return f"{name} {self.folder}/small/{self.mark.name}"

    def inside(self, *words: str) -> list[str]:
        """A command that sees the disk."""
        flags = [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]
        return ["nsenter", "-t", str(self.keeper.pid), "-m", *flags, "--", *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs ``oficina`` with the disk as its home."""
        return subprocess.run(
            self.inside(*OFICINA, *words, "--home", f"{self.folder}/small"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=surroundings(OFICINA_FREE_BYTES="1"),
        )

    def rows(self, query: str) -> list[list[Any]]:
        """What the database answers; SQLite would look for its file outside if it were asked from there."""
        program = f"""
import json, sqlite3
database = sqlite3.connect("file:{self.folder}/small/oficina.db?mode=ro", uri=True)
print(json.dumps(database.execute({query!r}).fetchall()))
"""
        done = subprocess.run(self.inside(sys.executable, "-c", program), capture_output=True, check=True)
        found: list[list[Any]] = json.loads(done.stdout)
        return found

    def start(self, **settings: str) -> Server:
        """A server; what it says is kept for ``said``."""
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                self.inside(
                    *OFICINA, "up", "--port", "0", "--quiet", "--open", "--home", f"{self.folder}/small"
                ),
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env=surroundings(OFICINA_STRICT="1", OFICINA_FREE_BYTES="1", OFICINA_HOLD="0", **settings),
            )
        assert process.stdout is not None
        self.servers.append(Server(self.home, process, process.stdout.readline().strip()))
        assert self.servers[-1].address, self.said()
        return self.servers[-1]

    def said(self) -> str:
        """What all servers have said."""
        return (self.folder / "said").read_text(encoding="utf-8")

    def waits(self, what: str) -> None:
        """Returns when the server has said that something waits."""
        wait_until(
            lambda: any(what in line and "wait" in line for line in self.said().splitlines()),
            f"nothing was said of {what} that waits",
        )

    def fill(self, leave: int = 0) -> None:
        """Fills the disk to its last byte, or but for some bytes, as somebody else's files might."""
        with (self.home / "ballast").open("ab", buffering=0) as file:
            for size in SIZES:
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError:
                    continue
            file.truncate(file.seek(0, os.SEEK_END) - leave)

    def free(self) -> None:
        """Makes room again."""
        (self.home / "ballast").unlink()

    def exhaust(self, sagemaker: Any) -> dict[str, Any]:
        """Fills the disk, uses up what the database has of its own room, and gives the refusal."""
        self.fill()
        for tags in (LARGE, []):
            refusal = self._refused(sagemaker.create_model_package_group, Tags=tags)
        return refusal

    def _refused(self, call: Callable[..., Any], **members: Any) -> dict[str, Any]:
        for _ in range(2000):
            self.made += 1
            try:
                call(ModelPackageGroupName=f"late-{self.made}", **members)
            except ClientError as error:
                return dict(error.response)
        raise AssertionError("the disk never filled up")

    def reached(self) -> None:
        """Returns when a process stands at its point."""
        wait_until(self.mark.exists, "the point was not reached")

    def go_on(self) -> None:
        """Lets it go on."""
        self.mark.unlink()

    def close(self) -> None:
        """Ends all that is on the disk."""
        for server in self.servers:
            if server.process.poll() is None:
                server.kill()
            server.sweep()
        self.keeper.kill()
        self.keeper.wait()


def is_refusal(told: Mapping[str, Any]) -> bool:
    """Whether an answer says in AWS's shape that there is no room."""
    full = told["ResponseMetadata"]["HTTPStatusCode"] == 507
    return bool(full and told["Error"]["Code"] == "InsufficientStorage")
