"""What an account and a region begin with is sown once: what its owner deletes stays deleted."""

from __future__ import annotations

from oficina.services.context import Context
from oficina.store.kinds import Kind

_REGION = Kind("Seed", arn="seed", service="oficina")
_EVERYWHERE = Kind("Seed", arn="seed", service="oficina", everywhere=True)


def first_time(ctx: Context, name: str, *, everywhere: bool = False) -> bool:
    """Whether a seed of this name was not sown yet; from now on it was."""
    kind = _EVERYWHERE if everywhere else _REGION
    with ctx.docs.transaction():
        if ctx.docs.find(kind, name) is not None:
            return False
        ctx.docs.create(kind, {}, name=name)
    return True
