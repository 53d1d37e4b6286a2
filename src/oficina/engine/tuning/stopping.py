"""Trials that are ended early, judged by the values that their objective has taken so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean, median

from oficina.engine.tuning.kinds import Objective
from oficina.store.kinds import Document

ETA = 3
"""Of so many trials at a rung one goes on (Li et al., Hyperband: η = 3)."""
ENOUGH = 3
"""So many earlier trials are needed before a median means something (decision 0120)."""
EPOCHS = ("epochs", "num_epochs", "numepochs", "n_epochs", "n-epochs", "num-epochs", "num_round")
"""Static hyper-parameters that tell a Hyperband tuning its MaxResource (developer guide, Hyperband)."""


def below_median(objective: Objective, curve: list[float], earlier: list[list[float]]) -> bool:
    """AWS's rule of early stopping.

    A trial is stopped when its objective is worse than the median of the running averages of earlier trials
    up to the same point (developer guide, "How early stopping works").
    """
    if not curve:
        return False
    averages = [fmean(each[: len(curve)]) for each in earlier if len(each) >= len(curve)]
    if len(averages) < ENOUGH:
        return False
    return objective.better(median(averages), curve[-1])


@dataclass(frozen=True, slots=True)
class Hyperband:
    """Brackets of trials with rungs at which the worse ones end."""

    least: int
    most: int

    @classmethod
    def of(cls, config: Document, static: dict[str, str]) -> Hyperband | None:
        """The resources of a tuning job; None when MaxResource is neither told nor found."""
        given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
        most = given.get("MaxResource") or next(
            (int(static[name]) for name in EPOCHS if static.get(name, "").isdigit()), None
        )
        return None if most is None else cls(int(given.get("MinResource", 1)), int(most))

    @property
    def brackets(self) -> int:
        """How many brackets there are: the later ones let trials run longer before the first rung."""
        return int(math.log(max(self.most / self.least, 1), ETA) + 1e-9) + 1

    def rungs(self, number: int) -> list[int]:
        """The points at which the trial of a number is judged."""
        point = self.least * ETA ** ((number - 1) % self.brackets)
        found = []
        while point < self.most:
            found.append(point)
            point *= ETA
        return found

    def ends(self, objective: Objective, number: int, curves: dict[int, list[float]]) -> bool:
        """Whether a trial is not among the best third at a rung that it has reached."""
        curve = curves.get(number, [])
        for rung in self.rungs(number):
            if len(curve) < rung:
                return False
            reached = [
                each[rung - 1]
                for other, each in curves.items()
                if len(each) >= rung and rung in self.rungs(other)
            ]
            better = sum(objective.better(value, curve[rung - 1]) for value in reached)
            if better >= max(1, math.ceil(len(reached) / ETA)):
                return True
        return False
