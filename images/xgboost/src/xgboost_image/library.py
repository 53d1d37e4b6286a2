"""XGBoost, imported without the libraries that it looks for but does not need.

On import XGBoost looks for pandas and scikit-learn only to recognise their types, which takes 1.2 of 1.5
seconds.
Algorithm mode never hands it such types, so they are out of sight while it looks; afterwards they can be
imported.
"""

import importlib
import sys
from types import ModuleType

_LOOKED_FOR = ("pandas", "sklearn")


def lean_xgboost() -> ModuleType:
    """XGBoost without its scikit-learn estimators; the whole of it if already imported."""
    if "xgboost" in sys.modules:
        return sys.modules["xgboost"]
    absent = [name for name in _LOOKED_FOR if name not in sys.modules]
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    modules.update(dict.fromkeys(absent))
    try:
        return importlib.import_module("xgboost")
    finally:
        for name in absent:
            del modules[name]
