"""The quotas of SageMaker: every instance type of AWS's model, for every use that AWS counts apart.

The names are AWS's ("ml.m5.large for training job usage"). A code here is made from
the name and is not AWS's code of that quota: look for a quota by its name in ListServiceQuotas.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import NamedTuple

from oficina.model import shapes

VALUE = 100.0
"""Every quota: oficina counts no instances; what bounds jobs is OFICINA_SLOTS."""

USES = (
    ("TrainingInstanceType", "training job usage"),
    ("TrainingInstanceType", "spot training job usage"),
    ("TrainingInstanceType", "training warm pool usage"),
    ("ProcessingInstanceType", "processing job usage"),
    ("TransformInstanceType", "transform job usage"),
    ("ProductionVariantInstanceType", "endpoint usage"),
)
"""The shape that lists the types, and how a quota's name ends."""


class Quota(NamedTuple):
    """One quota."""

    code: str
    name: str


@cache
def every() -> dict[str, Quota]:
    """All quotas by code, ordered by name."""
    model = shapes.load("sagemaker")
    names = sorted(
        f"{kind} for {use}" for shape, use in USES for kind in model.shape(shape).traits.get("enum", ())
    )
    quotas = [Quota(f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}", name) for name in names]
    return {quota.code: quota for quota in quotas}
