"""Amazon S3: buckets, objects with versions, uploads in parts."""

from oficina.services.s3 import (
    archive,
    buckets,
    copying,
    forms,
    listing,
    multipart,
    notifications,
    objects,
    settings,
    tags,
)
from oficina.services.s3.api import s3

__all__ = [
    "archive",
    "buckets",
    "copying",
    "forms",
    "listing",
    "multipart",
    "notifications",
    "objects",
    "s3",
    "settings",
    "tags",
]
