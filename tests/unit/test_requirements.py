"""Pins: complete, hashed, without addresses, and without packages that would cost gigabytes."""

from __future__ import annotations

import re

import pytest

from tests.servers import ROOT

PINNED = sorted(path.relative_to(ROOT) for path in ROOT.glob("**/requirements*/*.txt")) + sorted(
    path.relative_to(ROOT) for path in ROOT.glob("images/*/requirements*.txt")
)
PINNED = [path for path in PINNED if not str(path).startswith(".")]

HEAVY = {"torch", "tensorflow", "tritonclient", "nvidia-cublas-cu12"}


@pytest.mark.parametrize("path", PINNED, ids=str)
def test_every_pin_is_exact_and_hashed_and_has_no_address(path: str) -> None:
    text = (ROOT / path).read_text()
    assert "://" not in text
    pins = re.split(r"(?m)^(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text))
    for pin in (pin for pin in pins if pin.strip()):
        assert re.match(r"[\w.\[\],-]+==", pin), pin.splitlines()[0]
        assert "--hash=sha256:" in pin, pin.splitlines()[0]


@pytest.mark.parametrize("path", PINNED, ids=str)
def test_no_pin_costs_gigabytes(path: str) -> None:
    names = set(re.findall(r"(?m)^([\w.-]+)", (ROOT / path).read_text()))
    assert not names & HEAVY
