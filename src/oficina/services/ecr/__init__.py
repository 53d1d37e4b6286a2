"""Amazon Elastic Container Registry: repositories by name. Images come from ``oficina image add``."""

from oficina.services.ecr import images, repositories, tags, token
from oficina.services.ecr.api import ecr

__all__ = ["ecr", "images", "repositories", "tags", "token"]
