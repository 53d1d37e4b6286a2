"""``make bench``: every figure beside what it is measured against, in one run; results go to ``results/``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    calls,
    idle,
    invocations,
    lists,
    objects,
    pipelines,
    resets,
    starts,
    tracking,
    transforms,
    tunings,
    warm,
)
from tests.bench.figures import Figure

RESULTS = Path(__file__).parent / "results"

BENCHES: dict[str, Callable[[bool], list[Figure]]] = {
    "idle": idle.measure,
    "calls": calls.measure,
    "lists": lists.measure,
    "objects": objects.measure,
    "resets": resets.measure,
    "starts": starts.measure,
    "invocations": invocations.measure,
    "pipelines": pipelines.measure,
    "tracking": tracking.measure,
    "transforms": transforms.measure,
    "tunings": tunings.measure,
    "warm": warm.measure,
}


def main() -> int:
    """Runs the benches that are named, or all. With ``--smoke`` few rounds, and nothing is kept."""
    arguments = _arguments()
    missed, before = 0, os.getloadavg()[0]
    for name in arguments.names or BENCHES:
        load = os.getloadavg()[0]
        figures = BENCHES[name](arguments.smoke)
        for figure in figures:
            missed += not figure.met
            print(f"{name:<12} {figure}", flush=True)
        if not arguments.smoke:
            _keep(name, figures, load)
    print(f"{missed} goals missed." if missed else "All goals met.")
    if missed:
        print(f"The machine's load was {before:.1f} before that, on {os.cpu_count()} cores.")
    # A smoke run is for whether benches still work; a shared machine is no place to judge by them.
    return 1 if missed and not arguments.smoke else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME")
    parser.add_argument("--smoke", action="store_true")
    return parser.parse_args()


def _keep(name: str, figures: list[Figure], load: float) -> None:
    RESULTS.mkdir(exist_ok=True)
    said = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "load before": round(load, 1),
        "figures": [figure.to_json() for figure in figures],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
