"""``image.toml``: what one folder of ``images/`` says about itself.

    repositories = ["sagemaker-scikit-learn"]     # the last part of the URIs' paths
    default = "1.2-1"                             # for no tag, "latest" and a digest alone
    train = ["python", "-m", "container_toolkit.train"]
    serve = ["python", "-m", "container_toolkit.serve"]
    process = ["python"]                          # a processing job without an entry point
    metric_definitions = "metric-definitions.json"
    environment = { NAME = "value" }

    [tags."1.2-1"]
    requirements = "requirements-1.2-1.txt"       # pins with hashes
    python = ">=3.11,<3.14"
    stands_for = ["1.0-1", "0.23-1"]              # tags that get this environment too
    environment = { NAME = "value" }

All but repositories, default and tags may be left out. The packages in ``src/`` beside it, and those of
``images/toolkit/src``, are copied into the environment.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .reference import bare, numbers

TOOLKIT = "toolkit"
_TRAIN = ("python", "-m", "container_toolkit.train")
_SERVE = ("python", "-m", "container_toolkit.serve")


@dataclass(frozen=True, kw_only=True)
class Tag:
    """One version of an image."""

    name: str
    requirements: str
    python: str = ">=3.11"
    stands_for: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An ``image.toml``, read."""

    folder: Path
    repositories: tuple[str, ...]
    default: str
    tags: Mapping[str, Tag]
    train: tuple[str, ...] = _TRAIN
    serve: tuple[str, ...] = _SERVE
    process: tuple[str, ...] = ("python",)
    environment: Mapping[str, str] = field(default_factory=dict)
    metric_definitions: tuple[Mapping[str, str], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Definition:
        """Read an ``image.toml``."""
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        metrics = told.get("metric_definitions")
        return cls(
            folder=path.parent,
            repositories=tuple(told["repositories"]),
            default=told["default"],
            tags={name: _tag(name, entry) for name, entry in told["tags"].items()},
            train=tuple(told.get("train", _TRAIN)),
            serve=tuple(told.get("serve", _SERVE)),
            process=tuple(told.get("process", ("python",))),
            environment=told.get("environment", {}),
            metric_definitions=tuple(json.loads((path.parent / metrics).read_bytes())) if metrics else (),
        )

    @property
    def sources(self) -> tuple[Path, ...]:
        """The folders of packages of our own: the image's and the toolkit's."""
        folders = (self.folder / "src", self.folder.parent / TOOLKIT / "src")
        return tuple(folder for folder in folders if folder.is_dir())

    def find(self, asked: str | None) -> Tag | None:
        """The tag that answers to the one asked for.

        Itself; else itself without AWS's suffix; else the tag that says it stands for it; else the nearest
        one of the same major version, the newer of two as near.
        """
        if asked is None or bare(asked) == "latest":
            return self.tags[self.default]
        plain = bare(asked)
        for name in (asked, plain):
            if name in self.tags:
                return self.tags[name]
        for tag in self.tags.values():
            if plain in tag.stands_for or asked in tag.stands_for:
                return tag
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
    values["stands_for"] = tuple(values.get("stands_for", ()))  # type: ignore[arg-type]
    return Tag(name=name, **values)  # type: ignore[arg-type]


def folder() -> Path:
    """Where the images are: packed into the installed package, or ``images/`` of the source checkout."""
    packed = Path(__file__).parents[2] / "_images"
    if packed.is_dir():
        return packed
    return Path(os.path.abspath(__file__)).parents[4] / "images"


def definitions() -> list[Definition]:
    """Every image that comes with oficina, by name."""
    return [Definition.read(path) for path in sorted(folder().glob("*/image.toml"))]
