"""Records of a batch transform's input: split, filtered, joined, put together again."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Iterator
from typing import Any

from .jsonpath import Part, compile_path, select

RECORD_MAGIC = 0xCED7230A
"""What a RecordIO record begins with (Apache MXNet's recordio format)."""


class BadRecord(Exception):
    """A record that cannot be read, filtered or joined; the sentence says why."""


def split(data: bytes, kind: str) -> list[bytes]:
    """The records of a file as its SplitType (None, Line, RecordIO, TFRecord) says. Raises BadRecord."""
    if kind == "Line":
        return [line for line in data.splitlines() if line.strip()]
    if kind == "RecordIO":
        return list(_recordio(data))
    if kind == "TFRecord":
        return list(_tfrecord(data))
    return [data]


def _recordio(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if at + 8 > len(data) or struct.unpack_from("<I", data, at)[0] != RECORD_MAGIC:
            raise BadRecord(f"there is no RecordIO record at byte {at}")
        length = struct.unpack_from("<I", data, at + 4)[0] & 0x1FFFFFFF
        end = at + 8 + length + (-length % 4)
        yield data[at:end]
        at = end


def _tfrecord(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        if at + 12 > len(data):
            raise BadRecord(f"there is no TFRecord at byte {at}")
        end = at + 16 + struct.unpack_from("<Q", data, at)[0]
        yield data[at:end]
        at = end


class Shaper:
    """Input filter, join and output filter (DataProcessing), for CSV and JSON lines."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.input_csv = _is_csv(settings["content_type"])
        self.output_csv = _is_csv(settings["accept"])
        self.join = settings["join"] == "Input"
        self.input_path = _path(settings["input_filter"])
        self.output_path = _path(settings["output_filter"])

    @property
    def per_record(self) -> bool:
        """Whether answers must be taken apart into records."""
        return self.join or self.output_path is not None

    def request(self, record: bytes) -> bytes:
        """What the model is sent of a record. Raises BadRecord."""
        if self.input_path is None:
            return record
        return _write(_select(_read(record, self.input_csv), self.input_path), self.input_csv)

    def answer(self, record: bytes, prediction: bytes) -> bytes:
        """What is kept of a record and its prediction. Raises BadRecord."""
        value = _read(prediction, self.output_csv)
        if self.join:
            value = _joined(_read(record, self.input_csv), value)
        if self.output_path is not None:
            value = _select(value, self.output_path)
        return _write(value, self.output_csv or (self.join and self.input_csv and isinstance(value, list)))


def _path(text: str) -> list[Part] | None:
    return None if text in ("", "$") else compile_path(text)


def _is_csv(content_type: str) -> bool:
    return content_type.split(";")[0].strip().lower() == "text/csv"


def _read(record: bytes, is_csv: bool) -> Any:
    text = record.decode("utf-8", "replace").strip()
    if is_csv:
        return next(csv.reader(io.StringIO(text)), [])
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRecord(f"it is not JSON: {error}") from error


def _write(value: Any, is_csv: bool) -> bytes:
    if not is_csv:
        return json.dumps(value, separators=(",", ":")).encode()
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return out.getvalue().encode()


def _select(value: Any, path: list[Part]) -> Any:
    try:
        return select(value, path)
    except (LookupError, TypeError) as error:
        raise BadRecord(f"the filter finds nothing in it: {error}") from error


def _joined(given: Any, predicted: Any) -> Any:
    """CSV rows are put behind each other; a JSON object gets SageMakerOutput (aws-contracts D.7)."""
    if isinstance(given, list) and isinstance(predicted, list):
        return given + predicted
    if isinstance(given, dict):
        return {**given, "SageMakerOutput": predicted}
    return {"SageMakerInput": given, "SageMakerOutput": predicted}
