"""The code of functions: a zip archive, kept in S3's store and unpacked once into ``functions/<digest>``."""

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
from oficina.store import shortage
from oficina.store.store import Store

KEEPER = "lambda"
ARCHIVES = "awslambda-tasks"
"""The account, which no key of a client stands for, and the bucket that keep archives as they came."""
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


def archive_of(digest: str) -> str:
    """The key of an archive in ``ARCHIVES``."""
    return f"{digest}.zip"


def keep(store: Store, data: bytes) -> Code:
    """Keeps an archive and its files. Raises AwsError InvalidParameterValueException."""
    told = hashlib.sha256(data)
    code = Code(told.hexdigest(), base64.b64encode(told.digest()).decode(), len(data))
    _unpack_once(store, code.digest, data)
    store.buckets.create(KEEPER, ARCHIVES, "us-east-1")
    if store.objects.find(KEEPER, ARCHIVES, archive_of(code.digest)) is None:
        store.objects.write(KEEPER, ARCHIVES, archive_of(code.digest), data, "application/zip")
    return code


def _unpack_once(store: Store, digest: str, data: bytes) -> None:
    target = folder_of(store, digest)
    if target.is_dir():
        return
    fresh = target.with_name(f".{digest}-{os.urandom(6).hex()}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _unpack(archive, fresh)
        if not target.is_dir():
            fresh.rename(target)
    # zipfile says NotImplementedError of a compression that it does not know.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        if shortage.is_shortage(error):
            raise
        if not target.is_dir():  # nor did another request unpack the same at the same time
            raise bad_zip() from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def unpacked_size(store: Store, digest: str) -> int:
    """Bytes of the files of a digest."""
    return sum(path.stat().st_size for path in folder_of(store, digest).rglob("*") if path.is_file())


def layered(store: Store, digests: list[str]) -> Path:
    """A folder with the files of several layers together: of two with one name the later layer's is there.

    It is made of hard links, once for each sequence of layers, and never changed.
    """
    name = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    target = folder_of(store, f"layers-{name}")
    if target.is_dir():
        return target
    fresh = target.with_name(f".{target.name}-{os.urandom(6).hex()}")
    fresh.mkdir(mode=0o755)
    try:
        for digest in digests:
            _link_over(folder_of(store, digest), fresh)
        fresh.rename(target)
    except OSError:
        if not target.is_dir():  # and not made by another invocation at the same time
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _link_over(source: Path, target: Path) -> None:
    """Links all files of a tree into another, over what is there."""
    for folder, names, files in os.walk(source):
        place = target / Path(folder).relative_to(source)
        for name in names:
            if (place / name).is_file():
                (place / name).unlink()
            (place / name).mkdir(exist_ok=True)
        for name in files:
            if (place / name).is_dir():
                shutil.rmtree(place / name)
            (place / name).unlink(missing_ok=True)
            os.link(Path(folder, name), place / name)


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
