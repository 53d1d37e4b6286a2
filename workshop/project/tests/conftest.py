"""The clients, the prepared parts and one trained model, made once for all tests.

`python -m pytest` in the folder `workshop` runs them on the data set that `project.bank` finds.
"""

from __future__ import annotations

import pandas as pd
import pytest
import xgboost

from project import bank, preprocess, train


@pytest.fixture(scope="session")
def clients() -> pd.DataFrame:
    """The table as the bank gave it."""
    return bank.find().read()


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
    return train.fit(parts["train"], parts["validation"], train.HYPERPARAMETERS)[0]
