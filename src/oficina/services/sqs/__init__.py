"""Amazon SQS: standard queues, for clients that speak JSON (botocore since 1.31.81)."""

from oficina.services.sqs import messages, queues
from oficina.services.sqs.api import sqs

__all__ = ["messages", "queues", "sqs"]
