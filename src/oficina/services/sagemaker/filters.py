"""Search expressions: whether a document satisfies filters, nested filters and subexpressions.

Properties are named by their path, ``ModelArtifacts.S3ModelArtifacts``; some have names of their own:
``Tags.key``, ``Metrics.name``, of a trial component ``Metrics.name.max`` and ``Parameters.name`` (API
reference of Filter, and the notebooks of experiments).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from oficina.errors import validation
from oficina.store.kinds import Document

Test = Callable[[Document], bool]
_STATISTICS = ("Max", "Min", "Last", "Count", "Avg", "StdDev")
"""What a component's metric is summed up to (botocore, TrialComponentMetricSummary)."""


def compile_expression(expression: Document) -> Test:
    """The test that an expression makes. Raises AwsError when a filter has no meaning."""
    tests = [_filter(one) for one in expression.get("Filters", ())]
    tests += [_nested(one) for one in expression.get("NestedFilters", ())]
    tests += [compile_expression(one) for one in expression.get("SubExpressions", ())]
    if expression.get("Operator") == "Or" and tests:
        return lambda document: any(test(document) for test in tests)
    return lambda document: all(test(document) for test in tests)


def needles(expression: Document, without: tuple[str, ...] = ()) -> list[str]:
    """Texts that every document which satisfies an expression has in it as they are.

    ``without`` are members that are not in the document itself.
    """
    if expression.get("Operator") == "Or":
        return []
    found = [
        one["Value"]
        for one in expression.get("Filters", ())
        if one.get("Operator", "Equals") in ("Equals", "Contains")
        and one.get("Value")
        and _number(one["Value"]) is None
        and one["Value"].lower() not in ("true", "false")
        and one["Name"].partition(".")[0] not in ("Tags", *without)
    ]
    for inner in expression.get("SubExpressions", ()):
        found += needles(inner, without)
    return found


def _nested(nested: Document) -> Test:
    """One item of a list has to satisfy all the filters."""
    prefix = nested["NestedPropertyName"]
    tests = []
    for one in nested["Filters"]:
        name = one["Name"].removeprefix(prefix + ".")
        tests.append(_filter({**one, "Name": name}))

    def holds(document: Document) -> bool:
        items = values(document, prefix, whole=True)
        return any(isinstance(item, dict) and all(test(item) for test in tests) for item in items)

    return holds


def _filter(one: Document) -> Test:
    name, wanted = one["Name"], one.get("Value")
    operator = one.get("Operator") or ("Exists" if wanted is None else "Equals")
    if operator in ("Exists", "NotExists"):
        return lambda document: bool(values(document, name)) is (operator == "Exists")
    if wanted is None:
        raise validation(f"The filter on {name} with the operator {operator} needs a value.")
    if operator == "NotEquals":
        return lambda document: all(not _equal(value, wanted) for value in values(document, name))
    test = _TESTS[operator]
    return lambda document: any(test(value, wanted) for value in values(document, name))


def values(document: Document, name: str, *, whole: bool = False) -> list[Any]:
    """What a document has under a path, lists taken apart; ``whole`` gives structures too."""
    head, _, rest = name.partition(".")
    if head == "Tags" and rest:
        return [tag["Value"] for tag in document.get("Tags", ()) if tag["Key"] == rest]
    if head.lower() == "metrics" and rest:
        return _metrics(document, rest)
    if head == "Parameters" and rest in document.get("Parameters", {}):
        value = document["Parameters"][rest]
        return list(value.values()) if isinstance(value, dict) else [value]
    return _walk(document, name, whole)


def _metrics(document: Document, name: str) -> list[Any]:
    """The final value of a job's metric; of a component's, what is asked for after the last dot."""
    final = document.get("FinalMetricDataList", ())
    found = [metric["Value"] for metric in final if metric["MetricName"] == name]
    for metric in document.get("Metrics", ()):
        for statistic in _STATISTICS:
            if name.lower() == f"{metric['MetricName']}.{statistic}".lower():
                found.append(metric[statistic])
        if name == metric["MetricName"]:
            found.append(metric["Last"])
    return found


def _walk(value: Any, path: str, whole: bool) -> list[Any]:
    if isinstance(value, list):
        return [found for item in value for found in _walk(item, path, whole)]
    if not path:
        return [value] if whole or not isinstance(value, dict) else []
    if not isinstance(value, dict):
        return []
    if path in value:  # a key of a map may have dots in it
        return _walk(value[path], "", whole)
    head, _, rest = path.partition(".")
    return _walk(value[head], rest, whole) if value.get(head) is not None else []


def _number(text: Any) -> float | None:
    """A number, or a time in ISO 8601 as seconds since the epoch; None when it is neither."""
    if isinstance(text, (int, float)):
        return float(text)
    try:
        number = float(text)
        return number if math.isfinite(number) else None
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _pair(value: Any, wanted: str) -> tuple[Any, Any]:
    """Both sides as numbers where both are, else as texts."""
    if isinstance(value, bool):
        return str(value).lower(), wanted.lower()
    left, right = _number(value), _number(wanted)
    return (left, right) if left is not None and right is not None else (str(value), wanted)


def _equal(value: Any, wanted: str) -> bool:
    left, right = _pair(value, wanted)
    return bool(left == right)


def _less(value: Any, wanted: str) -> bool:
    left, right = _pair(value, wanted)
    return bool(left < right)


_TESTS: dict[str, Callable[[Any, str], bool]] = {
    "Equals": _equal,
    "GreaterThan": lambda value, wanted: not _less(value, wanted) and not _equal(value, wanted),
    "GreaterThanOrEqualTo": lambda value, wanted: not _less(value, wanted),
    "LessThan": _less,
    "LessThanOrEqualTo": lambda value, wanted: _less(value, wanted) or _equal(value, wanted),
    "Contains": lambda value, wanted: wanted in str(value),
    "In": lambda value, wanted: any(_equal(value, one.strip()) for one in wanted.split(",")),
}
