"""Documentation that can be wrong is compared with what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from oficina.cli import parser
from oficina.config import Config, variable_of
from tests.servers import ROOT

READMES = ("README.md", "README.pt-BR.md")


def tracked() -> set[str]:
    """Every file and folder that git knows, folders with a slash at the end."""
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    folders = {f"{parent}/" for file in files for parent in Path(file).parents if str(parent) != "."}
    return set(files) | folders


def tree(text: str) -> list[str]:
    """The paths that a README's tree shows; several names on a line are separated by a dot or a space."""
    block = re.search(r"```\noficina/\n(.*?)```", text, re.DOTALL)
    assert block is not None, "the README has no tree"
    found, stack = [], [(-1, "")]
    for line in block[1].splitlines():
        bare = line.lstrip("│├└─ ")
        depth = len(line) - len(bare)
        names = re.split(r"\s{2,}", bare)[0].split(" · ")
        while stack[-1][0] >= depth:
            stack.pop()
        found += [stack[-1][1] + name for name in names]
        stack.append((depth, found[-1]))
    return found


@pytest.mark.parametrize("readme", READMES)
def test_every_path_of_the_tree_is_there(readme: str) -> None:
    there = tracked()
    missing = [path for path in tree((ROOT / readme).read_text()) if path not in there]
    assert not missing


@pytest.mark.parametrize("readme", READMES)
def test_the_tree_shows_every_folder_at_the_top(readme: str) -> None:
    shown = set(tree((ROOT / readme).read_text()))
    tops = {path for path in tracked() if path.count("/") == 1 and path.endswith("/")}
    assert {top for top in tops if not top.startswith(".")} <= shown


def test_both_readmes_show_the_same_tree() -> None:
    first, second = (tree((ROOT / readme).read_text()) for readme in READMES)
    assert first == second


def test_every_setting_is_in_the_reference() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text()
    assert re.findall(r"^\| `(OFICINA_\w+)`", text, re.MULTILINE) == [
        variable_of(setting.name) for setting in fields(Config)
    ]


def test_every_verb_is_in_the_reference() -> None:
    text = (ROOT / "docs/reference/command.md").read_text()
    verbs = re.findall(r"^    (\w+)(?: |$)", parser().format_help(), re.MULTILINE)
    assert sorted(re.findall(r"^## `oficina (\w+)", text, re.MULTILINE)) == sorted(verbs)


def test_the_page_of_operations_is_what_the_code_has() -> None:
    made = subprocess.run(
        [sys.executable, "tools/operations.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert made.stdout == (ROOT / "docs/reference/operations.md").read_text(), "Type: make operations"


LINKED = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("name", LINKED, ids=str)
def test_every_link_leads_somewhere(name: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / name).read_text()):
        assert ((ROOT / name).parent / target).exists(), target


def test_no_two_decisions_have_one_number() -> None:
    numbers = [path.name[:4] for path in (ROOT / "docs/decisions").glob("[0-9]*.md")]
    assert len(set(numbers)) == len(numbers)
