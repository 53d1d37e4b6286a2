"""A job's inputs: objects of the store linked into folders, never copied (aws-contracts D.1, D.5)."""

from __future__ import annotations

import errno
import gzip
import os
import posixpath
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from oficina.errors import AwsError
from oficina.store.kinds import Document
from oficina.store.store import Store
from oficina.store.versions import Object

RECORD_MAGIC = 0xCED7230A
"""What a RecordIO record begins with (Apache MXNet's recordio format)."""


class InputMissing(Exception):
    """An input that is not there; the sentence is AWS's."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a channel or an input comes from, and how its hosts share it."""

    uri: str
    data_type: str = "S3Prefix"
    sharded: bool = False
    attributes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """The instance groups that get it; none means all."""

    @classmethod
    def of(cls, source: Document) -> Source:
        """From an S3DataSource of a channel or an S3Input of a processing job."""
        return cls(
            uri=source["S3Uri"],
            data_type=source.get("S3DataType", "S3Prefix"),
            sharded=source.get("S3DataDistributionType") == "ShardedByS3Key",
            attributes=tuple(source.get("AttributeNames", ())),
            groups=tuple(source.get("InstanceGroupNames", ())),
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One object of an input, the bucket that it is in and the name that the program sees."""

    name: str
    object: Object
    bucket: str


_HOST = re.compile(r"https://(?:(?P<bucket>[^/]+)\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com/(?P<path>.*)")
"""An address of an object, its bucket in the host or in the path (S3 user guide, "Accessing a bucket")."""


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI, ``s3://`` or ``https://``. Raises InputMissing when it is none."""
    match = _HOST.fullmatch(uri)
    if match is not None and match["bucket"]:
        return match["bucket"], unquote(match["path"])
    if match is None and not uri.startswith("s3://"):
        raise InputMissing(f"{uri} is not an S3 URI; give s3://BUCKET/KEY.")
    bucket, _, key = (unquote(match["path"]) if match else uri[5:]).partition("/")
    return bucket, key


def problem(store: Store, account: str, region: str, source: Document, role: str) -> str | None:
    """AWS's sentence for an input that has no object, else None."""
    try:
        bucket, key = split(source["S3Uri"])
    except InputMissing as missing:
        return str(missing)
    advice = (
        f'No S3 objects found under S3 URL "{source["S3Uri"]}" given in input data source. Please ensure '
        f"that the bucket exists in the selected region ({region}), that objects exist under that S3 prefix, "
        f'and that the role "{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )
    if not store.objects.has_bucket(account, bucket):
        return f"{advice} Error message from S3: The specified bucket does not exist"
    return None if next(store.objects.iterate(account, bucket, key), None) else advice


def items(store: Store, account: str, source: Source) -> list[Item]:
    """The objects of an input in the order of their keys. Raises InputMissing."""
    try:
        found = list(_named(store, account, source))
    except AwsError as error:
        raise InputMissing(f"{source.uri} cannot be read: {error.message}") from error
    if not found:
        raise InputMissing(
            f'No S3 objects found under S3 URL "{source.uri}" given in input data source. Please ensure '
            "that the bucket exists in the selected region, that objects exist under that S3 prefix, and "
            'that the role has "s3:ListBucket" permissions on the bucket.'
        )
    return found


def _named(store: Store, account: str, source: Source) -> Iterator[Item]:
    if source.data_type == "ManifestFile":
        return _manifest(store, account, source)
    return _prefix(store, account, source.uri)


def _prefix(store: Store, account: str, uri: str) -> Iterator[Item]:
    bucket, prefix = split(uri)
    for each in store.objects.iterate(account, bucket, prefix):
        name = local_name(each.key, prefix)
        if name:
            yield Item(name, each, bucket)


def local_name(key: str, prefix: str) -> str:
    """The name of an object below the input's folder; empty for the mark of a folder.

    An object that is the prefix itself keeps its last part; one below the prefix keeps what follows.
    """
    if key == prefix:
        return posixpath.basename(key)
    folder = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    name = key[len(folder) :] if key.startswith(folder) else key[len(posixpath.dirname(prefix)) :]
    return "" if name.endswith("/") else name.lstrip("/")


def _manifest(store: Store, account: str, source: Source) -> Iterator[Item]:
    bucket, key = split(source.uri)
    try:
        lines = orjson.loads(store.objects.read(account, bucket, key))
        prefix = lines[0]["prefix"]
    except (orjson.JSONDecodeError, LookupError, TypeError) as error:
        raise InputMissing(
            f"The manifest {source.uri} is not a JSON array that begins with a prefix."
        ) from error
    for name in lines[1:]:
        bucket, key = split(prefix + name)
        found = store.objects.find(account, bucket, key)
        if found is None:
            raise InputMissing(f"The manifest {source.uri} names {prefix}{name}, which is not there.")
        yield Item(name.lstrip("/"), found, bucket)


def share(found: list[Item], source: Source, host: int, hosts: int) -> list[Item]:
    """What one host of several gets: everything, or every n-th object by key."""
    return found[host::hosts] if source.sharded else found


def link(store: Store, found: list[Item], folder: Path) -> None:
    """Hard links of the objects below a folder. Raises InputMissing when a name leads outside or clashes."""
    folder.mkdir(parents=True, exist_ok=True)
    root, made = str(folder), {""}
    for item in found:
        # Texts rather than paths: an input may have a hundred thousand files.
        name = posixpath.normpath("/" + item.name).lstrip("/")
        parent = posixpath.dirname(name)
        try:
            if parent not in made:
                os.makedirs(f"{root}/{parent}", exist_ok=True)
                made.add(parent)
            store.objects.link(item.object, f"{root}/{name}")
        except (FileExistsError, NotADirectoryError) as error:
            raise InputMissing(
                f"{item.object.key} and another object would be the same file or folder of the input."
            ) from error
        except FileNotFoundError as error:
            raise InputMissing(f"{item.object.key} was deleted while the job was prepared.") from error
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise InputMissing(f"{item.object.key} is too long to be the name of a file.") from error


def copy(store: Store, found: Object, folder: Path, name: str) -> None:
    """A copy of an object below a folder, for a program to change."""
    target = folder / posixpath.normpath("/" + name).lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(store.objects.path(found), target)


def stream_files(
    store: Store, account: str, channel: Document, source: Source, found: list[Item], folder: Path
) -> list[str]:
    """The files whose bytes a Pipe channel gives, one after the other: the objects, or rewritten ones."""
    if source.data_type == "AugmentedManifestFile":
        records = _augmented(store, account, source)
        return [str(_write(folder, 0, _recorded(channel, records)))]
    gzipped = channel.get("CompressionType") == "Gzip"
    recorded = channel.get("RecordWrapperType") == "RecordIO"
    if not gzipped and not recorded:
        return [str(store.objects.path(item.object)) for item in found]
    paths = []
    for number, item in enumerate(found):
        data = store.objects.path(item.object).read_bytes()
        data = gzip.decompress(data) if gzipped else data
        paths.append(str(_write(folder, number, [record(data) if recorded else data])))
    return paths


def _write(folder: Path, number: int, pieces: Iterator[bytes] | list[bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:08d}"
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)
    return path


def record(data: bytes) -> bytes:
    """Bytes as one RecordIO record: magic, length, bytes, padding to four."""
    return struct.pack("<II", RECORD_MAGIC, len(data)) + data + b"\0" * (-len(data) % 4)


def _recorded(channel: Document, records: Iterator[bytes]) -> Iterator[bytes]:
    wrap = channel.get("RecordWrapperType") == "RecordIO"
    for data in records:
        yield record(data) if wrap else data


def _augmented(store: Store, account: str, source: Source) -> Iterator[bytes]:
    """The attributes of each line: of a ``-ref`` the object's bytes, of another the JSON value."""
    for item in _prefix(store, account, source.uri):
        for line in store.objects.path(item.object).read_bytes().splitlines():
            if line.strip():
                yield from _attributes(store, account, source, orjson.loads(line))


def _attributes(store: Store, account: str, source: Source, line: dict[str, Any]) -> Iterator[bytes]:
    for name in source.attributes:
        if name not in line:
            raise InputMissing(f"The augmented manifest {source.uri} has a line without {name}.")
        value = line[name]
        if name.endswith("-ref") and isinstance(value, str) and value.startswith("s3://"):
            try:
                yield store.objects.read(account, *split(value))
            except AwsError as error:
                raise InputMissing(
                    f"The augmented manifest {source.uri} names {value}, which is not there."
                ) from error
        else:
            yield orjson.dumps(value)
