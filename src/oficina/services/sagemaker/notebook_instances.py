"""Notebook instances: there are none. The SDKs ask for one when they look for their role."""

from __future__ import annotations

from typing import Any

from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker


@sagemaker.operation
def describe_notebook_instance(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No notebook instance has this name."""
    raise validation("RecordNotFound")


@sagemaker.operation
def list_notebook_instances(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No notebook instances."""
    return {"NotebookInstances": []}
