"""A function without an image, with the SDK that is here: it runs on the Python and the SDK that sent it."""

from __future__ import annotations

import importlib.metadata
import sys

if importlib.metadata.version("sagemaker").startswith("2."):
    from sagemaker.remote_function import remote
    from sagemaker.remote_function.runtime_environment import runtime_environment_manager as runtime
else:
    from sagemaker.core.remote_function import remote
    from sagemaker.core.remote_function.runtime_environment import runtime_environment_manager as runtime


@remote(instance_type="ml.m5.large")
def where() -> tuple[tuple[int, ...], str]:
    """The Python and the SDK of the job."""
    return sys.version_info[:2], importlib.metadata.version("sagemaker").partition(".")[0]


here = (sys.version_info[:2], importlib.metadata.version("sagemaker").partition(".")[0])
print("fits", where() == here, here)

if "stranger" in sys.argv:
    # A Python that no image can have: what the client sent says so, and the job's own program refuses it.
    runtime.RuntimeEnvironmentManager._current_python_version = lambda self: "3.6"
    try:
        where()
    except runtime.RuntimeEnvironmentError as error:
        print("refused", error)
