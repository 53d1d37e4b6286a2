"""XGBoost on the prepared tables: the same function in a notebook, in a test and in a training job.

In a job, SageMaker hands over hyper-parameters as arguments and folders as variables: `SM_CHANNEL_TRAIN`,
`SM_CHANNEL_VALIDATION`, `SM_MODEL_DIR`.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import pandas as pd
import xgboost

ROUNDS = 100
HYPERPARAMETERS: dict[str, Any] = {
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "max_depth": 6,
    "eta": 0.15,
    "gamma": 4,
    "min_child_weight": 6,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "nthread": 1,  # so few rows are learned faster by one thread than by threads that wait for each other
}
MODEL = "xgboost-model"
"""The name under which SageMaker's XGBoost image looks for a model."""


def read(folder: Path) -> pd.DataFrame:
    """All tables of a channel: no header, label first."""
    return pd.concat([pd.read_csv(path, header=None) for path in sorted(folder.glob("*.csv"))])


def matrix(table: pd.DataFrame) -> xgboost.DMatrix:
    """A table as XGBoost wants it; names would tie the model to them, and the endpoint gets none."""
    return xgboost.DMatrix(table.iloc[:, 1:].to_numpy(), label=table.iloc[:, 0].to_numpy())


def fit(
    train: pd.DataFrame,
    validation: pd.DataFrame,
    hyperparameters: dict[str, Any],
    rounds: int = ROUNDS,
    log: bool = True,
) -> tuple[xgboost.Booster, dict[str, list[float]]]:
    """A model, and its metric on both tables after each round; each round is a line of the log, if wanted."""
    history: dict[str, dict[str, list[float]]] = {}
    sets = [(matrix(train), "train"), (matrix(validation), "validation")]
    watched = {"evals": sets, "evals_result": history, "verbose_eval": log}
    model = xgboost.train(hyperparameters, sets[0][0], rounds, **watched)
    metric = str(hyperparameters["eval_metric"])
    return model, {name: values[metric] for name, values in history.items()}


def main() -> None:
    """The command line, as the job calls it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num_round", type=int, default=ROUNDS)
    for name, value in HYPERPARAMETERS.items():
        parser.add_argument(f"--{name}", type=type(value) if isinstance(value, str) else float, default=value)
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    options = vars(parser.parse_args())
    rounds, folders = (
        options.pop("num_round"),
        [Path(options.pop(name)) for name in ("train", "validation", "model")],
    )
    whole = {
        name: int(value) if name in ("max_depth", "nthread") else value for name, value in options.items()
    }
    model, _ = fit(read(folders[0]), read(folders[1]), whole, rounds)
    model.save_model(folders[2] / MODEL)
    print(f"saved {MODEL}: {model.num_boosted_rounds()} rounds, {model.num_features()} features")


if __name__ == "__main__":
    main()
