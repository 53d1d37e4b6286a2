"""The values that the objective of each trial has taken, and which running trials they condemn."""

from __future__ import annotations

from dataclasses import dataclass, field

from oficina.engine.training import NAMESPACE
from oficina.engine.tuning.kinds import Definition
from oficina.engine.tuning.stopping import Hyperband, below_median
from oficina.engine.tuning.trials import Trial
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.metrics import Metrics


@dataclass(slots=True)
class Curves:
    """The judge of running trials, by AWS's early stopping or by Hyperband; or none."""

    metrics: Metrics
    docs: Scope
    median: bool
    hyperband: dict[str | None, Hyperband]
    """The brackets of each definition, by its name."""
    _ended: dict[int, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, metrics: Metrics, docs: Scope, config: Document, defined: list[Definition]) -> Curves:
        """The judge that a tuning job asks for."""
        brackets = {}
        if config["Strategy"] == "Hyperband":
            for each in defined:
                found = Hyperband.of(config, each.static)
                if found is not None:
                    brackets[each.name] = found
        return cls(metrics, docs, config.get("TrainingJobEarlyStoppingType") == "Auto", brackets)

    @property
    def judges(self) -> bool:
        """Whether running trials have to be looked at."""
        return self.median or bool(self.hyperband)

    def hopeless(self, trials: list[Trial]) -> list[Trial]:
        """The running trials that should end now."""
        if not self.judges:
            return []
        return [trial for trial in trials if not trial.ended and self._ends(trial, trials)]

    def _ends(self, trial: Trial, trials: list[Trial]) -> bool:
        alike = [each for each in trials if each.definition is trial.definition]
        objective = trial.definition.objective
        band = self.hyperband.get(trial.definition.name)
        if band is not None:
            return band.ends(objective, trial.number, {each.number: self._curve(each) for each in alike})
        earlier = [self._curve(each) for each in alike if each.ended and each.status != "Failed"]
        return below_median(objective, self._curve(trial), earlier)

    def _curve(self, trial: Trial) -> list[float]:
        known = self._ended.get(trial.number)
        if known is not None:
            return known
        series = self.metrics.find(
            self.docs.account,
            self.docs.region,
            NAMESPACE,
            trial.definition.objective.metric,
            {"TrainingJobName": trial.name},
        )
        curve = [] if series is None else self.metrics.history(series)
        if trial.ended:
            self._ended[trial.number] = curve
        return curve
