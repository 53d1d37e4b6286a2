"""How good predictions are, in numbers that a pipeline can compare and a person can read.

In a job: `python evaluate.py --model FOLDER --test FOLDER --output FOLDER` writes `evaluation.json`.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """The chance that a client who said yes is ranked above one who said no; ties count half."""
    ranks = pd.Series(scores).rank().to_numpy()
    positive = np.asarray(labels) == 1
    yes, no = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - yes * (yes + 1) / 2) / (yes * no))


def roc(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of false and of true alarms, from the strictest threshold to the loosest."""
    hits = np.asarray(labels)[np.argsort(-np.asarray(scores), kind="stable")] == 1
    return np.cumsum(~hits) / max((~hits).sum(), 1), np.cumsum(hits) / max(hits.sum(), 1)


def gain(labels: np.ndarray, scores: np.ndarray, share: float) -> float:
    """The share of all who say yes that is reached when only the best `share` of the clients is called."""
    order = np.argsort(-np.asarray(scores), kind="stable")[: round(len(scores) * share)]
    return float(np.asarray(labels)[order].sum() / np.asarray(labels).sum())


def report(labels: np.ndarray, scores: np.ndarray) -> dict[str, dict[str, dict[str, float]]]:
    """The form that Model Registry and pipeline conditions read."""
    return {"binary_classification_metrics": {"auc": {"value": auc(labels, scores)}}}


def main() -> None:
    """The command line, as the job calls it."""
    import xgboost

    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--model", "--test", "--output"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    archive = options.model / "model.tar.gz"
    if archive.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(options.model, filter="data")
    table = pd.concat([pd.read_csv(path, header=None) for path in sorted(options.test.glob("*.csv"))])
    model = xgboost.Booster(model_file=options.model / "xgboost-model")
    scores = model.predict(xgboost.DMatrix(table.iloc[:, 1:].to_numpy()))
    options.output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report(table.iloc[:, 0].to_numpy(), scores))
    (options.output / "evaluation.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
