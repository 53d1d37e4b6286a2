"""AWS's patterns are Java's."""

from __future__ import annotations

import pytest

from oficina.model.patterns import compile_java


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        (r"\p{ASCII}*", "text/csv", True),
        (r"\p{ASCII}*", "", True),
        (r"\p{ASCII}*", "é", False),
        (r"[\p{L}\p{N}]+", "é1", True),
        (r"[\p{L}\p{N}]+", "-", False),
        (r"\p{Alnum}-\p{Alnum}", "a-1", True),
        (r"\[\p{Alnum}\]", "[a]", True),
    ],
)
def test_a_property_means_its_characters_in_a_set_and_alone(pattern: str, text: str, fits: bool) -> None:
    compiled = compile_java(pattern)
    assert compiled is not None
    assert bool(compiled.fullmatch(text)) is fits
