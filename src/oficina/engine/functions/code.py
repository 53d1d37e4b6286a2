"""The code of functions: a zip archive, unpacked once into ``functions/<digest>`` of the home."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from oficina.errors import AwsError
from oficina.store.store import Store

MOST_BYTES = 250 * 1024 * 1024
"""The most that the code of a function may be when it is unpacked (Lambda quotas)."""


@dataclass(frozen=True, slots=True)
class Code:
    """Code that was kept."""

    digest: str
    sha256: str
    """As CodeSha256 tells it: in base64."""
    size: int


def bad_zip() -> AwsError:
    """The error for what cannot be unpacked."""
    return AwsError(
        "InvalidParameterValueException",
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
    )


def folder_of(store: Store, digest: str) -> Path:
    """Where the code of a digest is."""
    return store.folder("functions") / digest


def keep(store: Store, data: bytes) -> Code:
    """Unpacks an archive unless it is there. Raises AwsError InvalidParameterValueException."""
    told = hashlib.sha256(data)
    code = Code(told.hexdigest(), base64.b64encode(told.digest()).decode(), len(data))
    target = folder_of(store, code.digest)
    if target.is_dir():
        return code
    fresh = target.with_name(f".{code.digest}-{os.urandom(6).hex()}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _unpack(archive, fresh)
        if not target.is_dir():
            fresh.rename(target)
    # zipfile says NotImplementedError of a compression that it does not know.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        if target.is_dir():  # another request unpacked the same at the same time
            return code
        raise bad_zip() from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return code


def _unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Plain files and folders alone, none outside of the folder."""
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise AwsError(
            "InvalidParameterValueException", f"Unzipped size must be smaller than {MOST_BYTES} bytes"
        )
    folder.mkdir()
    for entry in entries:
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise bad_zip()
        path = archive.extract(entry, folder)  # which leaves out what would lead elsewhere
        mode = entry.external_attr >> 16 & 0o777
        os.chmod(path, (mode | 0o700) if entry.is_dir() else (mode or 0o644) | 0o400)
    folder.chmod(0o755)
