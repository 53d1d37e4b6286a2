"""The quotas of SageMaker: every instance type of AWS's model, for every use that AWS counts apart.

Names and codes are AWS's. Where a code is not known (see codes.txt), one is made from the name:
look for such a quota by its name in ListServiceQuotas.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import NamedTuple

from oficina.model import shapes

VALUE = 100.0
"""Every quota by default: oficina counts no instances; what bounds jobs is OFICINA_SLOTS."""

USES = (
    ("TrainingInstanceType", "training job usage"),
    ("TrainingInstanceType", "spot training job usage"),
    ("TrainingInstanceType", "training warm pool usage"),
    ("ProcessingInstanceType", "processing job usage"),
    ("TransformInstanceType", "transform job usage"),
    ("ProductionVariantInstanceType", "endpoint usage"),
)
"""The shape that lists the types, and how a quota's name ends; the columns of codes.txt."""


class Quota(NamedTuple):
    """One quota."""

    code: str
    name: str


@cache
def every() -> dict[str, Quota]:
    """All quotas by code, ordered by name."""
    model, known = shapes.load("sagemaker"), _known()
    names = sorted(
        f"{kind} for {use}" for shape, use in USES for kind in model.shape(shape).traits.get("enum", ())
    )
    quotas = [Quota(known.get(name) or _made(name), name) for name in names]
    return {quota.code: quota for quota in quotas}


def _known() -> dict[str, str]:
    """AWS's codes by the names of quotas."""
    text = resources.files("oficina.services.service_quotas").joinpath("codes.txt").read_text()
    rows = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {
        f"{kind} for {use}": f"L-{code}"
        for kind, *codes in rows
        for (_, use), code in zip(USES, codes, strict=True)
        if code != "-"
    }


def _made(name: str) -> str:
    return f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
