"""Where botocore keeps AWS's models, and how one is read.

Only botocore's data files are used: importing its code would cost more time than the whole server start.
"""

from __future__ import annotations

import gzip
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, cast

import orjson


@cache
def folder() -> Path:
    """The folder of botocore's data files."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed; type: pip install botocore")
    return Path(spec.submodule_search_locations[0]) / "data"


def read(service: str, kind: str = "service-2") -> dict[str, Any]:
    """The newest model file of a service; ``kind`` is ``service-2``, ``paginators-1`` or ``waiters-2``.

    Raises LookupError when AWS has no such file.
    """
    versions = sorted(path for path in (folder() / service).iterdir() if path.is_dir())
    for version in reversed(versions):
        packed, plain = version / f"{kind}.json.gz", version / f"{kind}.json"
        if packed.exists():
            return cast(dict[str, Any], orjson.loads(gzip.decompress(packed.read_bytes())))
        if plain.exists():
            return cast(dict[str, Any], orjson.loads(plain.read_bytes()))
    raise LookupError(f"botocore has no {kind} for {service}")
