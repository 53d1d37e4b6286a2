"""What `make workshop` does: a server of its own, the course on it step by step, and where to look then.

Needs nothing but the standard library and the `oficina` command beside this Python; the notebooks run in the
environment that `--python` names, which has never heard of oficina.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

WORKSHOP = Path(__file__).parent
IMAGES = (
    "sagemaker-scikit-learn:1.4-2",
    "sagemaker-xgboost:3.0-5",
    "sagemaker-mlflow:3.17",
    "sagemaker-distribution:3.0",
)
"""The images that the steps use: made before the clock runs, since only the first time they are not there."""


def main() -> int:
    """Builds images, runs the steps on a server, tells the figures; the exit code is the steps' own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="the Python of the learner's environment")
    parser.add_argument("--home", help="a server's home that stays; without it a temporary one")
    parser.add_argument("--out", type=Path, default=WORKSHOP / "out")
    parser.add_argument("steps", nargs="*", help="numbers of steps; all when none is named")
    options = parser.parse_args()
    home = ["--home", options.home] if options.home else []
    oficina = [sys.executable, "-m", "oficina"]
    print("Images", flush=True)
    made = subprocess.run([*oficina, "image", "build", *home, *IMAGES])
    if made.returncode:
        return made.returncode
    print("Steps", flush=True)
    begun = time.monotonic()
    command = [options.python, str(WORKSHOP / "execute.py"), "--out", str(options.out), *options.steps]
    ran = subprocess.run([*oficina, "run", *home, "--", *command], env=learner())
    if ran.returncode:
        print(f"A step has failed (exit code {ran.returncode}); the cell is above.", file=sys.stderr)
        return ran.returncode
    summary = json.loads((options.out / "summary.json").read_text(encoding="utf-8"))
    print(text(summary, time.monotonic() - begun, options.out))
    return 0


def learner() -> dict[str, str]:
    """The environment without what would lead a learner's Python to this one's packages."""
    return {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")
    } | {
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def text(summary: dict[str, Any], seconds: float, out: Path) -> str:
    """The figures, in a few lines."""
    steps = summary["steps"]
    lines = ["Figures"]
    for step in steps.values():
        if "origin" in step:
            real = (
                "UCI Bank Marketing"
                if step["origin"] != "generated"
                else "GENERATED clients, not the real ones"
            )
            lines.append(
                f"  data    {real}: {step['rows']:,} x {step['columns']}, {step['positive']:.2%} yes"
            )
        if "auc" in step:
            split = " / ".join(f"{rows:,}" for rows in step["rows"].values())
            auc = ", ".join(f"{part} {value:.3f}" for part, value in step["auc"].items())
            lines.append(f"  split   {split} rows x {step['columns']}")
            lines.append(f"  AUC     {auc}")
            lines.append(f"  reached {step['reached']:.1%} of the yes by calling one client in five")
        if "trials" in step:
            found = ", ".join(f"{name} {value:.3f}" for name, value in step["validation"].items())
            lines.append(f"  tuning  {step['trials']} trials, validation AUC {found}")
        if "executions" in step:
            lasted = ", then ".join(f"{seconds:.0f} s" for seconds in step["executions"])
            lines.append(f"  pipeline {lasted} with {', '.join(step['from the cache'])} from the cache")
            lines.append(
                f"  tests   {step['tests'] - step['failed']} of {step['tests']} pass in the pipeline"
            )
    times = ", ".join(f"step {name.split('_')[0]} {step['seconds']:.0f} s" for name, step in steps.items())
    lines.append(f"  time    {times}; {seconds:.0f} s in all")
    lines += ["Look at", f"  {out / 'index.html'}", f"  {out / 'pt'}, {out / 'en'}  (notebooks with outputs)"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
