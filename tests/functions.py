"""Lambda functions for tests."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.jobs import ROLE


def archive(**modules: str) -> bytes:
    """A zip archive of Python modules."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in modules.items():
            file.writestr(f"{name}.py", text)
    return packed.getvalue()


def create(client: Any, name: str, program: str, **members: Any) -> str:
    """Creates a function whose handler is ``main`` and gives its ARN."""
    arn: str = client.create_function(
        FunctionName=name,
        Runtime=members.pop("Runtime", "python3.11"),
        Role=ROLE,
        Handler="index.main",
        Code=members.pop("Code", {"ZipFile": archive(index=program)}),
        **members,
    )["FunctionArn"]
    return arn
