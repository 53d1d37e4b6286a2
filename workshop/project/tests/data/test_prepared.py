"""What must be true of the prepared parts."""

from __future__ import annotations

import pandas as pd

from project import preprocess


def test_the_parts_have_the_sizes_of_the_course(parts: dict[str, pd.DataFrame]) -> None:
    assert {name: part.shape for name, part in parts.items()} == {
        "train": (28_831, 65),
        "validation": (8_238, 65),
        "test": (4_119, 65),
    }


def test_no_client_is_in_two_parts(parts: dict[str, pd.DataFrame]) -> None:
    everyone = pd.concat([part.index.to_series() for part in parts.values()])

    assert everyone.is_unique


def test_the_label_comes_first(prepared: pd.DataFrame) -> None:
    assert prepared.columns[0] == preprocess.LABEL
    assert set(prepared["y"]) == {0, 1}


def test_nothing_that_is_known_only_later_is_left(prepared: pd.DataFrame) -> None:
    later = [*preprocess.LEAKS, *preprocess.ECONOMY]

    assert not [column for column in prepared.columns if any(column.startswith(name) for name in later)]


def test_everything_is_a_number_between_0_and_1(prepared: pd.DataFrame) -> None:
    assert prepared.min().min() >= 0
    assert prepared.max().max() <= 1


def test_the_same_clients_are_prepared_in_the_same_way(clients: pd.DataFrame, prepared: pd.DataFrame) -> None:
    assert preprocess.features(clients).equals(prepared)


def test_the_parts_are_alike(parts: dict[str, pd.DataFrame]) -> None:
    shares = [part["y"].mean() for part in parts.values()]

    assert max(shares) - min(shares) < 0.02
