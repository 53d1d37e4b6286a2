"""Predictions as the bytes of an answer, in the type that the caller accepts."""

import json
from collections.abc import Sequence
from typing import Any

from xgboost_image import recordio

CSV = "text/csv"
CSV_ANSWER = "text/csv; charset=utf-8"
"""How AWS's image names its CSV, which data capture records as the observed content type."""
JSON = "application/json"
JSON_LINES = "application/jsonlines"
RECORDIO = "application/x-recordio-protobuf"
ACCEPTS = (CSV, JSON, JSON_LINES, RECORDIO)


class NotAcceptable(Exception):
    """The caller accepts no type that the image can answer in."""


def accepted(accept: str | None, default: str) -> str:
    """The type to answer in: the caller's first that is known; the default when it takes anything."""
    wanted = [part.partition(";")[0].strip().lower() for part in (accept or "").split(",") if part.strip()]
    if not wanted:
        return default
    for kind in wanted:
        if kind in ACCEPTS:
            return kind
        if kind in ("*/*", "text/*" if default.startswith("text/") else default):
            return default
    raise NotAcceptable(f"Accept type {accept} is not supported. Please use one of {', '.join(ACCEPTS)}.")


def encode(predictions: Any, kind: str, *, batch: bool = False) -> bytes:
    """Plain predictions: a number per row, or a row of class probabilities."""
    values = predictions.tolist()
    if batch or kind == CSV:
        return _lines(values, batch=batch)
    named = [{"score": value} for value in values]
    if kind == RECORDIO:
        return recordio.write({"score": _listed(value)} for value in values)
    return _objects(named, kind)


def encode_selected(
    selected: list[dict[str, Any]], keys: Sequence[str], kind: str, *, batch: bool = False
) -> bytes:
    """Selected values: objects by their keys, or CSV in the order asked for with lists in quotes."""
    if kind == CSV:
        text = "\n".join(",".join(_cell(row[key]) for key in keys) for row in selected)
        return (text + "\n" if batch else text).encode()
    if kind == RECORDIO:
        return recordio.write({key: _listed(value) for key, value in row.items()} for row in selected)
    return _objects(selected, kind)


def _lines(values: list[Any], *, batch: bool) -> bytes:
    """One line per row. In batch transform a row of probabilities keeps its brackets, as on AWS."""
    if batch:
        return ("\n".join(map(str, values)) + "\n").encode() if values else b""
    rows = (",".join(map(str, value)) if isinstance(value, list) else str(value) for value in values)
    return "".join(f"{row}\n" for row in rows).encode()


def _objects(rows: list[dict[str, Any]], kind: str) -> bytes:
    if kind == JSON:
        return json.dumps({"predictions": rows}).encode()
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _cell(value: Any) -> str:
    return f'"{value}"' if isinstance(value, list) else str(value)


def _listed(value: Any) -> list[float]:
    return value if isinstance(value, list) else [value]
