"""The ranges that Autotune chooses."""

from __future__ import annotations

import json

import pytest

from oficina.engine.tuning.autotune import auto_ranges
from oficina.runners.images.definition import folder

XGBOOST = json.loads((folder() / "xgboost" / "tunable.json").read_bytes())


@pytest.mark.parametrize(
    ("hint", "member", "edges"),
    [
        ("8", "IntegerParameterRanges", ("2", "32")),
        ("1", "IntegerParameterRanges", ("1", "4")),
        ("-8", "IntegerParameterRanges", ("-32", "-2")),
        ("0.5", "ContinuousParameterRanges", ("0.05", "0.99")),
        ("2.5", "ContinuousParameterRanges", ("0.25", "25.0")),
        ("1e-3", "ContinuousParameterRanges", ("0.0001", "0.01")),
    ],
)
def test_a_number_is_searched_around_its_example(hint: str, member: str, edges: tuple[str, str]) -> None:
    (chosen,) = auto_ranges({"x": hint}, {}, ())[member]

    assert (chosen["MinValue"], chosen["MaxValue"]) == edges


@pytest.mark.parametrize(
    ("hint", "values"),
    [
        ("fast", ["fast"]),
        ('"fast"', ['"fast"']),
        ("0", ["0"]),
        ("true", ["True", "False"]),
        ("NaN", ["NaN"]),
        ("[1, 2]", ["[1, 2]"]),
    ],
)
def test_what_is_no_number_keeps_its_value(hint: str, values: list[str]) -> None:
    (chosen,) = auto_ranges({"x": hint}, {}, ())["CategoricalParameterRanges"]

    assert chosen["Values"] == values


def test_an_algorithm_is_searched_where_aws_documents_it() -> None:
    hints = {"eta": "0.2", "num_round": "50", "objective": "reg:squarederror", "seed": "7", "max_depth": "90"}

    found = auto_ranges(hints, XGBOOST, {"gamma"})

    whole = {each["Name"]: (each["MinValue"], each["MaxValue"]) for each in found["IntegerParameterRanges"]}
    real = {each["Name"]: (each["MinValue"], each["MaxValue"]) for each in found["ContinuousParameterRanges"]}
    fixed = {each["Name"]: each["Values"] for each in found["CategoricalParameterRanges"]}
    assert whole == {"max_delta_step": ("0", "10"), "max_depth": ("1", "10"), "num_round": ("13", "200")}
    assert real["eta"] == ("0.1", "0.5")
    assert "gamma" not in real
    assert real["alpha"] == ("0", "1000")
    assert fixed == {"objective": ["reg:squarederror"], "seed": ["7"]}


def test_without_an_example_the_rounds_are_the_users_to_say() -> None:
    found = auto_ranges({}, XGBOOST, ())

    assert "num_round" not in [each["Name"] for each in found["IntegerParameterRanges"]]
