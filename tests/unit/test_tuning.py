"""Ranges, choices and early ends of tuning, without a server."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oficina.engine.tuning.choosing import Known, Question, choose
from oficina.engine.tuning.kinds import Objective
from oficina.engine.tuning.ranges import Choice, Number, read_ranges
from oficina.engine.tuning.stopping import Hyperband, below_median

SMALLER = Objective("loss", maximize=False)
SHARES = st.floats(0, 1, exclude_max=True)


def number(low: object, high: object, scaling: str, *, whole: bool = False) -> Number:
    """One range, read as AWS writes it."""
    member = "IntegerParameterRanges" if whole else "ContinuousParameterRanges"
    entry: dict[str, Any] = {"Name": "x", "MinValue": str(low), "MaxValue": str(high), "ScalingType": scaling}
    (found,) = read_ranges({member: [entry]})
    assert isinstance(found, Number)
    return found


@pytest.mark.parametrize(
    ("low", "high", "scaling"),
    [(-1, 5, "Linear"), (1e-6, 10, "Logarithmic"), (0, 0.999, "ReverseLogarithmic"), (0.5, 0.5, "Auto")],
)
@given(share=SHARES)
def test_a_value_of_any_scaling_lies_in_its_range_and_is_found_again(
    low: float, high: float, scaling: str, share: float
) -> None:
    each = number(low, high, scaling)
    text = each.at(share)

    assert low <= float(text) <= high
    place = each.place(text)
    assert place is not None
    assert float(each.at(place)) == pytest.approx(float(text))


@given(share=SHARES)
def test_an_integer_is_written_as_one(share: float) -> None:
    assert number(1, 64, "Logarithmic", whole=True).at(share) in [str(value) for value in range(1, 65)]


def test_all_integers_of_a_linear_range_are_as_likely() -> None:
    each = number(1, 4, "Linear", whole=True)

    found = [each.at(step / 400) for step in range(400)]

    assert {value: found.count(value) for value in "1234"} == dict.fromkeys("1234", pytest.approx(100, abs=2))


def test_auto_takes_the_logarithm_of_wide_ranges_only() -> None:
    assert number(0.0001, 1, "Auto").scaling == "Logarithmic"
    assert number(0.1, 1, "Auto").scaling == "Linear"
    assert number(0, 1, "Auto").scaling == "Linear"


def test_a_value_out_of_its_range_has_no_place() -> None:
    assert number(0, 1, "Linear").place("2") is None
    assert number(0, 1, "Linear").place("red") is None
    assert Choice("colour", ("red",)).place("blue") is None


def ask(number_: int, history: list[Known], strategy: str = "Bayesian") -> float:
    """The next value of a search between 0 and 1."""
    question = Question(strategy, (number(0, 1, "Linear"),), SMALLER, "seed", number_, history)
    return float(choose(question)["x"])


def test_a_bayesian_search_comes_nearer_to_the_best() -> None:
    history: list[Known] = []
    for step in range(1, 31):
        value = ask(step, history)
        history.append(Known({"x": str(value)}, abs(value - 0.3)))

    late = sorted(each.objective or 0 for each in history[15:])
    assert late[len(late) // 2] < 0.15


def test_a_choice_depends_on_nothing_but_seed_number_and_history() -> None:
    history = [Known({"x": str(step / 10)}, step / 10) for step in range(8)]

    assert ask(9, history) == ask(9, history)
    assert ask(9, history, "Random") != ask(10, history, "Random")


def test_what_lies_outside_of_the_range_teaches_nothing() -> None:
    known = [Known({"x": "7"}, 0.0), Known({"y": "1"}, 0.0)]

    assert 0 <= ask(3, known * 3) <= 1


def test_a_trial_worse_than_the_median_of_averages_ends() -> None:
    earlier = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]

    assert not below_median(SMALLER, [0.8], earlier)  # the averages are 0.9, 0.8 and 0.7
    assert below_median(SMALLER, [0.8, 0.6], earlier)  # 0.5 each
    assert not below_median(SMALLER, [0.8, 0.6], earlier[:2])
    assert not below_median(SMALLER, [], earlier)
    assert not below_median(SMALLER, [0.9, 0.9, 0.9], earlier)


def test_hyperband_keeps_the_best_third_at_each_rung() -> None:
    band = Hyperband(1, 9)

    assert [band.rungs(number) for number in (1, 2, 3, 4)] == [[1, 3], [3], [], [1, 3]]
    curves = {1: [0.5], 4: [0.4], 7: [0.6], 2: [0.9]}
    assert [band.ends(SMALLER, number, curves) for number in (1, 4, 7, 2)] == [True, False, True, False]
