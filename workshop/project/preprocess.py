"""From clients as the bank knows them to numbers that a model can learn from, in three parts.

In a job: `python preprocess.py --input DATA.csv --output FOLDER` writes `train/`, `validation/` and `test/`
(label first, no header, as SageMaker's built-in XGBoost wants it) and `baseline/` (with names, for later).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pandas as pd

LABEL = "y"
LEAKS = ["duration"]
"""How long the call took: known only when the answer is known too."""
ECONOMY = ["emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]
"""What the economy did in that quarter: true of the past campaign, not of the next client."""
AGES = [18, 30, 40, 50, 60, 70, 90]
AGE_NAMES = ["18-29", "30-39", "40-49", "50-59", "60-69", "70-plus"]
SCALED = ["pdays", "previous", "campaign"]
NEVER = 999
"""`pdays` of a client whom nobody called before."""
SEED = 1729
SHARES = (0.7, 0.9)
"""Where the shuffled rows are cut: train, validation, test."""


def features(clients: pd.DataFrame) -> pd.DataFrame:
    """One row of numbers per client, the label first."""
    table = clients.drop(columns=LEAKS + ECONOMY)
    table["no_previous_contact"] = (table["pdays"] == NEVER).astype(int)
    table["not_working"] = table["job"].isin(["student", "retired", "unemployed"]).astype(int)
    ages = pd.cut(table["age"].clip(AGES[0], AGES[-1]), AGES, labels=AGE_NAMES, include_lowest=True)
    table = pd.concat([table.drop(columns="age"), pd.get_dummies(ages, prefix="age", dtype=int)], axis=1)
    for column in SCALED:
        low, high = table[column].min(), table[column].max()
        table[column] = (table[column] - low) / max(high - low, 1)
    label = (table[LABEL] == "yes").astype(int).rename(LABEL)
    numbers = pd.get_dummies(table.drop(columns=LABEL), dtype=int)
    return pd.concat([label, numbers], axis=1)


def split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows shuffled, always in the same way, and cut into train, validation and test."""
    shuffled = table.sample(frac=1, random_state=SEED)
    first, second = (int(share * len(shuffled)) for share in SHARES)
    return {
        "train": shuffled.iloc[:first],
        "validation": shuffled.iloc[first:second],
        "test": shuffled.iloc[second:],
    }


def write(parts: dict[str, pd.DataFrame], output: Path) -> None:
    """One folder per part; the names of the columns lie beside them, since the parts have no header."""
    for name, part in parts.items():
        folder = output / name
        folder.mkdir(parents=True, exist_ok=True)
        part.to_csv(folder / f"{name}.csv", index=False, header=False)
        print(f"{name}: {len(part)} rows x {part.shape[1]} columns")
    folder = output / "baseline"
    folder.mkdir(parents=True, exist_ok=True)
    train = parts["train"]
    train.to_csv(folder / "baseline.csv", index=False)
    (folder / "columns.json").write_text(json.dumps(list(train.columns)), encoding="utf-8")


def main() -> None:
    """The command line, as the job calls it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help="the CSV of clients, or its folder")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    path = next(options.input.glob("*.csv")) if options.input.is_dir() else options.input
    clients = pd.read_csv(path, sep=";")
    print(f"{path.name}: {len(clients)} rows x {clients.shape[1]} columns")
    write(split(features(clients)), options.output)


if __name__ == "__main__":
    main()
