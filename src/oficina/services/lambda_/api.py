"""The service object that Lambda's operations register with."""

from __future__ import annotations

from oficina.services.service import Service

lambda_ = Service("lambda", scopes=("lambda",), protocol="rest-json")
