"""CloudWatch's machine metrics of endpoints, once a minute for each process.

Namespace and names are those of the developer guide, "Amazon SageMaker AI metrics in Amazon CloudWatch":
/aws/sagemaker/Endpoints, dimensions EndpointName and VariantName, in percent.
"""

from __future__ import annotations

import os

import orjson

from oficina.engine.hosting.instance import Instance
from oficina.engine.hosting.routes import Route
from oficina.engine.machine import NAMES
from oficina.store.metrics import Point

NAMESPACE = "/aws/sagemaker/Endpoints"


def taken(route: Route) -> list[Point]:
    """What was measured since the last time; it is taken out of the files, which would only grow."""
    return [
        point
        for variant in route.variants
        for one in variant.instances
        for point in _points({"EndpointName": route.name, "VariantName": variant.name}, _measured(one))
    ]


def _measured(one: Instance) -> list[dict[str, float]]:
    path = one.folder / "usage.jsonl"
    try:
        lines = path.read_bytes().splitlines()
        os.truncate(path, 0)
    except FileNotFoundError:
        return []
    return [orjson.loads(line) for line in lines if line.endswith(b"}")]


def _points(dimensions: dict[str, str], measured: list[dict[str, float]]) -> list[Point]:
    found = []
    for key, name in NAMES.items():
        values = [one[key] for one in measured if one.get(key) is not None]
        if values:
            mean, count, time = sum(values) / len(values), float(len(values)), measured[-1]["time"]
            found.append(Point(name, dimensions, mean, time, "Percent", count, min(values), max(values)))
    return found
