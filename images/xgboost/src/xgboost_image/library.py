"""XGBoost, imported without the libraries that it looks for but does not need.

On import XGBoost looks for pandas and scikit-learn only to recognise their types, which takes 1.2 of 1.5
seconds; on the first prediction it looks for pandas again.
Algorithm mode never hands it such types, so they are out of sight while it looks; afterwards they can be
imported.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

_LOOKED_FOR = ("pandas", "sklearn")


def lean_xgboost() -> ModuleType:
    """XGBoost without its scikit-learn estimators; the whole of it if already imported."""
    if "xgboost" in sys.modules:
        return sys.modules["xgboost"]
    absent = [name for name in _LOOKED_FOR if name not in sys.modules]
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]
    modules.update(dict.fromkeys(absent))
    try:
        xgboost = importlib.import_module("xgboost")
    finally:
        for name in absent:
            del modules[name]
    data: Any = importlib.import_module("xgboost.data")
    data._is_pandas_df, data._is_pandas_series = _is_a("DataFrame"), _is_a("Series")
    return xgboost


def _is_a(kind: str) -> Callable[[Any], bool]:
    """XGBoost's own question, without its import: there is nothing of pandas before pandas is imported."""

    def is_a(data: Any) -> bool:
        pandas = sys.modules.get("pandas")
        return pandas is not None and isinstance(data, getattr(pandas, kind))

    return is_a
