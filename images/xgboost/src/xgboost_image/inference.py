"""A user's inference script for XGBoost: what `input_fn` and `predict_fn` do when the script has none.

Source: SageMaker SDK documentation, "Use XGBoost as a framework". `model_fn` is the script's own; a request
becomes a DMatrix, and `model.predict` is called with it.
"""

from types import ModuleType
from typing import Any

from container_toolkit import hooks, server, source

from xgboost_image import requests
from xgboost_image.library import lean_xgboost


def user_model() -> hooks.UserModel:
    """The script as a model, completed with XGBoost's defaults."""
    return hooks.UserModel(completed(source.module()))


def completed(module: ModuleType) -> ModuleType:
    """Give a script the functions that it leaves out; one with `transform_fn` does everything by itself."""
    if not hasattr(module, "transform_fn"):
        for name, default in (("input_fn", input_fn), ("predict_fn", predict_fn)):
            if not hasattr(module, name):
                setattr(module, name, default)
    return module


def input_fn(body: bytes | str, content_type: str) -> Any:
    """The rows of a request as a DMatrix."""
    try:
        rows = requests.read(body.encode() if isinstance(body, str) else body, content_type)
    except requests.UnsupportedContent as error:
        raise server.Refused(415, str(error)) from error
    return lean_xgboost().DMatrix(rows.table)


def predict_fn(data: Any, model: Any) -> Any:
    """The model's predictions, whatever names its features were given."""
    return model.predict(data, validate_features=False)
