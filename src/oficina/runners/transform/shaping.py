"""DataProcessing and the inference's identity: what goes to the model of a record, and what is kept of it."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from typing import Any

from .jsonpath import Part, compile_path, select
from .records import BadRecord


class Shaper:
    """Input filter, join, output filter and inference ids, for CSV, JSON and JSON lines."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.input_csv = _is_csv(settings["content_type"])
        self.output_csv = _is_csv(settings["accept"] or settings["content_type"])
        self.join = settings["join"] == "Input"
        self.input_path = _path(settings["input_filter"])
        self.output_path = _path(settings["output_filter"])
        self.time = (
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(settings["began"]))
            if settings["inference_id"]
            else None
        )

    @property
    def per_record(self) -> bool:
        """Whether answers must be taken apart into records."""
        return self.join or self.output_path is not None or self.time is not None

    def request(self, record: bytes) -> bytes:
        """What the model is sent of a record. Raises BadRecord."""
        if self.input_path is None:
            return record
        return _write(_select(_read(record, self.input_csv), self.input_path), self.input_csv)

    def predictions(self, answer: bytes, count: int) -> list[bytes]:
        """An answer as one prediction for each of several records. Raises BadRecord."""
        if count == 1:
            return [answer]
        lines = [line for line in answer.split(b"\n") if line.strip()]
        if len(lines) != count and not self.output_csv:
            lines = _elements(answer, lines)
        if len(lines) != count:
            raise BadRecord(
                f"the model gave {len(lines)} predictions for {count} records, which cannot be joined, "
                "filtered or given an inference id; use BatchStrategy SingleRecord"
            )
        return lines

    def answer(self, record: bytes, prediction: bytes) -> bytes:
        """What is kept of a record and its prediction. Raises BadRecord."""
        if self.output_csv and self.input_csv and self.output_path is None:
            # Texts are put behind each other, so that what the user wrote stays as it was.
            parts = [record.strip(), prediction.strip()] if self.join else [prediction.strip()]
            return b",".join([*parts, *self._identity()])
        value = _read(prediction, self.output_csv)
        if self.join:
            given = _read(record, self.input_csv)
            value = given + value if self.output_csv else _joined(given, value)
        if self.output_path is not None:
            value = _select(value, self.output_path)
        if self.time is None:
            return _write(value, self.output_csv)
        if self.output_csv:
            return b",".join([_write(value, True), *self._identity()])
        named = value if isinstance(value, dict) else {"SageMakerOutput": value}
        return _write({**named, "SageMakerInferenceId": _uuid(), "SageMakerInferenceTime": self.time}, False)

    def _identity(self) -> list[bytes]:
        return [] if self.time is None else [_uuid().encode(), self.time.encode()]


def _uuid() -> str:
    """A random UUID (version 4) as text; a third of the time of the library's."""
    bits = os.urandom(16).hex()
    return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-{'89ab'[int(bits[16], 16) & 3]}{bits[17:20]}-{bits[20:]}"


def _path(text: str) -> list[Part] | None:
    return None if text in ("", "$") else compile_path(text)


def _is_csv(content_type: str) -> bool:
    return content_type.split(";")[0].strip().lower() == "text/csv"


def _elements(answer: bytes, lines: list[bytes]) -> list[bytes]:
    """The elements of an answer that is one JSON array, bare or under ``predictions``; else the lines."""
    try:
        value = json.loads(answer)
    except ValueError:
        return lines
    if isinstance(value, dict) and list(value) == ["predictions"]:
        value = value["predictions"]
    return [_write(each, False) for each in value] if isinstance(value, list) else lines


def _read(record: bytes, is_csv: bool) -> Any:
    text = record.decode("utf-8", "replace").strip()
    if is_csv:
        return text.split(",") if '"' not in text else next(csv.reader([text]), [])
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadRecord(f"it is not JSON: {error}") from error


def _write(value: Any, is_csv: bool) -> bytes:
    if not is_csv:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    cells = [each if isinstance(each, str) else _cell(each) for each in _row(value)]
    text = ",".join(cells)
    if text.count(",") >= len(cells) or '"' in text or "\n" in text:
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(cells)
        text = out.getvalue()
    return text.encode()


def _row(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _cell(value: Any) -> str:
    return "" if value is None else json.dumps(value)


def _select(value: Any, path: list[Part]) -> Any:
    try:
        return select(value, path)
    except (LookupError, TypeError) as error:
        raise BadRecord(f"the filter finds nothing in it: {error}") from error


def _joined(given: Any, predicted: Any) -> Any:
    """A JSON object gets SageMakerOutput, another value stands beside it (aws-contracts D.7)."""
    if isinstance(given, dict):
        return {**given, "SageMakerOutput": predicted}
    return {"SageMakerInput": given, "SageMakerOutput": predicted}
