"""Whose pickles a job will read: the Python and the SDK of who sent a remote function.

A pickled function only loads in a Python of the same minor version, and the job's program is that of one
major version of the SDK; both SDKs tell theirs in the job's arguments (contracts, surface §3.4).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .interpreters import Version

_PYTHON = re.compile(r"3\.(\d+)")
_SDK = re.compile(r"(\d+)\.")


@dataclass(frozen=True, kw_only=True)
class Client:
    """What a job's arguments tell of the client; None where they do not."""

    python: Version | None = None
    sdk: int | None = None
    """The major version of the SageMaker Python SDK."""

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Client:
        """Read from the arguments of a training job's program; those of other programs tell nothing."""
        told = dict(itertools.pairwise(arguments))
        python = _PYTHON.fullmatch(str(told.get("--client_python_version", "")).strip())
        sdk = _SDK.match(str(told.get("--client_sagemaker_pysdk_version", "")))
        return cls(
            python=(3, int(python.group(1))) if python else None, sdk=int(sdk.group(1)) if sdk else None
        )


ANYONE = Client()
