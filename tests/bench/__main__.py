"""``make bench``: every figure beside what it is measured against, in one run; results go to ``results/``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import calls, idle, invocations, lists, objects, pipelines, starts, tracking, tunings
from tests.bench.figures import Figure

RESULTS = Path(__file__).parent / "results"

BENCHES: dict[str, Callable[[bool], list[Figure]]] = {
    "idle": idle.measure,
    "calls": calls.measure,
    "lists": lists.measure,
    "objects": objects.measure,
    "starts": starts.measure,
    "invocations": invocations.measure,
    "pipelines": pipelines.measure,
    "tracking": tracking.measure,
    "tunings": tunings.measure,
}


def main() -> int:
    """Runs the benches that are named, or all. With ``--smoke`` few rounds, and nothing is kept."""
    arguments = _arguments()
    missed = 0
    for name in arguments.names or BENCHES:
        figures = BENCHES[name](arguments.smoke)
        for figure in figures:
            missed += not figure.met
            print(f"{name:<12} {figure}", flush=True)
        if not arguments.smoke:
            _keep(name, figures)
    print(f"{missed} goals missed." if missed else "All goals met.")
    # A smoke run is for whether benches still work; a shared machine is no place to judge by them.
    return 1 if missed and not arguments.smoke else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME")
    parser.add_argument("--smoke", action="store_true")
    return parser.parse_args()


def _keep(name: str, figures: list[Figure]) -> None:
    RESULTS.mkdir(exist_ok=True)
    said = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "figures": [figure.to_json() for figure in figures],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
