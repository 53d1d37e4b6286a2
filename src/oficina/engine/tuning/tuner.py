"""One tuning job on its way: trials begin, what runs is watched, what ended is told.

All state is in rows: a trial's name follows from its number, so a server that is killed between a choice and
its training job finds that job, or makes the one that it would have made.
"""

from __future__ import annotations

from typing import Any

from oficina.chaos import point
from oficina.engine.training import TRAINING_JOB
from oficina.engine.tuning import criteria, trials, warmstart
from oficina.engine.tuning.choosing import Known, Question, choose, prepare
from oficina.engine.tuning.criteria import Ending
from oficina.engine.tuning.curves import Curves
from oficina.engine.tuning.kinds import ENDED, TUNING_JOB, Definition, definitions
from oficina.engine.tuning.requests import training_job
from oficina.engine.tuning.trials import Trial
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.documents import Scope
from oficina.store.kinds import Document

LOOK_SECONDS = 5.0
"""How long a tuning job waits at most before it looks again without having been woken."""
JUDGE_SECONDS = 0.5
"""The same where running trials are judged by the values of their objective."""


class Tuner:
    """One tuning job."""

    def __init__(self, engine: Engine, docs: Scope, name: str) -> None:
        self.engine, self.docs, self.name = engine, docs, name
        self.job = docs.get(TUNING_JOB, name)
        self.arn = str(self.job["HyperParameterTuningJobArn"])
        self.config: Document = self.job["HyperParameterTuningJobConfig"]
        self.definitions: list[Definition] = definitions(self.job)
        self.trials: dict[int, Trial] = {
            each.number: each for each in trials.every(docs, self.job, self.definitions)
        }
        self.begun = max([int(self.job.get("_begun", 0)), *self.trials])
        self.earlier = warmstart.earlier(docs, self.job)
        self.curves = Curves.of(engine.store.metrics, docs, self.config, self.definitions)

    # -- the loop ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Goes on until the tuning job has ended."""
        prepare(self.config["Strategy"])
        for trial in self.trials.values():
            self._link(trial.name)
        while True:
            seen = self._marks()  # before the look: what changes meanwhile is seen by the wait
            job = self.docs.find(TUNING_JOB, self.name)
            if job is None or job["CreationTime"] != self.job["CreationTime"]:
                return  # deleted meanwhile
            self.job = job
            if job["HyperParameterTuningJobStatus"] in ENDED:
                return
            self._look()
            ending = self._ending()
            if ending is None:
                self._judge()
                ending = self._fill()
            else:
                self._stop(self._running())
            self._tell(ending)
            if ending is not None and not self._running():
                self._finish(ending)
                return
            self._wait(seen)

    def _look(self) -> None:
        """The running trials as they are now; one whose training job was deleted is forgotten."""
        for trial in self._running():
            found = trials.find(self.docs, self.job, self.definitions, trial.number)
            if found is None:
                del self.trials[trial.number]
            else:
                self.trials[trial.number] = found

    def _running(self) -> list[Trial]:
        return [trial for trial in self.trials.values() if not trial.ended]

    def _every(self) -> list[Trial]:
        return [self.trials[number] for number in sorted(self.trials)]

    def _ending(self) -> Ending | None:
        """The ending that was decided on, or has come now."""
        kept = self.job.get("_ending")
        if kept is not None:
            return Ending(**kept)
        if self.job["HyperParameterTuningJobStatus"] == "Stopping":
            return Ending("Stopped")
        seconds = self.engine.clock.now() - self.job["CreationTime"]
        found = criteria.ending(self.config, self._every(), seconds)
        if found is None and self.begun >= self._most() and not self._running():
            return Ending("Completed")
        return found

    def _most(self) -> int:
        return int(self.config["ResourceLimits"]["MaxNumberOfTrainingJobs"])

    def _wait(self, seen: list[Any]) -> None:
        """Until a trial or the tuning job itself changes its status."""
        seconds = JUDGE_SECONDS if self.curves.judges else LOOK_SECONDS
        self.docs.database.wait_until(lambda: self._marks() != seen, seconds)

    def _marks(self) -> list[Any]:
        arns = [self.arn, *(str(trial.job["TrainingJobArn"]) for trial in self._running())]
        marks = ",".join("?" * len(arns))
        rows = self.docs.database.reader.execute(
            f"SELECT arn, status FROM resources WHERE arn IN ({marks}) ORDER BY arn", arns
        )
        return [tuple(row) for row in rows]

    # -- trials ------------------------------------------------------------------------------------------

    def _fill(self) -> Ending | None:
        """Begins as many trials as may run at once."""
        parallel = self.config["ResourceLimits"]["MaxParallelTrainingJobs"]
        while self.begun < self._most() and len(self._running()) < parallel:
            try:
                self._begin(self.begun + 1)
            except AwsError as error:
                if shortage.is_shortage(error):
                    raise
                return Ending("Failed", f"{error.code}: {error.message}")
            if self.docs.get(TUNING_JOB, self.name)["HyperParameterTuningJobStatus"] != "InProgress":
                break
        return None

    def _begin(self, number: int) -> None:
        definition = self.definitions[(number - 1) % len(self.definitions)]
        values = choose(self._question(definition, number))
        name = trials.name_of(self.job, number)
        request = training_job(definition, name, values, self.docs.tags(self.arn))
        point("trial-chosen")
        self._call("CreateTrainingJob", request)
        point("trial-created")
        self._link(name)
        self.begun = number
        found = trials.find(self.docs, self.job, self.definitions, number)
        if found is not None:
            self.trials[number] = found
        point("trial-begun")

    def _call(self, operation: str, request: Document) -> None:
        self.engine.call(self.docs.account, self.docs.region, "sagemaker", operation, request)

    def _link(self, name: str) -> None:
        """The training job tells of which tuning job it is."""
        with self.docs.transaction():
            found = self.docs.find(TRAINING_JOB, name)
            if found is not None and "TuningJobArn" not in found:
                self.docs.update(TRAINING_JOB, name, {"TuningJobArn": self.arn})

    def _question(self, definition: Definition, number: int) -> Question:
        """What a choice is made from: the history of this definition, and of the parents."""
        own = [each for each in self._every() if each.definition is definition]
        history = warmstart.known(self.earlier)
        history += [Known(each.tuned, each.value) for each in own if not each.ended or each.value is not None]
        strategy = self.config["Strategy"]
        most = self._most() // len(self.definitions)
        return Question(
            strategy=strategy,
            ranges=definition.ranges,
            objective=definition.objective,
            seed=self._seed(definition),
            number=number,
            history=history,
            first=min(max(most // 3, 3), 10),
        )

    def _seed(self, definition: Definition) -> str:
        seed = self.config.get("RandomSeed")
        own = f"{self.arn} {self.job['CreationTime']}" if seed is None else str(seed)
        return f"{own} {definition.name or ''}"

    def _judge(self) -> None:
        """Ends the running trials that promise nothing any more."""
        self._stop(self.curves.hopeless(self._every()))

    def _stop(self, chosen: list[Trial]) -> None:
        for trial in chosen:
            if trial.status == "Stopping":
                continue
            try:
                self._call("StopTrainingJob", {"TrainingJobName": trial.name})
            except AwsError:
                continue  # it has ended meanwhile
        self._look()

    # -- what is told ------------------------------------------------------------------------------------

    def _tell(self, ending: Ending | None) -> None:
        """Counters and best trials, when they have changed."""
        every = self._every()
        changes: Document = {**trials.counters(every), "_begun": self.begun}
        best = trials.best(every)
        if best is not None:
            changes["BestTrainingJob"] = best.summary(self.name)
        if self.job.get("WarmStartConfig", {}).get("WarmStartType") == warmstart.IDENTICAL:
            changes |= self._overall(best)
        changes["TuningJobCompletionDetails"] = {
            **self.job.get("TuningJobCompletionDetails", {}),
            "NumberOfTrainingJobsObjectiveNotImproving": criteria.not_improving(every),
        }
        if ending is not None and "_ending" not in self.job:
            changes["_ending"] = {
                "status": ending.status,
                "reason": ending.reason,
                "converged": ending.converged,
            }
            if ending.converged:
                changes["TuningJobCompletionDetails"]["ConvergenceDetectedTime"] = self.engine.clock.now()
        if any(self.job.get(member) != value for member, value in changes.items()):
            self.job = self.docs.update(TUNING_JOB, self.name, changes)

    def _overall(self, best: Trial | None) -> Document:
        """The best of this tuning job and of those that it began from."""
        every = [*self.earlier, *([(self.name, best)] if best else [])]
        found = trials.best([trial for _, trial in every])
        if found is None:
            return {}
        name = next(name for name, trial in every if trial is found)
        return {"OverallBestTrainingJob": found.summary(name)}

    def _finish(self, ending: Ending) -> None:
        now = self.engine.clock.now()
        seconds = sum(int(trial.job.get("TrainingTimeInSeconds", 0)) for trial in self.trials.values())
        point("trials-ended")
        changes = {
            "HyperParameterTuningJobStatus": ending.status,
            "FailureReason": ending.reason,
            "HyperParameterTuningEndTime": now,
            "ConsumedResources": {"RuntimeInSeconds": seconds},
        }
        self.docs.update(TUNING_JOB, self.name, changes)
