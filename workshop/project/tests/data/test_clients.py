"""What must be true of the data before anybody learns from it."""

from __future__ import annotations

import pandas as pd


def test_there_are_as_many_clients_and_columns_as_the_paper_says(clients: pd.DataFrame) -> None:
    assert clients.shape == (41_188, 21)


def test_nothing_is_missing(clients: pd.DataFrame) -> None:
    assert not clients.isna().any().any()


def test_the_answer_is_yes_or_no(clients: pd.DataFrame) -> None:
    assert set(clients["y"]) == {"yes", "no"}


def test_one_client_in_nine_says_yes(clients: pd.DataFrame) -> None:
    assert 0.10 < (clients["y"] == "yes").mean() < 0.13


def test_ages_are_ages_of_adults(clients: pd.DataFrame) -> None:
    assert clients["age"].between(17, 98).all()


def test_a_client_of_no_earlier_campaign_was_called_in_none(clients: pd.DataFrame) -> None:
    new = clients["poutcome"] == "nonexistent"

    assert (clients.loc[new, "previous"] == 0).all()
    assert (clients.loc[new, "pdays"] == 999).all()
