"""Ten trials on two slots, beside the same trainings started by hand as soon as there is room."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench import places
from tests.bench.figures import Figure, Taken
from tests.jobs import Bench
from tests.servers import Server
from tests.tunings import METRICS, Tunings, continuous, teach
from tests.waiting import wait_until

SLEEP = {"sleep": "2"}
"""A trial takes two seconds of its own, so that cores are not what is measured."""


def measure(smoke: bool) -> list[Figure]:
    """A Bayesian search, then trainings with the values that it tried, two at a time; in turns."""
    most = 4 if smoke else 10
    taken: dict[str, list[list[float]]] = {"tuned": [], "by hand": []}
    with places.oficina() as server:
        teach(server)
        tunings = Tunings(Bench(*(server.client(name) for name in ("s3", "sagemaker", "logs"))))
        tunings.bench.s3.create_bucket(Bucket=tunings.bench.bucket)
        tunings.run("Random", name="warm-up", ranges=[continuous("x", 0, 1)], most=1)
        for turn in range(1 if smoke else 3):
            name = f"turn-{turn}"
            taken["tuned"].append([_tuned(tunings, name, most)])
            values = [each["TunedHyperParameters"] for each in tunings.trials(name)]
            taken["by hand"].append([_by_hand(server, tunings, name, values)])
    both = Taken(taken)
    return [
        Figure(f"{most} trials, two at a time", statistics.median(both.of("tuned")), "s"),
        Figure("the same trainings started by hand", statistics.median(both.of("by hand")), "s"),
        Figure("tuning ÷ by hand", both.ratio("tuned", "by hand"), "×", most=1.1),
    ]


def _tuned(tunings: Tunings, name: str, most: int) -> float:
    begin = time.monotonic()
    tunings.create("Bayesian", name=name, ranges=[continuous("x", 0, 1)], most=most, parallel=2, static=SLEEP)
    assert tunings.ended(name)["HyperParameterTuningJobStatus"] == "Completed"
    return time.monotonic() - begin


def _by_hand(server: Server, tunings: Tunings, turn: str, values: list[dict[str, str]]) -> float:
    definition = tunings.request(ranges=[continuous("x", 0, 1)], static=SLEEP)["TrainingJobDefinition"]
    static = definition.pop("StaticHyperParameters")
    definition["AlgorithmSpecification"]["MetricDefinitions"] = METRICS
    clients = [server.client("sagemaker") for _ in range(2)]

    def train(worker: int) -> None:
        sagemaker: Any = clients[worker]
        for number in range(worker, len(values), 2):
            name = f"by-hand-{turn}-{number}"
            parameters = {**static, **values[number]}
            sagemaker.create_training_job(TrainingJobName=name, HyperParameters=parameters, **definition)
            wait_until(lambda name=name: places.ended(sagemaker, name), f"{name} ends")  # type: ignore[misc]

    begin = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(train, range(2)))
    return time.monotonic() - begin
