"""The clients, the prepared parts and one trained model, made once for all tests.

`python -m pytest` in the folder `workshop` runs them on the data set that `project.bank` finds and a model
trained on it. In a pipeline (`check.py`) `BANK_CLIENTS` and `BANK_MODEL` name the files that it has made.
"""

from __future__ import annotations

import os

import pandas as pd
import pytest
import xgboost

from project import bank, preprocess, train


@pytest.fixture(scope="session")
def clients() -> pd.DataFrame:
    """The table as the bank gave it."""
    named = os.environ.get("BANK_CLIENTS")
    return pd.read_csv(named, sep=";") if named else bank.find().read()


@pytest.fixture(scope="session")
def prepared(clients: pd.DataFrame) -> pd.DataFrame:
    """One row of numbers per client."""
    return preprocess.features(clients)


@pytest.fixture(scope="session")
def parts(prepared: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Train, validation and test."""
    return preprocess.split(prepared)


@pytest.fixture(scope="session")
def model(parts: dict[str, pd.DataFrame]) -> xgboost.Booster:
    """The model of the course."""
    named = os.environ.get("BANK_MODEL")
    if named:
        return xgboost.Booster(model_file=named)
    return train.fit(parts["train"], parts["validation"], train.HYPERPARAMETERS)[0]
