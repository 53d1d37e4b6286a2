"""AWS's patterns are Java's; a few need a rewrite before Python compiles them."""

from __future__ import annotations

import re
from functools import cache

_SURROGATES = re.compile(r"\\u[dD]800\\u[dD][cC]00-\\u[dD][bB][fF][fF]\\u[dD][fF][fF][fF]")
_CLASSES = {
    r"\p{M}": r"\u0300-\u036f",
    r"\p{Z}": r"\s\u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
    r"\p{N}": r"\d",
    r"\p{S}": r"$+<=>^`|~\u00a2-\u00a9\u00ac-\u00b1\u00b4\u00d7\u00f7\u2190-\u23ff\u20a0-\u20bf",
    r"\p{P}": r"!-#%-*,-/:;?@\[-\]_{}\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf\u2010-\u2027",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\p{Alnum}": r"a-zA-Z0-9",
    r"\p{Graph}": r"!-~",
    r"\p{Print}": r" -~",
}
_LETTERS = (
    "a-zA-Z\\u00aa\\u00b5\\u00ba\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u1fff\\u2c00-\\ud7ff"
)

_PARTS = re.compile(r"\\p\{\w+\}|\\.|.", re.DOTALL)


@cache
def compile_java(pattern: str) -> re.Pattern[str] | None:
    """The pattern for ``fullmatch``; None when Python cannot say it (then nothing is refused by it)."""
    rewritten = _SURROGATES.sub(r"\\U00010000-\\U0010ffff", pattern)
    rewritten = rewritten.replace(r"\p{L}", _LETTERS).replace(r"\z", r"\Z").replace(r"\w-_", r"\w_-")
    rewritten = rewritten.replace(r"\p{Zs}", r"\p{Z}")
    try:
        return re.compile(_spell_out(rewritten))
    except re.error:
        return None


def _spell_out(pattern: str) -> str:
    r"""Every ``\p{…}`` as the characters it means; one that stands alone becomes a set of its own."""
    spelled, inside = [], False
    for part in _PARTS.findall(pattern):
        if part in _CLASSES:
            spelled.append(_CLASSES[part] if inside else f"[{_CLASSES[part]}]")
            continue
        inside = (inside or part == "[") and part != "]"
        spelled.append(part)
    return "".join(spelled)
