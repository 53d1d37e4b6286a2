"""Amazon SQS: standard and FIFO queues, dead letters, tags; in JSON and in the query protocol of before."""

from oficina.services.sqs import permissions, queues, receiving, redrive, sending, tags
from oficina.services.sqs.api import sqs

__all__ = ["permissions", "queues", "receiving", "redrive", "sending", "sqs", "tags"]
