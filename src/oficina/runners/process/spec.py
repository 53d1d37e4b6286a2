"""What a job is, for its supervisor: the contents of ``spec.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A writable folder over read-only ones (the first wins); what the job writes there is its own."""

    target: str
    lower: list[str]


@dataclass(frozen=True, kw_only=True)
class Input:
    """A folder of hard links as the job's input; host None means every host."""

    target: str
    lower: str
    host: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pipe:
    """Files that the job reads one after the other from named pipes ``<target>_<epoch>``."""

    target: str
    files: list[str]
    host: str | None = None


@dataclass(frozen=True, kw_only=True)
class File:
    """A small text file that the job finds."""

    target: str
    text: str
    host: str | None = None


@dataclass(frozen=True, kw_only=True)
class Output:
    """A folder below /opt/ml that the job leaves: packed into ``out/<as>`` or left in place (tree)."""

    source: str
    name: str
    kind: Literal["tar.gz", "tree"] = "tar.gz"


@dataclass(frozen=True, kw_only=True)
class Waits:
    """A Python that waits for a program; the command of the spec starts it (``shim/oficina_warm.py``)."""

    shim: str
    """The folder of what it and process 1 have in common."""
    door: str
    """The socket, as the job sees it, where programs ask it."""
    imports: list[str]
    drivers: list[list[str]]
    """The arguments of programs whose own programs may ask it too."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A job: what to run, with what, for how long. All paths are absolute."""

    name: str
    arn: str
    command: list[str]
    home: str
    """oficina's home, out of the job's sight."""
    hosts: list[str] = field(default_factory=lambda: ["algo-1"])
    workdir: str = "/"
    env: dict[str, str] = field(default_factory=dict)
    """The whole environment; only HOME is added (/tmp/home) when it is missing."""
    host_env: dict[str, dict[str, str]] = field(default_factory=dict)
    host_command: dict[str, list[str]] = field(default_factory=dict)
    """What runs instead of ``command`` on the hosts that are named."""
    servers: list[str] = field(default_factory=list)
    """Hosts that serve the others: they end with the last of these, and none goes on without them."""
    layers: list[Layer] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    pipes: list[Pipe] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    max_runtime_seconds: float | None = None
    begins_with: str | None = None
    """A file below /opt/ml, by which the program says that its time begins; until then it only starts."""
    start_seconds: float = 0
    """How long that may take beyond the program's time."""
    stop_grace_seconds: float = 120
    """AWS sends SIGKILL 120 seconds after SIGTERM (StopTrainingJob)."""
    disk_bytes: int | None = None
    free_bytes_floor: int = 0
    readonly: list[str] = field(default_factory=list)
    """Paths that stay visible although they are below /tmp, the home or what is hidden."""
    writable: list[str] = field(default_factory=list)
    """Folders that jobs share and may write into, wherever they are."""
    laid_anew: list[str] = field(default_factory=list)
    """Folders of the machine that the job may add to; what is in them stays as it is."""
    hide: list[str] = field(default_factory=list)
    port: int | None = None
    waits: Waits | None = None
    """Set where hosts are prepared before their job is known."""

    def to_json(self) -> str:
        """The text of spec.json."""
        document = asdict(self)
        for output in document["outputs"]:
            output["as"] = output.pop("name")
        return json.dumps(document)

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """Read the text of a spec.json."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, document: dict[str, Any]) -> Spec:
        """The spec of a document in the form of spec.json; members that are not known are left out."""
        known = {entry.name for entry in fields(cls)}
        values = {key: value for key, value in document.items() if key in known}
        kinds: dict[str, Any] = {"layers": Layer, "inputs": Input, "pipes": Pipe, "files": File}
        for key, kind in kinds.items():
            values[key] = [kind(**entry) for entry in document.get(key) or []]
        values["outputs"] = [
            Output(name=entry["as"], source=entry["source"], kind=entry["kind"])
            for entry in document.get("outputs") or []
        ]
        if values.get("waits"):
            values["waits"] = Waits(**values["waits"])
        return cls(**values)

    def write(self, folder: Path) -> None:
        """Make the job's folder and put the spec into it."""
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / "spec.json.new"
        temporary.write_text(self.to_json(), encoding="utf-8")
        temporary.rename(folder / "spec.json")
