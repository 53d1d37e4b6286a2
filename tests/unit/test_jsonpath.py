"""The JSONPath subset of batch transform (developer guide; contracts, aws-contracts D.7)."""

from typing import Any

import pytest

from oficina.runners.transform.jsonpath import BadPath, compile_path, select

ROW = ["a", "b", "c", "d"]
OBJECT = {"a": {"b": 1}, "c": [1, 2, 3], "d e": 4}


@pytest.mark.parametrize(
    ("path", "value", "selected"),
    [
        ("$", ROW, ROW),
        ("$[0]", ROW, "a"),
        ("$[-1]", ROW, "d"),
        ("$[1,3]", ROW, ["b", "d"]),
        ("$[1:]", ROW, ["b", "c", "d"]),
        ("$[:-1]", ROW, ["a", "b", "c"]),
        ("$[0:2]", ROW, ["a", "b"]),
        ("$[0,2:]", ROW, ["a", "c", "d"]),
        ("$.*", ROW, ROW),
        ("$.a.b", OBJECT, 1),
        ("$['d e']", OBJECT, 4),
        ("$['a','d e']", OBJECT, {"a": {"b": 1}, "d e": 4}),
        ("$.c[-2:]", OBJECT, [2, 3]),
        ("$.c.*", OBJECT, [1, 2, 3]),
        ("$[*]", ROW, ROW),
        ("$.a['b']", OBJECT, 1),
        ("$.a.['b','c']", {"a": {"b": 1, "c": 2, "d": 3}}, {"b": 1, "c": 2}),
        ("$['a, b]','c']", {"a, b]": 1, "c": 2}, {"a, b]": 1, "c": 2}),
        ('$["d e"]', OBJECT, 4),
        ("$[ 1 , 3 ]", ROW, ["b", "d"]),
        ("$.*.b", {"x": {"b": 1}, "y": {"b": 2}, "z": 3}, [1, 2]),
        ("$[0:2].b", [{"b": 1}, {}, {"b": 3}], [1]),
        ("$[:2][0]", [[1, 2], [3, 4], [5]], [1, 3]),
        ("$.*.*", {"x": [1, 2], "y": {"b": 3}}, [1, 2, 3]),
    ],
)
def test_a_path_selects(path: str, value: Any, selected: Any) -> None:
    assert select(value, compile_path(path)) == selected


@pytest.mark.parametrize(
    "path", ["a", "$a", "$[", "$[a]", "$[1:2:3]", "$..a", "$.", "$['a]", "$[1,]", "$['a'b]", "$[]", ""]
)
def test_a_path_outside_the_subset_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        compile_path(path)
