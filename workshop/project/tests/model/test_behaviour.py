"""What the model must do, whatever its AUC: stay where nothing changed, move where it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xgboost

from project import evaluate, preprocess, train


def scores(model: xgboost.Booster, clients: pd.DataFrame, columns: pd.Index, **changed: Any) -> np.ndarray:
    """What the model says of clients, some of whose facts are changed first."""
    table = preprocess.features(clients.assign(**changed)).reindex(columns=columns, fill_value=0)
    found: np.ndarray = model.predict(train.matrix(table))
    return found


def test_invariance_the_length_of_the_call_changes_nothing(
    model: xgboost.Booster, clients: pd.DataFrame, prepared: pd.DataFrame
) -> None:
    before = scores(model, clients, prepared.columns)
    after = scores(model, clients, prepared.columns, duration=clients["duration"] * 3)

    assert np.array_equal(before, after)


def test_invariance_the_order_of_the_clients_changes_nothing(
    model: xgboost.Booster, parts: dict[str, pd.DataFrame]
) -> None:
    test = parts["test"]
    turned = test.iloc[::-1]

    assert np.array_equal(model.predict(train.matrix(test)), model.predict(train.matrix(turned))[::-1])


def test_direction_who_said_yes_before_is_likelier_to_say_yes_again(
    model: xgboost.Booster, clients: pd.DataFrame, prepared: pd.DataFrame
) -> None:
    said = clients[clients["poutcome"] == "success"].index
    before = scores(model, clients, prepared.columns)
    refused = clients["poutcome"].where(clients["poutcome"] != "success", "failure")
    after = scores(model, clients, prepared.columns, poutcome=refused)

    assert after[said].mean() < before[said].mean() - 0.05


def test_direction_a_mobile_telephone_is_worth_more_than_one_at_home(
    model: xgboost.Booster, clients: pd.DataFrame, prepared: pd.DataFrame
) -> None:
    mobile = scores(model, clients, prepared.columns, contact="cellular")
    home = scores(model, clients, prepared.columns, contact="telephone")

    assert mobile.mean() > home.mean()


def test_minimum_functionality_an_earlier_yes_in_march_is_called_first(
    model: xgboost.Booster, clients: pd.DataFrame, prepared: pd.DataFrame
) -> None:
    found = scores(model, clients, prepared.columns)
    easy = (clients["poutcome"] == "success") & (clients["month"] == "mar")

    assert np.median(found[easy]) > np.quantile(found, 0.95)


def test_the_model_ranks_unseen_clients_as_the_course_says(
    model: xgboost.Booster, parts: dict[str, pd.DataFrame]
) -> None:
    test = parts["test"]

    assert 0.75 < evaluate.auc(test["y"].to_numpy(), model.predict(train.matrix(test))) < 0.80


def test_a_probability_is_one(model: xgboost.Booster, parts: dict[str, pd.DataFrame]) -> None:
    found = model.predict(train.matrix(parts["test"]))

    assert (found > 0).all()
    assert (found < 1).all()
