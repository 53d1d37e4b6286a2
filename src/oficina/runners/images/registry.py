"""The user's own images: ``registry.json`` in the home, written by ``oficina image add``."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from .image import ImageUnknown
from .reference import Reference


@dataclass(frozen=True, kw_only=True)
class Own:
    """An image that the user described."""

    name: str
    """Its repository, with a tag when it stands for that tag only."""
    requirements: str
    """The text of the requirements file, so that the file may go or change without surprise."""
    entrypoint: tuple[str, ...] = ()
    """As ENTRYPOINT of a container: ``train`` or ``serve`` is appended. Empty: the toolkit's own commands."""

    def answers(self, reference: Reference) -> bool:
        """Whether a URI means this image."""
        mine = Reference.parse(self.name)
        return mine.path in (reference.path, reference.repository) and mine.tag in (None, reference.tag)


class Registry:
    """The images of one home."""

    def __init__(self, home: Path) -> None:
        self.path = home / "registry.json"

    def images(self) -> list[Own]:
        """Every image of the user, by name."""
        if not self.path.is_file():
            return []
        entries = json.loads(self.path.read_text(encoding="utf-8"))["images"]
        return [Own(**{**entry, "entrypoint": tuple(entry["entrypoint"])}) for entry in entries]

    def add(self, name: str, requirements: Path, entrypoint: tuple[str, ...] = ()) -> Own:
        """Give a repository a meaning; one that had another gets the new one."""
        if not requirements.is_file():
            raise ImageUnknown(
                f"There is no file {requirements}. List the image's packages in it, one a line, then type: "
                f"oficina image add {name} --requirements {requirements}"
            )
        path, tag = Reference.parse(name).path, Reference.parse(name).tag
        own = Own(
            name=f"{path}:{tag}" if tag else path,
            requirements=_whole(requirements.absolute()),
            entrypoint=entrypoint,
        )
        self._change(lambda images: [each for each in images if each.name != own.name] + [own])
        return own

    def remove(self, name: str) -> None:
        """Take an image's meaning away; its environment stays until the cache is emptied."""
        known = [each.name for each in self.images()]
        if name not in known:
            there = ", ".join(known) or "none"
            raise ImageUnknown(
                f"There is no image {name} of yours; there is: {there}. Type: oficina image list"
            )
        self._change(lambda images: [each for each in images if each.name != name])

    def find(self, reference: Reference) -> Own | None:
        """The user's image for a URI; one with a tag before one without."""
        found = [each for each in self.images() if each.answers(reference)]
        return max(found, key=lambda each: len(each.name), default=None)

    def _change(self, change: Callable[[list[Own]], list[Own]]) -> None:
        with self._locked():
            images = sorted(change(self.images()), key=lambda each: each.name)
            temporary = self.path.with_suffix(".new")
            document = {"images": [asdict(each) for each in images]}
            try:
                temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
                temporary.rename(self.path)
            finally:
                temporary.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _whole(path: Path) -> str:
    """A requirements file with the files that it names by ``-r`` in it, and other paths made absolute."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        option, _, rest = line.strip().partition(" ")
        if option in ("-r", "--requirement"):
            lines.append(_whole(path.parent / rest.strip()))
        elif option in ("-c", "--constraint", "-e", "--editable"):
            lines.append(f"{option} {path.parent / rest.strip()}")
        elif line.startswith(("./", "../")):
            lines.append(str(path.parent / line.strip()))
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"
