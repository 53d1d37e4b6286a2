"""AWS Security Token Service: who is calling, and temporary keys."""

from oficina.services.sts import identity, sessions
from oficina.services.sts.api import sts

__all__ = ["identity", "sessions", "sts"]
