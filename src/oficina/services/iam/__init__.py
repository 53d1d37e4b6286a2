"""AWS Identity and Access Management: roles and policies, kept and shown. oficina allows what is asked."""

from oficina.services.iam import (
    attachments,
    instance_profiles,
    policies,
    role_policies,
    roles,
    seeds,
    simulation,
    tags,
    users,
    versions,
)
from oficina.services.iam.api import iam

__all__ = [
    "attachments",
    "iam",
    "instance_profiles",
    "policies",
    "role_policies",
    "roles",
    "seeds",
    "simulation",
    "tags",
    "users",
    "versions",
]
