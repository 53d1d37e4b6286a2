"""Every setting of oficina, with its variable and its meaning; the only place that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any


def _default_slots() -> int:
    return max(2, os.cpu_count() or 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one server."""

    home: Path = Path("~/.oficina")
    """OFICINA_HOME: the folder that holds all state."""
    host: str = "127.0.0.1"
    """OFICINA_HOST: the address to listen on; loopback unless told otherwise."""
    port: int = 4600
    """OFICINA_PORT: the one port of every API; 0 takes any free one."""
    account: str = "123456789012"
    """OFICINA_ACCOUNT: the account of the default key."""
    region: str = "us-east-1"
    """OFICINA_REGION: the region of requests that name none."""
    open: bool = False
    """OFICINA_OPEN: accept any key; a key of twelve digits is its own account."""
    strict: bool = False
    """OFICINA_STRICT: answer 500 when an answer of ours breaks AWS's output shape (for tests)."""
    slots: int = 0
    """OFICINA_SLOTS: jobs that run at once; 0 follows the machine's cores."""
    hold: float = 10.0
    """OFICINA_HOLD: seconds that a Describe of a young job may wait for the job's end."""
    mlflow_idle: float = 1800.0
    """OFICINA_MLFLOW_IDLE: seconds without a request after which an MLflow server rests."""
    chaos: str = ""
    """OFICINA_CHAOS: the named point at which a process kills itself, or waits (for tests)."""
    free_bytes: int = 512 * 1024 * 1024
    """OFICINA_FREE_BYTES: disk that jobs must leave free on the home's file system."""
    cache: Path | None = None
    """OFICINA_CACHE: where built images and downloaded packages are kept, to share them between homes."""

    @property
    def images(self) -> Path:
        """The folder of built image environments."""
        return (self.cache or self.home) / "images"

    @property
    def downloads(self) -> Path:
        """The folder of downloaded packages and of pip layers."""
        return (self.cache or self.home) / "cache"

    @property
    def execution_role(self) -> str:
        """The name of the seeded execution role."""
        return "AmazonSageMaker-ExecutionRole-oficina"

    def with_overrides(self, **overrides: Any) -> Config:
        """A copy in which every override that is not None holds."""
        return replace(self, **{name: value for name, value in overrides.items() if value is not None})


def variable_of(setting: str) -> str:
    """The environment variable of a setting."""
    return f"OFICINA_{setting.upper()}"


def _cast(setting: str, text: str, default: Any) -> Any:
    if setting in ("home", "cache"):
        return Path(text).expanduser()
    if isinstance(default, bool):
        return text.strip().lower() in ("1", "true", "yes", "on")
    if isinstance(default, int):
        return int(text)
    if isinstance(default, float):
        return float(text)
    return text


def load(environment: Mapping[str, str] | None = None) -> Config:
    """The settings that the environment gives; what it does not name keeps its default."""
    environment = os.environ if environment is None else environment
    found: dict[str, Any] = {}
    for setting in fields(Config):
        text = environment.get(variable_of(setting.name))
        if text:
            try:
                found[setting.name] = _cast(setting.name, text, setting.default)
            except ValueError as error:
                raise ValueError(f"{variable_of(setting.name)}={text} is no number") from error
    config = Config(**found)
    slots = config.slots or _default_slots()
    return replace(config, home=config.home.expanduser().absolute(), slots=slots)
