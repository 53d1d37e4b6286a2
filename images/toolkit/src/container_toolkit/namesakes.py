"""A library that an image has from another distribution than the one that pip knows it by.

XGBoost comes from ``xgboost-cpu``, which has the same folder ``xgboost/`` without 300 MB of CUDA. pip, asked
for ``xgboost==1.7.1``, would see nothing to remove and unpack one library into the other. While pip works
the library therefore goes by the name that pip looks for; what pip let be has its own name again afterwards.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

KNOWN_AS = {"xgboost_cpu": "xgboost"}
"""Distributions by the name that pip is asked for instead."""


@contextmanager
def known_to_pip(packages: str, asked: str) -> Iterator[None]:
    """While pip works: libraries under the names that pip knows, unless they are asked for by their own."""
    swaps = [
        _Swap(packages, folder, name)
        for own, name in KNOWN_AS.items()
        if (folder := _folder(packages, own)) and not _mentions(asked, own)
    ]
    try:
        yield
    finally:
        for swap in swaps:
            swap.undo()


class _Swap:
    """A distribution's folder of facts under another name; it and what had that name before lie aside."""

    def __init__(self, packages: str, folder: str, name: str) -> None:
        self._packages = packages
        version = folder.partition("-")[2]
        self._new = os.path.join(packages, f"{name}-{version}")
        self._aside = os.path.join(sys.prefix, f".namesakes-{uuid.uuid4().hex}")
        os.mkdir(self._aside)
        for each in {folder, _folder(packages, name)} - {None}:
            shutil.move(os.path.join(packages, str(each)), self._aside)
        shutil.copytree(os.path.join(self._aside, folder), self._new)
        own = folder.partition("-")[0]
        mine = own.replace("_", "[-_]")
        _rewrite(os.path.join(self._new, "METADATA"), rf"(?m)^Name: {mine}$", f"Name: {name}")
        _rewrite(os.path.join(self._new, "RECORD"), rf"(?m)^{re.escape(folder)}/", f"{name}-{version}/")

    def undo(self) -> None:
        """The distribution's own name again, if pip has let it be."""
        if os.path.isdir(self._new):
            shutil.rmtree(self._new)
            for each in os.listdir(self._aside):
                shutil.move(os.path.join(self._aside, each), self._packages)
        shutil.rmtree(self._aside)


def _folder(packages: str, name: str) -> str | None:
    """The folder of facts of a distribution."""
    found = (each for each in os.listdir(packages) if re.fullmatch(rf"{name}-[^-]+\.dist-info", each))
    return next(found, None)


def _mentions(asked: str, name: str) -> bool:
    return re.search(name.replace("_", "[-_.]"), asked, re.IGNORECASE) is not None


def _rewrite(path: str, pattern: str, text: str) -> None:
    with open(path, encoding="utf-8", newline="") as file:
        old = file.read()
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(re.sub(pattern, text, old))
