"""Amazon SageMaker Runtime: calls of the models behind endpoints."""

from oficina.services.runtime import invocations
from oficina.services.runtime.api import runtime

__all__ = ["invocations", "runtime"]
