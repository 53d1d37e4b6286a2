"""Runs the steps against the server that the environment names, and writes what came out into `out/`.

Code has no language, so one run proves both: the cells are run once, and their outputs go into the
Portuguese and the English notebook, and into one page with both.
"""

from __future__ import annotations

import argparse
import ast
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import lessons
import page

CELL_SECONDS = 1800
"""After which a cell hangs: some wait for several jobs, one after the other, on whatever machine there is."""


def execute(source: Path, exercise: bool = False) -> tuple[Any, float]:
    """A step's notebook with outputs, and the seconds it took; prints a dot for each cell of code."""
    notebook = lessons.select(lessons.read(source), "en", solved=False) if exercise else lessons.read(source)
    notebook.metadata["kernelspec"] = lessons.KERNEL
    folder = str(lessons.WORKSHOP / "en")
    begun = time.monotonic()

    def done(cell: Any, **_: Any) -> None:
        if cell.cell_type == "code":
            print(".", end="", flush=True)

    Path(folder).mkdir(exist_ok=True)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        resources={"metadata": {"path": folder}},
        on_cell_executed=done,
        extra_arguments=[
            "--IPKernelApp.log_level=40"
        ],  # it warns of a socket that only this machine can reach
    )
    client.execute()
    return notebook, time.monotonic() - begun


def figures(notebook: Any) -> dict[str, Any]:
    """What the cell with the tag `figures` says, as data."""
    for cell in notebook.cells:
        if "figures" in lessons.tags(cell):
            texts = [output.data["text/plain"] for output in cell.outputs if "data" in output]
            said: dict[str, Any] = ast.literal_eval(texts[-1]) if texts else {}
            return said
    return {}


def run(sources: list[Path], out: Path) -> dict[str, Any]:
    """All steps, one after the other; the first that fails ends it."""
    summary: dict[str, Any] = {"steps": {}}
    ran = []
    for source in sources:
        print(f"  {source.stem:<26} ", end="", flush=True)
        notebook, seconds = execute(source)
        print(f" {seconds:.0f} s")
        summary["steps"][source.stem] = {"seconds": round(seconds, 1), **figures(notebook)}
        ran.append((source.stem, notebook))
        for lang in lessons.LANGUAGES:
            lessons.write(lessons.select(notebook, lang), out / lang / f"{source.stem}.ipynb")
    shutil.copytree(lessons.WORKSHOP / "pictures", out / "pictures", dirs_exist_ok=True)
    (out / "index.html").write_text(page.render(ran, summary), encoding="utf-8")
    (out / "summary.json").write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return summary


def main() -> int:
    """The command line; what went wrong in a cell is told with the cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=lessons.WORKSHOP / "out")
    parser.add_argument("--exercise", metavar="STEP", help="run a step's exercise notebook instead")
    parser.add_argument("steps", nargs="*", help="numbers of steps; all when none is named")
    options = parser.parse_args()
    sources = lessons.steps()
    named = options.steps or ([options.exercise] if options.exercise else [])
    sources = [path for path in sources if not named or path.stem.split("_")[0] in named]
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        if options.exercise:
            execute(sources[0], exercise=True)
        else:
            run(sources, options.out)
    except CellExecutionError as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
