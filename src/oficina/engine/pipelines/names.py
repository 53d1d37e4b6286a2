"""The names that executions give to what they make (contracts, surface §7.2)."""

from __future__ import annotations

import secrets
import string

_LOWER = string.ascii_lowercase + string.digits
_MIXED = string.ascii_letters + string.digits


def execution_id() -> str:
    """Twelve lower-case letters and digits."""
    return "".join(secrets.choice(_LOWER) for _ in range(12))


def _suffix() -> str:
    return "".join(secrets.choice(_MIXED) for _ in range(10))


def of_tuning_step(execution: str, step: str) -> str:
    """``EXECUTION-STEP-RANDOM`` with seven letters of the step: a tuning job's name has 32 at most."""
    return f"{execution}-{step[:7].strip('-_').replace('_', '-')}-{_suffix()}"


def of_step(execution: str, step: str, prefix: str | None) -> str:
    """``pipelines-EXECUTION-STEP-RANDOM``, or ``PREFIX-EXECUTION-RANDOM``; ten random letters and digits."""
    suffix = _suffix()
    if prefix:
        room = 63 - len(execution) - len(suffix) - 2
        return f"{prefix[:room].rstrip('-')}-{execution}-{suffix}"
    return f"pipelines-{execution}-{step[:20].strip('-_').replace('_', '-')}-{suffix}"
