"""Amazon SQS: standard queues, for clients that speak JSON (boto3 since November 2023)."""

from oficina.services.sqs import messages, queues
from oficina.services.sqs.api import sqs

__all__ = ["messages", "queues", "sqs"]
