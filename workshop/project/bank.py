"""The data set: UCI Bank Marketing, with its checksum, or a generated stand-in that says that it is one.

S. Moro, P. Cortez, P. Rita: A data-driven approach to predict the success of bank telemarketing,
Decision Support Systems 62 (2014). https://archive.ics.uci.edu/dataset/222/bank+marketing
"""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import tempfile
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

NAME = "bank-additional-full.csv"
SHA256 = "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8"
ADDRESS = "https://archive.ics.uci.edu/static/public/222/bank+marketing.zip"
FOLDER = Path(__file__).parent.parent / "data"
"""Where a fetched or generated file is kept."""


class WrongChecksum(Exception):
    """The file is not the data set of the course."""


@dataclass(frozen=True)
class Dataset:
    """A file of clients, and where it comes from."""

    path: Path
    origin: str
    """`OFICINA_DATASET`, `kept`, `UCI` or `generated`."""

    @property
    def real(self) -> bool:
        """Whether these are the bank's clients, and not the generator's."""
        return self.origin != "generated"

    def read(self) -> pd.DataFrame:
        """The table as it is: 21 columns, separated by semicolons."""
        return pd.read_csv(self.path, sep=";")


def checksum(path: Path) -> str:
    """The file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def find(folder: Path = FOLDER, address: str = ADDRESS, timeout: float = 15.0) -> Dataset:
    """The copy that `OFICINA_DATASET` names, else one kept beside the project (in a notebook job) or in
    `data/`, else UCI's, and only then a generated one.
    """
    named = os.environ.get("OFICINA_DATASET")
    if named:
        return Dataset(_checked(Path(named).expanduser()), "OFICINA_DATASET")
    for kept in (folder.parent / NAME, folder / NAME):
        if kept.exists():
            return Dataset(_checked(kept), "kept")
    try:
        _keep(kept, fetch(address, timeout))
    except (OSError, http.client.HTTPException, zipfile.BadZipFile, KeyError) as problem:
        return _generated(folder, problem)
    return Dataset(_checked(kept), "UCI")


def fetch(address: str = ADDRESS, timeout: float = 15.0) -> bytes:
    """The file out of UCI's archive, which is an archive in an archive."""
    outer = zipfile.ZipFile(io.BytesIO(_download(address, timeout)))
    inner = zipfile.ZipFile(io.BytesIO(outer.read("bank-additional.zip")))
    return inner.read(f"bank-additional/{NAME}")


def _download(address: str, timeout: float) -> bytes:
    """What lies at an address; asked for again when the answer fails or breaks off, as some do."""
    for pause in (1, 3, 0):
        try:
            with urllib.request.urlopen(address, timeout=timeout) as answer:
                content: bytes = answer.read()
                return content
        except (OSError, http.client.IncompleteRead):
            if not pause:
                raise
            time.sleep(pause)
    raise AssertionError("the last try answers or raises")


def _generated(folder: Path, problem: Exception) -> Dataset:
    from project import generator

    path = folder / "generated.csv"
    print(f"UCI cannot be reached ({problem}).")
    print("From here on the clients are GENERATED: same columns, similar shares, other figures than told.")
    print(f"For the real ones put {NAME} somewhere and set OFICINA_DATASET to its path.")
    text = generator.generate().to_csv(sep=";", index=False)
    _keep(path, text.encode())
    return Dataset(path, "generated")


def _checked(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(f"There is no {path}. OFICINA_DATASET must name a copy of {NAME}.")
    found = checksum(path)
    if found != SHA256:
        raise WrongChecksum(
            f"{path} is not {NAME}: its SHA-256 is {found}, not {SHA256}. Delete it or name another."
        )
    return path


def _keep(path: Path, content: bytes) -> None:
    """Write in one piece: who is interrupted leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as new:
        new.write(content)
    os.replace(new.name, path)
