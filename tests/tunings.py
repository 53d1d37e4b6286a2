"""Tuning jobs for tests: a program whose loss is known, and the request that tunes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oficina.runners.images import Registry
from tests.jobs import ENDED, Bench
from tests.servers import Server
from tests.waiting import wait_until

PROGRAM = """
import json, time, uuid
given = json.load(open('/opt/ml/input/config/hyperparameters.json'))
x = given.get('x', '0.5')
open('/opt/ml/model/run', 'w').write(str(uuid.uuid4()))
if x == 'fail':
    raise SystemExit(1)
loss = abs(float(x) - 0.3) if x != 'silent' else None
for epoch in range(int(given.get('epochs', 1))):
    if loss is not None:
        print(f'epoch {epoch} loss: {loss}', flush=True)
    time.sleep(float(given.get('sleep', 0)))
    if loss and loss > 0.5 and 'sleep_if_bad' in given and epoch >= int(given.get('bad_from', 0)):
        time.sleep(float(given['sleep_if_bad']))
"""
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tuned-program:1"
METRICS = [{"Name": "loss", "Regex": r"loss: (\S+)"}]

Range = tuple[str, dict[str, Any]]
"""The member of ParameterRanges and an entry of it."""


def continuous(name: str, low: object, high: object, scaling: str = "Auto") -> Range:
    """A continuous range."""
    return "ContinuousParameterRanges", _number(name, low, high, scaling)


def integer(name: str, low: object, high: object, scaling: str = "Auto") -> Range:
    """An integer range."""
    return "IntegerParameterRanges", _number(name, low, high, scaling)


def categorical(name: str, *values: str) -> Range:
    """A categorical range."""
    return "CategoricalParameterRanges", {"Name": name, "Values": list(values)}


def _number(name: str, low: object, high: object, scaling: str) -> dict[str, Any]:
    return {"Name": name, "MinValue": str(low), "MaxValue": str(high), "ScalingType": scaling}


def _together(ranges: list[Range]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for member, entry in ranges:
        found.setdefault(member, []).append(entry)
    return found


def teach(server: Server) -> None:
    """Gives the image its meaning in a server's home: it runs the program of the channel ``code``."""
    requirements = server.home / "tuned-program.txt"
    requirements.write_text("")
    Registry(server.home).add("tuned-program", requirements, ("python", "/opt/ml/input/data/code/program.py"))


@dataclass(slots=True)
class Tunings:
    """Short ways to tune the program in an account."""

    bench: Bench

    def request(
        self,
        strategy: str = "Random",
        *,
        name: str = "tuning",
        code: str | None = None,
        ranges: list[Range] | None = None,
        definitions: dict[str, list[Range]] | None = None,
        most: int | None = 1,
        parallel: int = 1,
        static: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
        metric: str = "loss",
        **members: Any,
    ) -> dict[str, Any]:
        """A request; with ``definitions`` one of several definitions."""
        limits: dict[str, Any] = {"MaxParallelTrainingJobs": parallel}
        if most is not None:
            limits["MaxNumberOfTrainingJobs"] = most
        objective = {"Type": "Minimize", "MetricName": metric}
        settings: dict[str, Any] = {"Strategy": strategy, "ResourceLimits": limits, **(config or {})}
        definition = self._definition(code or name, static or {})
        request: dict[str, Any] = {"HyperParameterTuningJobName": name, **members}
        if definitions is None:
            settings |= {"HyperParameterTuningJobObjective": objective}
            settings["ParameterRanges"] = _together(ranges or [])
            request["TrainingJobDefinition"] = definition
        else:
            request["TrainingJobDefinitions"] = [
                definition
                | {
                    "DefinitionName": each,
                    "TuningObjective": objective,
                    "HyperParameterRanges": _together(found),
                }
                for each, found in definitions.items()
            ]
        return request | {"HyperParameterTuningJobConfig": settings}

    def _definition(self, code: str, static: dict[str, str]) -> dict[str, Any]:
        """What every trial has; a definition has no ContainerEntrypoint, so the image knows the program."""
        request = self.bench.training(PROGRAM, TrainingJobName=code, image=IMAGE)
        del request["TrainingJobName"]
        algorithm = request["AlgorithmSpecification"]
        del algorithm["ContainerEntrypoint"]
        algorithm["MetricDefinitions"] = METRICS
        return request | {"StaticHyperParameters": static}

    def create(self, *words: Any, **members: Any) -> str:
        """Creates a tuning job and gives its name."""
        request = self.request(*words, **members)
        self.bench.sagemaker.create_hyper_parameter_tuning_job(**request)
        return str(request["HyperParameterTuningJobName"])

    def run(self, *words: Any, **members: Any) -> dict[str, Any]:
        """Creates a tuning job and gives its Describe once it has ended."""
        return self.ended(self.create(*words, **members))

    def ended(self, name: str = "tuning") -> dict[str, Any]:
        """The Describe of a tuning job once it has ended."""
        describe = self.bench.sagemaker.describe_hyper_parameter_tuning_job

        def look() -> dict[str, Any] | None:
            job: dict[str, Any] = describe(HyperParameterTuningJobName=name)
            return job if job["HyperParameterTuningJobStatus"] in ENDED else None

        found = wait_until(look, f"tuning job {name} did not end")
        assert found is not None
        return found

    def trials(self, name: str = "tuning") -> list[dict[str, Any]]:
        """The summaries of a tuning job's trials, in the order in which they began."""
        listing = self.bench.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job
        found: list[dict[str, Any]] = listing(HyperParameterTuningJobName=name, MaxResults=100)[
            "TrainingJobSummaries"
        ]
        return found
