"""What the next trial tries: by chance, by the grid, or from what the trials so far have shown.

Every choice is a function of the seed, the trial's number and the history, so that nothing but the rows of
the training jobs has to be kept. Optuna takes a second and some memory to import: it is asked only when there
is a history to learn from.
"""

from __future__ import annotations

import importlib
import itertools
import math
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from oficina.engine.tuning.kinds import Objective
from oficina.engine.tuning.ranges import Choice, Range

LEARNING = ("Bayesian", "Hyperband")
"""The strategies that learn from their trials."""
REDRAWS = 50
"""How often chance is asked again when it gives what was tried already."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one set of values; the objective is None while the trial runs."""

    values: dict[str, str]
    objective: float | None


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be chosen, and on which grounds."""

    strategy: str
    ranges: tuple[Range, ...]
    objective: Objective
    seed: str
    number: int
    history: list[Known] = field(default_factory=list)
    first: int = 3
    """So many results are waited for with choices by chance before anything is learnt from them."""


def choose(question: Question) -> dict[str, str]:
    """The values of the next trial."""
    if question.strategy == "Grid":
        return grid(question.ranges, question.number)
    learnt = [each for each in question.history if each.objective is not None]
    if question.strategy == "Random" or len(learnt) < question.first:
        return by_chance(question)
    return by_optuna(question)


def prepare(strategy: str) -> None:
    """Imports what a strategy will need, beside the first trials, which are chosen by chance."""
    if strategy in LEARNING:
        threading.Thread(target=importlib.import_module, args=("optuna",), daemon=True).start()


def combinations(ranges: tuple[Range, ...]) -> int:
    """The size of a grid of categorical ranges."""
    return math.prod(len(each.values) for each in ranges if isinstance(each, Choice))


def grid(ranges: tuple[Range, ...], number: int) -> dict[str, str]:
    """The combination of a number, counted from 1."""
    choices = [each for each in ranges if isinstance(each, Choice)]
    every = itertools.product(*(each.values for each in choices))
    values = next(itertools.islice(every, number - 1, None))
    return dict(zip((each.name for each in choices), values, strict=True))


def by_chance(question: Question) -> dict[str, str]:
    """Values drawn evenly over the scaled ranges, and none twice as long as there are others."""
    chance = random.Random(f"{question.seed} {question.number}")
    tried = [each.values for each in question.history]
    values: dict[str, str] = {}
    for _ in range(REDRAWS):
        values = {each.name: each.at(chance.random()) for each in question.ranges}
        if values not in tried:
            break
    return values


def by_optuna(question: Question) -> dict[str, str]:
    """A tree-structured Parzen estimator's choice; trials that still run are reckoned with."""
    import optuna  # a second of work, for those who need it

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    distributions = {each.name: _distribution(optuna, each) for each in question.ranges}
    sampler = optuna.samplers.TPESampler(
        seed=random.Random(f"{question.seed} {question.number}").getrandbits(32),
        n_startup_trials=question.first,
        constant_liar=True,
    )
    direction = optuna.study.StudyDirection[question.objective.type.upper()]
    study = optuna.create_study(direction=direction, sampler=sampler)
    for known in question.history:
        parameters = _parameters(question.ranges, known.values)
        if parameters is not None:
            study.add_trial(_past(optuna, parameters, distributions, known.objective))
    asked = study.ask(distributions).params
    return {each.name: _text(each, asked[each.name]) for each in question.ranges}


def _distribution(optuna: Any, each: Range) -> Any:
    if isinstance(each, Choice):
        return optuna.distributions.CategoricalDistribution(each.values)
    return optuna.distributions.FloatDistribution(0.0, 1.0)


def _past(optuna: Any, parameters: dict[str, Any], distributions: Any, objective: float | None) -> Any:
    if objective is None:
        state = optuna.trial.TrialState.RUNNING
        return optuna.trial.create_trial(params=parameters, distributions=distributions, state=state)
    return optuna.trial.create_trial(params=parameters, distributions=distributions, value=objective)


def _parameters(ranges: tuple[Range, ...], values: dict[str, str]) -> dict[str, Any] | None:
    """Values as Optuna sees them; None when one is missing or not in its range (any more)."""
    found: dict[str, Any] = {}
    for each in ranges:
        place = each.place(values.get(each.name, ""))
        if place is None:
            return None
        found[each.name] = place
    return found


def _text(each: Range, value: Any) -> str:
    return str(value) if isinstance(each, Choice) else each.at(float(value))
