"""Amazon Resource Names: made and taken apart."""

from __future__ import annotations

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of ``arn:aws:service:region:account:resource``."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def parse(text: str) -> Arn | None:
    """The parts of an ARN, or None when the text is not one."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """The partition that a region lies in (``aws``, ``aws-cn``, ``aws-us-gov``)."""
    if region.startswith("cn-"):
        return "aws-cn"
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws"


def make(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of a resource."""
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"
