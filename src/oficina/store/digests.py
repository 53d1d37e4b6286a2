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
    """MD5 and the chosen checksums of bytes that pass."""

    def __init__(self, algorithms: Iterable[str] = (DEFAULT,)) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._made = {algorithm: _make(algorithm) for algorithm in algorithms}
        self._helper: _Helper | None = None

    def alongside(self) -> None:
        """Hashes in a second thread from now on: MD5 is slower than the disk and the socket."""
        self._helper = _Helper(self._md5.update)

    def update(self, data: bytes) -> None:
        """The next bytes; they must not change afterwards."""
        if self._helper:
            self._helper.put(data)
        else:
            self._md5.update(data)
        for made in self._made.values():
            made.update(data)

    def end(self) -> None:
        """Ends the second thread, where there is one; to be called on the way out too."""
        if self._helper:
            self._helper.end()
            self._helper = None

    @property
    def md5(self) -> bytes:
        """MD5 of all that passed."""
        self.end()
        return self._md5.digest()

    @property
    def checksums(self) -> dict[str, str]:
        """The chosen checksums in base64, as the members are named: ``ChecksumCRC32``."""
        return {
            f"Checksum{algorithm}": base64.b64encode(made.digest()).decode()
            for algorithm, made in self._made.items()
        }


class _Helper:
    """A thread that hashes what it is handed; few pieces wait at a time, so memory stays small."""

    def __init__(self, update: Callable[[bytes], None]) -> None:
        self._update = update
        self._pieces: queue.Queue[bytes | None] = queue.Queue(maxsize=8)
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
