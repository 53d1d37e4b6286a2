"""Amazon CloudWatch Logs: what programs say, by group and stream."""

from oficina.services.logs import events, groups, streams, tags
from oficina.services.logs.api import logs

__all__ = ["events", "groups", "logs", "streams", "tags"]
