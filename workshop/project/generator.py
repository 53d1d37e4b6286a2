"""Clients that nobody is: the schema, the shares and the main effects of the bank's data, drawn at random.

For a machine that has neither the data set nor a network. Shares and effects were measured on the real table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ROWS = 41_188
SEED = 1729

SHARES: dict[str, dict[str, float]] = {
    "job": {
        "admin.": 0.253,
        "blue-collar": 0.2247,
        "technician": 0.1637,
        "services": 0.0964,
        "management": 0.071,
        "retired": 0.0418,
        "entrepreneur": 0.0354,
        "self-employed": 0.0345,
        "housemaid": 0.0257,
        "unemployed": 0.0246,
        "student": 0.0212,
        "unknown": 0.008,
    },
    "marital": {"married": 0.6052, "single": 0.2809, "divorced": 0.112, "unknown": 0.0019},
    "education": {
        "university.degree": 0.2954,
        "high.school": 0.231,
        "basic.9y": 0.1468,
        "professional.course": 0.1273,
        "basic.4y": 0.1014,
        "basic.6y": 0.0556,
        "unknown": 0.042,
        "illiterate": 0.0004,
    },
    "default": {"no": 0.7912, "unknown": 0.2087, "yes": 0.0001},
    "housing": {"yes": 0.5238, "no": 0.4521, "unknown": 0.024},
    "loan": {"no": 0.8243, "yes": 0.1517, "unknown": 0.024},
    "month": {
        "may": 0.3343,
        "jul": 0.1742,
        "aug": 0.15,
        "jun": 0.1291,
        "nov": 0.0996,
        "apr": 0.0639,
        "oct": 0.0174,
        "sep": 0.0138,
        "mar": 0.0133,
        "dec": 0.0044,
    },
    "day_of_week": {"thu": 0.2094, "mon": 0.2067, "wed": 0.1975, "tue": 0.1964, "fri": 0.19},
}
"""How often each value is found."""

CELLULAR = {"apr": 0.93, "aug": 0.96, "dec": 0.82, "jul": 0.85, "jun": 0.15, "may": 0.4}
"""The share of calls to mobile telephones, by month (0.87 in the others)."""

ECONOMY = ["emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"]
QUARTERS: dict[str, tuple[float, float, float, float, float]] = {
    "mar": (-1.8, 92.843, -50.0, 1.51, 5099.1),
    "apr": (-1.8, 93.075, -47.1, 1.405, 5099.1),
    "may": (1.1, 93.994, -36.4, 4.856, 5191.0),
    "jun": (1.4, 94.465, -41.8, 4.959, 5228.1),
    "jul": (1.4, 93.918, -42.7, 4.962, 5228.1),
    "aug": (1.4, 93.444, -36.1, 4.964, 5228.1),
    "sep": (-1.1, 94.199, -37.5, 0.8765, 4963.6),
    "oct": (-3.4, 92.431, -26.9, 0.742, 5017.5),
    "nov": (-0.1, 93.2, -42.0, 4.12, 5195.8),
    "dec": (-3.0, 92.713, -33.0, 0.715, 5023.5),
}
"""The economy in each month, in the order of `ECONOMY`."""

EFFECTS: dict[str, dict[str, float]] = {
    "poutcome": {"success": 3.0, "failure": 0.1},
    "month": {"mar": 2.3, "dec": 2.0, "oct": 1.9, "sep": 1.75, "apr": 0.9, "may": -0.45},
    "contact": {"telephone": -0.75},
    "job": {"student": 0.75, "retired": 0.75, "blue-collar": -0.3, "services": -0.2},
    "default": {"unknown": -0.4},
    "day_of_week": {"mon": -0.2},
}
"""What a value adds to the log-odds of a yes."""

POSITIVE = 0.1127
"""The share of clients who say yes."""


def generate(rows: int = ROWS, seed: int = SEED) -> pd.DataFrame:
    """A table with the 21 columns of the real one, the same for the same seed."""
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"age": _ages(random, rows)})
    for column, shares in SHARES.items():
        weights = np.array(list(shares.values()))
        table[column] = random.choice(list(shares), rows, p=weights / weights.sum())
    mobile = table["month"].map(CELLULAR).fillna(0.87).to_numpy()
    table.insert(7, "contact", np.where(random.random(rows) < mobile, "cellular", "telephone"))
    table["campaign"] = np.minimum(random.geometric(0.41, rows), 56)
    _history(table, random)
    for column, values in zip(
        ECONOMY, zip(*(QUARTERS[month] for month in table["month"]), strict=True), strict=True
    ):
        table[column] = values
    table["y"] = _answers(table, random)
    length = random.lognormal(np.where(table["y"] == "yes", 6.1, 5.1), 0.8)
    table.insert(10, "duration", np.minimum(length, 4918).astype(int))
    return table


def _ages(random: np.random.Generator, rows: int) -> np.ndarray:
    return np.clip(17 + random.gamma(4.9, 4.7, rows), 17, 98).astype(int)


def _history(table: pd.DataFrame, random: np.random.Generator) -> None:
    """What came of earlier campaigns: most clients were in none."""
    rows = len(table)
    outcome = random.choice(["nonexistent", "failure", "success"], rows, p=[0.8634, 0.1033, 0.0333])
    known = (outcome == "success") | ((outcome == "failure") & (random.random(rows) < 0.034))
    table["pdays"] = np.where(known, np.clip(random.poisson(5.5, rows), 0, 27), 999)
    table["previous"] = np.where(outcome == "nonexistent", 0, np.minimum(random.geometric(0.8, rows), 7))
    table["poutcome"] = outcome


def _answers(table: pd.DataFrame, random: np.random.Generator) -> np.ndarray:
    odds = np.zeros(len(table))
    for column, effects in EFFECTS.items():
        odds += table[column].map(effects).fillna(0).to_numpy()
    odds += 0.9 * (table["age"] > 60).to_numpy() - 0.06 * (table["campaign"].to_numpy() - 1)
    low, high = -10.0, 10.0
    while high - low > 1e-6:  # the level at which the share of yes is the real one
        level = (low + high) / 2
        low, high = (level, high) if _share(odds + level) < POSITIVE else (low, level)
    return np.where(random.random(len(table)) < 1 / (1 + np.exp(-odds - low)), "yes", "no")


def _share(odds: np.ndarray) -> float:
    return float((1 / (1 + np.exp(-odds))).mean())
