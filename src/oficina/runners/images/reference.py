"""Image URIs: which repository and which tag one names, wherever it claims to be stored."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIGEST = re.compile(r"@sha256:[0-9a-fA-F]{64}$")
_TAG = re.compile(r":([\w][\w.-]{0,127})$")
_SUFFIX = re.compile(r"-(?:cpu|gpu)(?:-py\d+)?$|-py\d+$")
_PYTHON = re.compile(r"-py3(\d+)$")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What matters of an image URI: account, region and registry do not."""

    uri: str
    repository: str
    """The last part of the path, as in ``sagemaker-xgboost``."""
    path: str
    """The whole path below the registry, as in ``sagemaker/sagemaker-distribution``."""
    tag: str | None
    """None when the URI has none, or only a digest, which says nothing about an environment of ours."""

    @classmethod
    def parse(cls, uri: str) -> Reference:
        """Read ``[registry/]path[:tag][@sha256:digest]``."""
        rest = _DIGEST.sub("", uri.strip())
        tag = _TAG.search(rest)
        rest = rest[: tag.start()] if tag else rest
        first, _, below = rest.partition("/")
        path = below if below and ("." in first or ":" in first or first == "localhost") else rest
        return cls(uri=uri, repository=path.rpartition("/")[2], path=path, tag=tag.group(1) if tag else None)


def bare(tag: str) -> str:
    """A tag without what AWS appends for processor and Python: ``1.7-1-cpu-py3`` is ``1.7-1``."""
    return _SUFFIX.sub("", tag)


def python_of(tag: str) -> tuple[int, int] | None:
    """The Python that a tag asks for, when it names a minor version: ``1.4-2-cpu-py312`` wants 3.12."""
    found = _PYTHON.search(tag)
    return (3, int(found.group(1))) if found else None


def numbers(tag: str) -> tuple[int, ...]:
    """A tag as numbers to compare by; empty when it does not start with one."""
    found = re.match(r"v?(\d+(?:[.-]\d+)*)", tag)
    return tuple(int(part) for part in re.split(r"[.-]", found.group(1))) if found else ()
