"""The project's tests of data and model, run as a step of a pipeline on what the pipeline has made.

In a job: `python check.py --clients FOLDER --model FOLDER --output FOLDER` writes `tests.json` and `.xml`.
It ends well even when a test fails: what follows from that is the pipeline's condition to say.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def unpacked(folder: Path) -> Path:
    """The model's file; the job gets it in an archive, whose folder may be read-only."""
    into = Path(tempfile.mkdtemp())
    with tarfile.open(folder / "model.tar.gz") as packed:
        packed.extractall(into, filter="data")
    return into / "xgboost-model"


def run(clients: Path, model: Path, output: Path) -> None:
    """pytest on the project as a package: a job gets it as a heap of files, so it gets a folder first."""
    whole = Path(tempfile.mkdtemp())
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(__file__).parent, whole / "project", ignore=ignored)
    options = ["-q", "--import-mode=importlib", "-p", "no:cacheprovider", f"--rootdir={whole}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--junitxml={output / 'tests.xml'}", "project/tests"],
        cwd=whole,
        env=os.environ | {"PYTHONPATH": str(whole), "BANK_CLIENTS": str(clients), "BANK_MODEL": str(model)},
    )


def summary(path: Path) -> dict[str, object]:
    """How many tests there were, and which of them failed; without a report nothing was proved."""
    cases = list(ElementTree.parse(path).iter("testcase")) if path.exists() else []
    failed = [case.get("name") for case in cases if any(child.tag in ("failure", "error") for child in case)]
    return {"tests": len(cases), "failed": len(failed) if cases else 1, "names": failed}


def main() -> None:
    """The command line, as the job calls it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--clients", "--model", "--output"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    run(next(options.clients.glob("*.csv")), unpacked(options.model), options.output)
    text = json.dumps(summary(options.output / "tests.xml"))
    (options.output / "tests.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
