"""``make soak``: real work on a real server that is killed at random, and a reckoning when all has ended.

What is worked is decided by the seed, and so are the moments of death; what they meet is not.
A flaw is told with the seed that found it. Where it can be told at which point of the code the server died,
it becomes a test of that point in ``tests/chaos``.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests import shops, tunings
from tests.soak import lines, truths
from tests.soak.actors import Actor, Answers, Letters, Objects, Registrar
from tests.soak.plant import Plant, dice
from tests.soak.tracking import Tracker


def main() -> int:
    """One soak."""
    arguments = _arguments()
    home = Path(tempfile.mkdtemp(prefix="soak-", dir=arguments.folder))
    print(f"seed {arguments.seed}, {arguments.seconds:g} s, in {home}", flush=True)
    plant = Plant(home / "home")
    shops.teach(plant.server)
    tunings.teach(plant.server)
    actors = _actors(plant, arguments.seed, arguments.mlflow)
    planners = [each for each in actors if isinstance(each, lines.Planner)]
    for actor in actors:
        actor.thread.start()
    _havoc(plant, planners, arguments)
    _end(plant, actors)
    truths.reckon(plant, [each for each in actors if isinstance(each, Registrar)])
    plant.server.stop()
    told = ", ".join(f"{each.name} {each.done}" for each in actors)
    print(f"{plant.deaths} deaths; {told}; {sum(len(each.executions) for each in planners)} executions")
    print(f"{len(plant.flaws)} flaws (seed {arguments.seed})")
    if not plant.flaws:
        shutil.rmtree(home)
    return 1 if plant.flaws else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the server is killed")
    parser.add_argument("--pause", type=float, default=3.0, help="mean seconds between two deaths")
    parser.add_argument(
        "--jobs", type=float, default=0.2, help="share of deaths that are a process's of user code"
    )
    parser.add_argument("--mlflow", action="store_true", help="with a tracking server (its image is built)")
    parser.add_argument("--folder", default=None, help="where the home is made")
    return parser.parse_args()


def _actors(plant: Plant, seed: int, mlflow: bool) -> list[Actor]:
    function = lines.furnish(plant)
    answers = Answers(plant, seed, 0)
    actors: list[Actor] = [
        answers,
        Objects(plant, seed, 0),
        Letters(plant, seed, 0),
        Registrar(plant, seed, 0),
        lines.Planner(plant, seed, 0, answers.url, function),
        lines.Planner(plant, seed, 1, answers.url, function),
    ]
    return [*actors, Tracker(plant, seed, 0)] if mlflow else actors


def _havoc(plant: Plant, planners: list[lines.Planner], arguments: argparse.Namespace) -> None:
    chance = dice(arguments.seed, "havoc")
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end:
        time.sleep(chance.expovariate(1 / arguments.pause))
        if chance.random() < arguments.jobs:
            below = chance.choice(["jobs", "endpoints", "mlflow"])
            found = plant.supervisors(below)
            if found:
                if below != "mlflow":
                    for planner in planners:
                        planner.mark_hurt()
                os.kill(chance.choice(found), signal.SIGKILL)
                continue
        plant.die()


def _end(plant: Plant, actors: list[Actor]) -> None:
    """Nobody begins anything new; whoever answers others is the last to go."""
    last = [each for each in actors if isinstance(each, Answers)]
    for group in ([each for each in actors if each not in last], last):
        for actor in group:
            actor.over.set()
        for actor in group:
            actor.thread.join(timeout=300)
            actor.reckon()


if __name__ == "__main__":
    sys.exit(main())
