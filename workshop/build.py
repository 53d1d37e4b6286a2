"""Four notebooks of each step: Portuguese and English, with solutions and as an exercise.

`python workshop/build.py` writes `pt/` and `en/`; `--check` writes nothing and tells what would change.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import lessons


def paths(source: Path, into: Path) -> dict[Path, tuple[str, bool]]:
    """Where the four notebooks of a step lie, with their language and whether solutions are in."""
    return {
        into / lang / f"{source.stem}{ending}.ipynb": (lang, solved)
        for lang in lessons.LANGUAGES
        for ending, solved in (("", True), ("-exercise", False))
    }


def build(into: Path) -> list[Path]:
    """Writes all notebooks and gives their paths."""
    written = []
    for source in lessons.steps():
        notebook = lessons.read(source)
        for path, (lang, solved) in paths(source, into).items():
            lessons.write(lessons.select(notebook, lang, solved), path)
            written.append(path)
    return written


def changed() -> list[str]:
    """The notebooks that are not what their sources say."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = [path.relative_to(folder) for path in build(Path(folder))]
        old = {
            path.relative_to(lessons.WORKSHOP)
            for lang in lessons.LANGUAGES
            for path in (lessons.WORKSHOP / lang).glob("*.ipynb")
        }
        differing = [
            path
            for path in fresh
            if path not in old or (lessons.WORKSHOP / path).read_bytes() != (folder / path).read_bytes()
        ]
        return sorted(str(path) for path in {*differing, *(old - set(fresh))})


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; tell what would change")
    if not parser.parse_args().check:
        print(f"{len(build(lessons.WORKSHOP))} notebooks in workshop/pt and workshop/en")
        return 0
    stale = changed()
    for path in stale:
        print(f"workshop/{path} is not what its source says. Type: make notebooks", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
