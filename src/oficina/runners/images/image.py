"""What an image is once its URI has been understood, and the errors on the way there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oficina.errors import OficinaError

Progress = Callable[[str], None]
"""Is told each line of a build while it happens."""

TAG = "OFICINA_IMAGE_TAG"
"""The variable that tells a container which tag was asked for; the packages may be a neighbouring tag's."""

MARKER = "oficina-image.json"
"""The file that is written last into an environment: with it the environment is whole."""


class ImageError(OficinaError):
    """An image that no job can use, with the sentence that says what to type."""


class ImageUnknown(ImageError):
    """No image here answers to the URI."""


class ImageNotBuilt(ImageError):
    """The environment of an image could not be made."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image: its commands, its variables, and the environment of packages that it runs in."""

    uri: str
    """As it was asked for."""
    name: str
    """The folder in ``images/``, or the name that the user gave."""
    repository: str
    tag: str
    digest: str
    """Of all that the environment is made from: pins, sources, interpreter."""
    path: Path
    """The environment; there once ``ready``."""
    train: tuple[str, ...]
    """The command of a training job that names none; ``python`` is found on the environment's PATH."""
    serve: tuple[str, ...]
    process: tuple[str, ...]
    """The command of a processing job that names none."""
    environment: dict[str, str] = field(default_factory=dict)
    metric_definitions: tuple[Mapping[str, str], ...] = ()
    """What AWS fills in for its built-in algorithms (Name and Regex)."""
    tunable_ranges: Mapping[str, Any] = field(default_factory=dict)
    """The ``ParameterRanges`` that AWS documents for a built-in algorithm."""
    warm: tuple[str, ...] = ()
    """What a Python in a warm pool imports while it waits; a ``module:function`` is called."""
    python: Path
    """The interpreter that the environment is made with."""
    requirements: str
    """Pins with hashes; or, for a user's image, what the user wrote."""
    sources: tuple[Path, ...] = ()
    """Folders whose packages are copied into the environment."""
    pinned: bool = True
    note: str = ""
    """A sentence when something stands in for what was asked, such as a neighbouring tag."""

    @property
    def ready(self) -> bool:
        """Whether the environment is built."""
        return (self.path / MARKER).is_file()

    @property
    def image_digest(self) -> str:
        """The digest in ECR's form, for ``DeployedImages`` and ``ImageDigest``."""
        return f"sha256:{self.digest}"
