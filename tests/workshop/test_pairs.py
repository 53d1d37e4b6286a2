"""Pairs: Portuguese and English say the same, cell by cell."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.workshop.sources import STEPS, Cell, cells


def shape(cell: Cell) -> dict[str, object]:
    """What both languages must have in common."""
    return {
        "headings": [
            (len(level), number) for level, number in re.findall(r"(?m)^(#+) (\d[\d.]*)?", cell.text)
        ],
        "links": re.findall(r"\]\(([^)]*)\)", cell.text),
        "code": sorted(re.findall(r"`([^`]+)`", cell.text)),
        "rows": len(re.findall(r"(?m)^\|", cell.text)),
        "tags": cell.tags,
    }


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_every_portuguese_cell_is_followed_by_its_english_sibling(source: Path) -> None:
    prose = [cell for cell in cells(source) if cell.prose]
    assert [cell.lang for cell in prose] == ["pt", "en"] * (len(prose) // 2)


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_siblings_have_the_same_headings_links_code_and_tables(source: Path) -> None:
    found = cells(source)
    different = [
        (left.text[:60], shape(left), shape(right))
        for left, right in pairwise(found)
        if left.lang == "pt" and shape(left) != shape(right)
    ]
    assert not different


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_siblings_are_no_copies(source: Path) -> None:
    same = [
        left.text[:60] for left, right in pairwise(cells(source)) if left.prose and left.text == right.text
    ]
    assert not same


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_code_has_no_language(source: Path) -> None:
    assert not [
        cell.text for cell in cells(source) if not cell.prose and (cell.lang or not cell.text.isascii())
    ]
