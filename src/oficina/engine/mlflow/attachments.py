"""What the ``sagemaker-mlflow`` plugin lays beside a logged model for its package (plugin 0.5).

``log_inference_specification`` writes one file, ``evaluate`` and ``log_evaluation_group`` one per data set.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.store.store import Store

log = logging.getLogger(__name__)

SPECIFICATION = "sagemaker_inference_specification.json"
EVALUATION = "sagemaker_evaluation_group_"
MOST_BYTES = 1024 * 1024
"""A file that is longer was not written by the plugin."""


def specification(store: Store, account: str, place: str) -> dict[str, Any] | None:
    """The ``InferenceSpecification`` of a model; None when none was logged."""
    for name, content in _files(store, account, place, SPECIFICATION):
        if name == SPECIFICATION:
            return content
    return None


def evaluations(store: Store, account: str, place: str) -> list[dict[str, Any]]:
    """The evaluations of a model in the form of a model card."""
    return [_evaluation(content) for _, content in _files(store, account, place, EVALUATION)]


def _files(store: Store, account: str, place: str, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names and contents of the files of a model whose names begin with ``prefix``."""
    bucket, _, folder = place.removeprefix("s3://").partition("/")
    if not place.startswith("s3://") or not store.objects.has_bucket(account, bucket):
        return
    start = f"{folder.rstrip('/')}/"
    for found in store.objects.iterate(account, bucket, start + prefix):
        name = found.key.removeprefix(start)
        content = _read(store, account, bucket, found.key) if found.size <= MOST_BYTES else None
        if content is None:
            log.warning("s3://%s/%s is not a file of the sagemaker-mlflow plugin", bucket, found.key)
        else:
            yield name, content


def _read(store: Store, account: str, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        content = orjson.loads(store.objects.read(account, bucket, key))
    except (ValueError, AwsError):
        return None
    return content if isinstance(content, dict) else None


def _evaluation(content: dict[str, Any]) -> dict[str, Any]:
    """The plugin writes numbers as text; a card wants numbers."""
    groups = [
        {**group, "metric_data": [_metric(metric) for metric in group.get("metric_data", [])]}
        for group in content.get("metric_groups", [])
    ]
    return {**content, "metric_groups": groups}


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    try:
        return {**metric, "value": float(metric["value"])} if metric["type"] == "number" else metric
    except (KeyError, ValueError, TypeError):
        return metric
