"""``image.toml``: what one folder of ``images/`` says about itself.

    repositories = ["sagemaker-scikit-learn"]     # the last part of the URIs' paths
    metric_definitions = "metric-definitions.json"
    tunable_ranges = "tunable.json"               # a ParameterRanges: what AWS documents as tunable
    former = { xgboost = "0.72-1" }               # a repository of old, all of whose tags are that one

    [commands]
    train = ["python", "-m", "container_toolkit.train"]
    serve = ["python", "-m", "container_toolkit.serve"]
    process = ["python"]                          # a processing job without an entry point

    [environment]
    NAME = "value"

    [warm]
    imports = ["numpy", "mine:read"]              # what a Python that waits in a pool has imported

    [tags."1.2-1"]
    requirements = "requirements-1.2-1.txt"       # pins with hashes
    python = ">=3.11,<3.14"
    aliases = ["1.0-1", "0.23-1", "latest"]       # tags that get this environment too
    sdk = 2                                       # the major version of the SageMaker SDK that is in it
    environment = { NAME = "value" }

A warm import with a colon is a function, which is called. All but repositories and tags may be left out.
No tag, or a digest alone, means the tag with the SDK of the client that sent a remote function, else
"latest"; where no tag has that alias it is the last one.
The packages in ``src/`` beside it, those in ``src-<tag>/`` and those of ``images/toolkit/src`` are copied
into the environment.
"""

from __future__ import annotations

import functools
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .reference import bare, numbers

TOOLKIT = "toolkit"
LATEST = "latest"
_TRAIN = ("python", "-m", "container_toolkit.train")
_SERVE = ("python", "-m", "container_toolkit.serve")


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One version of an image."""

    name: str
    requirements: str
    python: str = ">=3.11"
    aliases: tuple[str, ...] = ()
    sdk: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An ``image.toml``, read."""

    folder: Path
    repositories: tuple[str, ...]
    tags: Mapping[str, Tag]
    former: Mapping[str, str] = field(default_factory=dict)
    train: tuple[str, ...] = _TRAIN
    serve: tuple[str, ...] = _SERVE
    process: tuple[str, ...] = ("python",)
    environment: Mapping[str, str] = field(default_factory=dict)
    metric_definitions: tuple[Mapping[str, str], ...] = ()
    tunable_ranges: Mapping[str, Any] = field(default_factory=dict)
    warm: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Definition:
        """Read an ``image.toml``."""
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        metrics, tunable = told.get("metric_definitions"), told.get("tunable_ranges")
        commands = told.get("commands", {})
        return cls(
            folder=path.parent,
            repositories=tuple(told["repositories"]),
            tags={name: _tag(name, entry) for name, entry in told["tags"].items()},
            former=told.get("former", {}),
            train=tuple(commands.get("train", _TRAIN)),
            serve=tuple(commands.get("serve", _SERVE)),
            process=tuple(commands.get("process", ("python",))),
            environment=told.get("environment", {}),
            metric_definitions=tuple(json.loads((path.parent / metrics).read_bytes())) if metrics else (),
            tunable_ranges=json.loads((path.parent / tunable).read_bytes()) if tunable else {},
            warm=tuple(told.get("warm", {}).get("imports", ())),
        )

    def sources(self, tag: Tag) -> tuple[Path, ...]:
        """The folders of packages of our own: the toolkit's, over them the image's, over them the tag's."""
        folders = (self.folder.parent / TOOLKIT / "src", self.folder / "src", self.folder / f"src-{tag.name}")
        return tuple(folder for folder in folders if folder.is_dir())

    def find(self, asked: str | None, sdk: int | None = None) -> Tag | None:
        """The tag that answers to the one asked for, or to the client's SDK when none was.

        Itself; else itself without AWS's suffix; else the tag that says it stands for it; else the nearest
        one of the same major version, the newer of two as near.
        """
        if asked is None and sdk is not None:
            for tag in self.tags.values():
                if tag.sdk == sdk:
                    return tag
        asked = asked or LATEST
        plain = bare(asked)
        for name in (asked, plain):
            if name in self.tags:
                return self.tags[name]
        for tag in self.tags.values():
            if plain in tag.aliases or asked in tag.aliases:
                return tag
        if plain == LATEST:
            return list(self.tags.values())[-1]
        return self._nearest(numbers(plain))

    def _nearest(self, asked: tuple[int, ...]) -> Tag | None:
        if not asked:
            return None
        same = [tag for tag in self.tags.values() if numbers(tag.name)[:1] == asked[:1]]
        return min(same, key=lambda tag: _distance(numbers(tag.name), asked), default=None)


def _distance(mine: tuple[int, ...], asked: tuple[int, ...]) -> tuple[list[int], bool]:
    width = max(len(mine), len(asked))
    pairs = zip(mine + (0,) * (width - len(mine)), asked + (0,) * (width - len(asked)), strict=True)
    return [abs(one - other) for one, other in pairs], mine < asked


def _tag(name: str, entry: Mapping[str, object]) -> Tag:
    values = dict(entry)
    values["aliases"] = tuple(values.get("aliases", ()))  # type: ignore[arg-type]
    return Tag(name=name, **values)  # type: ignore[arg-type]


def folder() -> Path:
    """Where the images are: packed into the installed package, or ``images/`` of the source checkout."""
    packed = Path(__file__).parents[2] / "_images"
    if packed.is_dir():
        return packed
    return Path(os.path.abspath(__file__)).parents[4] / "images"


def definitions() -> list[Definition]:
    """Every image that comes with oficina, by name; read again when a file has changed."""
    paths = sorted(folder().glob("*/image.toml"))
    return list(_definitions(tuple((path, path.stat().st_mtime_ns) for path in paths)))


@functools.lru_cache(maxsize=4)
def _definitions(paths: tuple[tuple[Path, int], ...]) -> tuple[Definition, ...]:
    return tuple(Definition.read(path) for path, _ in paths)
