"""Which names buckets and keys may have (S3 user guide, "Bucket naming rules" and "Naming objects")."""

from __future__ import annotations

import ipaddress
import re

from oficina.errors import AwsError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_BAD_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BAD_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
LONGEST_KEY = 1024
"""Bytes of UTF-8."""


def check_bucket(name: str) -> None:
    """Raises AwsError InvalidBucketName when no bucket may have this name."""
    good = _BUCKET.fullmatch(name) and ".." not in name and not _is_address(name)
    if not good or name.startswith(_BAD_STARTS) or name.endswith(_BAD_ENDS):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def check_key(key: str) -> None:
    """Raises AwsError KeyTooLongError when a key is longer than S3's are."""
    size = len(key.encode("utf-8", "surrogatepass"))
    if size > LONGEST_KEY:
        raise AwsError("KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=LONGEST_KEY)
