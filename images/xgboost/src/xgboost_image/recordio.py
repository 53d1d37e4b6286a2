"""RecordIO frames with SageMaker's protobuf records, read and written without a protobuf library.

Frame: magic, length, payload, padding to four bytes. Record (`aialgs.data.Record`): `features` = 1 and
`label` = 2, maps of name → value; a value holds a float32 (2), float64 (3) or int32 (7) tensor; a tensor
holds `values` = 1, `keys` = 2 (the columns of a sparse row) and `shape` = 3.
Source: AWS developer guide, "Common Data Formats for Training", and `sagemaker/amazon/common.py` of the SDK.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

MAGIC = 0xCED7230A
_FRAME = struct.Struct("<II")
_LENGTH_BITS = (1 << 29) - 1
_TENSORS = {2: "<f4", 3: "<f8", 7: None}


@dataclass(frozen=True)
class Tensor:
    """The numbers of one named value; `keys` are the columns they stand in when the row is sparse."""

    values: Any
    keys: Any
    shape: tuple[int, ...]

    @property
    def sparse(self) -> bool:
        return bool(len(self.keys) or (len(self.shape) and not len(self.values)))


@dataclass(frozen=True)
class Record:
    """One row: named features and named labels."""

    features: Mapping[str, Tensor]
    label: Mapping[str, Tensor]


def frames(data: bytes) -> Iterator[bytes]:
    """The payloads of a RecordIO stream."""
    at = 0
    while at < len(data):
        if len(data) - at < _FRAME.size:
            raise ValueError(f"RecordIO stream ends inside the head of a record, at byte {at}")
        magic, length = _FRAME.unpack_from(data, at)
        if magic != MAGIC:
            raise ValueError(f"no RecordIO magic number at byte {at}")
        size = length & _LENGTH_BITS
        at += _FRAME.size
        if len(data) - at < size:
            raise ValueError(f"RecordIO stream ends inside a record of {size} bytes, at byte {at}")
        yield data[at : at + size]
        at += (size + 3) & ~3


def read(data: bytes) -> Iterator[Record]:
    """The records of a RecordIO stream."""
    for frame in frames(data):
        parts: dict[int, dict[str, Tensor]] = {1: {}, 2: {}}
        for number, value in _fields(frame):
            if number in parts and isinstance(value, bytes):
                name, tensor = _entry(value)
                parts[number][name] = tensor
        yield Record(parts[1], parts[2])


def write(rows: Iterable[Mapping[str, list[float]]]) -> bytes:
    """A stream of records whose labels are the named lists of numbers, as the image answers predictions."""
    out = bytearray()
    for row in rows:
        body = b"".join(
            _delimited(2, _delimited(1, name.encode()) + _value(values)) for name, values in row.items()
        )
        out += _FRAME.pack(MAGIC, len(body)) + body + b"\0" * (-len(body) % 4)
    return bytes(out)


def _value(values: list[float]) -> bytes:
    packed = np.asarray(values, dtype="<f4").tobytes()
    return _delimited(2, _delimited(2, _delimited(1, packed)))


def _delimited(number: int, body: bytes) -> bytes:
    return _varint_bytes(number << 3 | 2) + _varint_bytes(len(body)) + body


def _varint_bytes(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if at >= len(data):
            raise ValueError("protobuf record ends inside a number")
        byte = data[at]
        number |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return number, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and their values: integers of wire type 0, bytes of types 1, 2 and 5."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(data, at)
            yield tag >> 3, number
            continue
        if kind not in (1, 2, 5):
            raise ValueError(f"protobuf record has a field of unknown wire type {kind}")
        size = {1: 8, 5: 4}.get(kind, 0)
        if kind == 2:
            size, at = _varint(data, at)
        if at + size > len(data):
            raise ValueError("protobuf record ends inside a field")
        yield tag >> 3, data[at : at + size]
        at += size


def _entry(data: bytes) -> tuple[str, Tensor]:
    """One entry of a map: its key and the tensor that is its value."""
    name, tensor = "", Tensor(np.empty(0), [], ())
    for number, value in _fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            name = value.decode()
        elif number == 2:
            for kind, body in _fields(value):
                if kind in _TENSORS and isinstance(body, bytes):
                    tensor = _tensor(body, _TENSORS[kind])
    return name, tensor


def _tensor(data: bytes, form: str | None) -> Tensor:
    parts: dict[int, list[Any]] = {1: [], 2: [], 3: []}
    for number, value in _fields(data):
        if number in parts:
            parts[number].extend(_numbers(value, form if number == 1 else None))
    return Tensor(np.asarray(parts[1], dtype=np.float32), parts[2], tuple(parts[3]))


def _numbers(value: int | bytes, form: str | None) -> list[Any]:
    """Packed or single numbers; without a form they are varints."""
    if isinstance(value, int):
        return [value]
    if form:
        return list(np.frombuffer(value, dtype=form))
    numbers, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(number)
    return numbers
