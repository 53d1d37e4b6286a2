"""``from sagemaker_containers.beta.framework import content_types, encoders, env, modules, worker``.

What belongs to training is imported when a script first asks for it: it takes half a second.
"""

import importlib
from types import ModuleType

from sagemaker_inference import content_types

from . import encoders, transformer, worker

__all__ = ["content_types", "encoders", "entry_point", "env", "modules", "transformer", "worker"]

_TRAINING = {"entry_point": "entry_point", "env": "environment", "modules": "modules"}


def __getattr__(name: str) -> ModuleType:
    if name not in _TRAINING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"sagemaker_training.{_TRAINING[name]}")
