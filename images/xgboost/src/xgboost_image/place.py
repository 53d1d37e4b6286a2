"""Where the container contract keeps things: files and folders under `/opt/ml`, read once per job."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def base() -> Path:
    """`/opt/ml`, or what SAGEMAKER_BASE_DIR says, as AWS's toolkits have it."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def read_json(path: Path) -> dict[str, Any]:
    """A configuration file's object; an empty one when there is no such file."""
    if not path.exists():
        return {}
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@dataclass(frozen=True)
class Job:
    """What a training job is told about itself."""

    hyperparameters: dict[str, str]
    channels: dict[str, dict[str, Any]]
    hosts: list[str]
    current_host: str
    checkpoint_folder: Path | None
    root: Path = field(default_factory=base)

    @property
    def is_master(self) -> bool:
        """The first of the hosts by name gathers the others and writes the model."""
        return self.current_host == sorted(self.hosts)[0]

    @property
    def model_folder(self) -> Path:
        return self.root / "model"

    @property
    def output_data_folder(self) -> Path:
        return self.root / "output" / "data"

    def channel_path(self, name: str) -> Path | None:
        """The folder of a channel's data; None when the job has no such channel."""
        return self.root / "input" / "data" / name if name in self.channels else None


def read_job() -> Job:
    """The job of this container, from `/opt/ml/input/config`."""
    root = base()
    config = root / "input" / "config"
    resources = read_json(config / "resourceconfig.json")
    checkpoints = read_json(config / "checkpointconfig.json").get("LocalPath")
    current = resources.get("current_host", "algo-1")
    return Job(
        hyperparameters=read_json(config / "hyperparameters.json"),
        channels=read_json(config / "inputdataconfig.json"),
        hosts=resources.get("hosts", [current]),
        current_host=current,
        checkpoint_folder=Path(checkpoints) if checkpoints else None,
        root=root,
    )


def write_failure(text: str) -> None:
    """What becomes the job's FailureReason; SageMaker reads its first 1,024 characters."""
    path = base() / "output" / "failure"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
