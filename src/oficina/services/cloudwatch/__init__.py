"""Amazon CloudWatch: metrics over time."""

from oficina.services.cloudwatch import data, listing, statistics
from oficina.services.cloudwatch.api import cloudwatch

__all__ = ["cloudwatch", "data", "listing", "statistics"]
