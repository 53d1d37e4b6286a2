"""What is known of bytes while they pass: MD5 for the ETag, and the checksums that S3 knows.

CRC32C and CRC64NVME come from AWS's own library (decision 0031); it is loaded when first needed.
"""

from __future__ import annotations

import base64
import hashlib
import queue
import threading
import zlib
from collections.abc import Callable, Iterable
from typing import Any, Protocol

SIZES = {
    "CRC32": 4,
    "CRC32C": 4,
    "CRC64NVME": 8,
    "SHA1": 20,
    "SHA256": 32,
    "SHA512": 64,
    "MD5": 16,
    "XXHASH64": 8,
    "XXHASH3": 8,
    "XXHASH128": 16,
}
"""Bytes of each checksum that S3 knows (S3 user guide, "Checking object integrity")."""
ALGORITHMS = tuple(SIZES)
DEFAULT = "CRC64NVME"
"""What S3 computes when the sender chose none."""

LARGE = 64 * 1024 * 1024
"""The most bytes whose ETag is their MD5."""
_ALONGSIDE = 2 * 1024 * 1024
"""From this size on MD5 gets a thread of its own; below, the thread would cost more than it saves."""
_WAITING = 24
"""How many pieces of a megabyte may wait for MD5: while it catches up, the disk is made to hold the rest."""


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    """A CRC with the face of a hash."""

    def __init__(self, function: Callable[[Any, int], int], size: int) -> None:
        self._function = function
        self._size = size
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


class _XxHash:
    """One of AWS's XXHashes with the face of a hash."""

    def __init__(self, algorithm: str) -> None:
        from awscrt.checksums import XXHash

        self._made = {
            "XXHASH64": XXHash.new_xxhash64,
            "XXHASH3": XXHash.new_xxhash3_64,
            "XXHASH128": XXHash.new_xxhash3_128,
        }[algorithm]()

    def update(self, data: bytes | memoryview, /) -> None:
        self._made.update(data)

    def digest(self) -> bytes:
        return bytes(self._made.finalize())


def _make(algorithm: str) -> _Hash:
    match algorithm:
        case "CRC32":
            return _Crc(zlib.crc32, 4)
        case "SHA1" | "SHA256" | "SHA512" | "MD5":
            return hashlib.new(algorithm.lower(), usedforsecurity=False)
    from awscrt import checksums

    if algorithm == "CRC32C":
        return _Crc(checksums.crc32c, 4)
    if algorithm == "CRC64NVME":
        return _Crc(checksums.crc64nvme, 8)
    if algorithm.startswith("XXHASH"):
        return _XxHash(algorithm)
    raise ValueError(f"{algorithm} is not one of {', '.join(ALGORITHMS)}")


def checksum(algorithm: str, data: bytes) -> str:
    """A checksum in base64."""
    made = _make(algorithm)
    made.update(data)
    return base64.b64encode(made.digest()).decode()


def combine(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The CRC of bytes one after another, from the CRC (base64) and the size of each."""
    from awscrt import checksums

    join = {
        "CRC32": checksums.combine_crc32,
        "CRC32C": checksums.combine_crc32c,
        "CRC64NVME": checksums.combine_crc64nvme,
    }[algorithm]
    value, width = 0, 8 if algorithm == "CRC64NVME" else 4
    for text, size in parts:
        value = join(value, int.from_bytes(base64.b64decode(text), "big"), size)
    return base64.b64encode(value.to_bytes(width, "big")).decode()


class Digests:
    """The ETag and the chosen checksums of bytes that pass.

    MD5 reads slower than any disk writes, so bytes beyond LARGE have an ETag of the form that an upload in
    one part has, from a hash that keeps up (decision 0032); ``md5=True`` wants MD5 whatever the size.
    """

    def __init__(
        self, algorithms: Iterable[str] = (DEFAULT,), *, size: int | None = None, md5: bool = False
    ) -> None:
        self._made = {algorithm: _make(algorithm) for algorithm in algorithms}
        self._always = md5
        large = not md5 and (size is None or size > LARGE)
        self._fast = _make("XXHASH128") if large else None
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._wanted = md5 or size is None or size <= LARGE
        self._helper: _Helper | None = None
        if self._wanted and (size is None or size > _ALONGSIDE):
            self._helper = _Helper(self._md5.update)
        self._size = 0

    def update(self, data: bytes) -> None:
        """The next bytes; they must not change afterwards."""
        self._size += len(data)
        if self._size > LARGE and not self._always:
            self._wanted = False
        if self._helper and self._wanted:
            self._helper.put(data)
        elif self._wanted:
            self._md5.update(data)
        if self._fast:
            self._fast.update(data)
        for made in self._made.values():
            made.update(data)

    def end(self) -> None:
        """Ends the second thread, where there is one; to be called on the way out too."""
        if self._helper:
            self._helper.end()
            self._helper = None

    @property
    def md5(self) -> bytes:
        """MD5 of all that passed, when it was wanted or there was little."""
        self.end()
        return self._md5.digest()

    @property
    def etag(self) -> str:
        """The ETag without quotes: MD5, or ``…-1``."""
        if self._wanted or self._fast is None:
            return self.md5.hex()
        self.end()
        return f"{self._fast.digest().hex()}-1"

    @property
    def checksums(self) -> dict[str, str]:
        """The chosen checksums in base64, as the members are named: ``ChecksumCRC32``."""
        return {
            f"Checksum{algorithm}": base64.b64encode(made.digest()).decode()
            for algorithm, made in self._made.items()
        }


class _Helper:
    """A thread that hashes what it is handed."""

    def __init__(self, update: Callable[[bytes], None]) -> None:
        self._update = update
        self._pieces: queue.Queue[bytes | None] = queue.Queue(maxsize=_WAITING)
        self._thread = threading.Thread(target=self._run, name="md5", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._update(piece)

    def put(self, piece: bytes) -> None:
        self._pieces.put(piece)

    def end(self) -> None:
        self._pieces.put(None)
        self._thread.join()
