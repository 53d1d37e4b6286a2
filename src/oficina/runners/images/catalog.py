"""From an image URI to an image: ours by repository and tag, the user's own by name."""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from oficina.config import Config

from . import build, interpreters
from .client import ANYONE, Client
from .definition import Definition, Tag, definitions, folder
from .image import TAG, Image, ImageNotBuilt, ImageUnknown, Progress
from .interpreters import Interpreter
from .layers import Layers
from .reference import Reference, bare, python_of
from .registry import Own, Registry

log = logging.getLogger("oficina.images")

FORMAT = b"4"
"""Goes into every digest: raise it when environments are furnished differently."""


class Catalog:
    """The images that a server knows."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.registry = Registry(config.home)

    def definitions(self) -> list[Definition]:
        """The images that come with oficina."""
        return definitions()

    def resolve(self, uri: str, client: Client = ANYONE) -> Image:
        """The image of a URI, built or not, on the Python of the client whose pickles it will read.

        Raises ImageUnknown with the sentence that says what to type.
        """
        reference = Reference.parse(uri)
        own = self.registry.find(reference)
        if own is not None:
            return self._own(reference, own, client)
        for definition in self.definitions():
            if reference.repository in definition.former:
                reference = replace(reference, tag=definition.former[reference.repository])
            elif reference.repository not in definition.repositories:
                continue
            return self._known(reference, definition, client)
        known = ", ".join(name for each in self.definitions() for name in each.repositories)
        raise ImageUnknown(
            f"oficina has no image for {uri}. Give it one with: oficina image add {reference.path} "
            f"--requirements FILE. It comes with: {known}."
        )

    def build(self, image: Image, progress: Progress | None = None) -> Image:
        """Make the environment of an image unless it is there; without a progress the log is told.

        Raises ImageNotBuilt.
        """
        if not image.ready:
            build.build(image, self.config.images, self.config.downloads, progress or _log)
        return image

    def layers(self) -> Layers:
        """Where jobs keep for each other what their requirements.txt installed: ask before each job.

        ``incoming`` is all of the cache that a job may write into: the rest has hard links to what runs
        elsewhere.
        """
        return self._layers.prepare()

    @property
    def _layers(self) -> Layers:
        return Layers(self.config.downloads.absolute() / "layers")

    def sweep(self) -> None:
        """Removes from the cache what killed jobs left half made: at a server's start."""
        self._layers.sweep()

    def images(self) -> list[Image]:
        """Every image there is, one for each tag: for ``oficina image list`` and ``image build``."""
        known = [
            self.resolve(f"{definition.repositories[0]}:{tag}")
            for definition in self.definitions()
            for tag in definition.tags
        ]
        return known + [self.resolve(own.name) for own in self.registry.images()]

    def _known(self, reference: Reference, definition: Definition, client: Client) -> Image:
        tag = definition.find(reference.tag, client.sdk)
        if tag is None:
            there = ", ".join(definition.tags)
            raise ImageUnknown(
                f"oficina has no tag {reference.tag} of {reference.repository}; it has {there}. Use one of "
                f"them, or type: oficina image add {reference.path}:{reference.tag} --requirements FILE"
            )
        python = _interpreter(reference, tag.python, client)
        requirements = (definition.folder / tag.requirements).read_text(encoding="utf-8")
        digest = _digest(requirements, python, definition.sources(tag))
        return Image(
            uri=reference.uri,
            name=definition.folder.name,
            repository=reference.repository,
            tag=tag.name,
            digest=digest,
            path=self._place(digest),
            train=definition.train,
            serve=definition.serve,
            process=definition.process,
            environment={**definition.environment, **tag.environment, TAG: bare(reference.tag or tag.name)},
            metric_definitions=definition.metric_definitions,
            tunable_ranges=definition.tunable_ranges,
            warm=definition.warm,
            python=python.path,
            requirements=requirements,
            sources=definition.sources(tag),
            note=_note(reference, tag, python),
        )

    def _own(self, reference: Reference, own: Own, client: Client) -> Image:
        python = _interpreter(reference, ">=3.9", client)
        toolkit = (folder() / "toolkit" / "src",)
        digest = _digest(own.requirements, python, toolkit)
        entry = own.entrypoint
        return Image(
            uri=reference.uri,
            name=own.name,
            repository=reference.repository,
            tag=reference.tag or "latest",
            digest=digest,
            path=self._place(digest),
            train=(*entry, "train") if entry else ("python", "-m", "container_toolkit.train"),
            serve=(*entry, "serve") if entry else ("python", "-m", "container_toolkit.serve"),
            process=entry or ("python",),
            python=python.path,
            requirements=own.requirements,
            sources=toolkit,
            pinned=False,
        )

    def _place(self, digest: str) -> Path:
        return self.config.images.absolute() / digest[:20]


def _log(line: str) -> None:
    """Tell the server's log of a build what takes long, but not each package of the result."""
    if not line.startswith((" +", "Activate", "Using", " Downloaded")):
        log.info("%s", line.strip())


def _interpreter(reference: Reference, constraint: str, client: Client) -> Interpreter:
    found = interpreters.choose(constraint, python_of(reference.tag or "") or client.python)
    if found is None:
        have = ", ".join(sorted({each.full for each in interpreters.installed()})) or "no other"
        raise ImageNotBuilt(
            f"The image {reference.uri} needs Python {constraint} and this machine has {have}. "
            "Install such a Python, then create the job again."
        )
    return found


def _note(reference: Reference, tag: Tag, python: Interpreter) -> str:
    asked = reference.tag
    wanted = python_of(asked or "")
    if asked and bare(asked) != "latest" and not asked.startswith(tag.name):
        return f"{reference.repository}:{asked} runs with the packages of {tag.name}"
    if wanted and wanted != python.version:
        return f"{reference.repository}:{asked} runs on Python {python.full}"
    return ""


def _digest(requirements: str, python: Interpreter, sources: Iterable[Path]) -> str:
    told = hashlib.sha256(FORMAT)
    told.update(f"{python.full} {python.path}\n{requirements}".encode())
    for source in sources:
        told.update(_contents(source, tuple(_stamps(str(source)))))
    return told.hexdigest()


def _stamps(folder: str) -> Iterator[tuple[str, int, int]]:
    """Name, time and size of every source file: when none has changed, its contents have not."""
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _stamps(entry.path)
        else:
            facts = entry.stat()
            yield entry.path, facts.st_mtime_ns, facts.st_size


@functools.lru_cache(maxsize=64)
def _contents(source: Path, stamps: tuple[tuple[str, int, int], ...]) -> bytes:
    told = hashlib.sha256()
    for path, _, _ in stamps:
        told.update(f"\n{os.path.relpath(path, source)}\n".encode())
        told.update(Path(path).read_bytes())
    return told.digest()
