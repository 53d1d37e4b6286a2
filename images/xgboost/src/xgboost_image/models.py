"""Model files: how they are written, and how they are found and read again."""

import importlib
import logging
import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xgboost_image.asked import before_1_3
from xgboost_image.library import lean_xgboost

MODEL_NAME = "xgboost-model"
_PICKLE_START = b"\x80"

# What reading a pickle or a model of another kind can raise, XGBoost's own error being a ValueError.
_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
    EOFError,
    pickle.PickleError,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Model:
    """A booster as it was found; against a pickled one AWS's image checks the width of requests."""

    booster: Any
    pickled: bool


def write_final(booster: Any, path: Path) -> None:
    """Write what a job leaves behind, in the format of the image that was asked for."""
    _put(pickle.dumps(booster) if before_1_3() else _raw(booster), path)


def write_model(booster: Any, path: Path) -> None:
    """Write XGBoost's own format, whole or not at all."""
    _put(_raw(booster), path)


def _raw(booster: Any) -> bytes:
    """XGBoost's own format.

    Versions before 2 write their binary format under a name without a suffix, later ones UBJSON, as AWS's
    images do.
    """
    major = int(lean_xgboost().__version__.split(".")[0])
    return bytes(booster.save_raw("ubj" if major >= 2 else "deprecated"))


def _put(data: bytes, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)


def model_files(folder: Path) -> list[Path]:
    """The files in a model directory that may be models: not hidden, not folders (such as `code/`)."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def read_models(folder: Path, *, ensemble: bool = True) -> list[Model]:
    """Every model in the directory, or the first alone when ensembles are turned off."""
    files = model_files(folder)
    if not files:
        raise RuntimeError(f"Model directory {folder} holds no model file; {MODEL_NAME} is expected there.")
    chosen = files if ensemble else files[:1]
    if any(map(is_pickle, chosen)):
        importlib.import_module(
            "xgboost"
        )  # the whole of it: a pickle may hold one of the scikit-learn estimators
    return [_read(path) for path in chosen]


def is_pickle(path: Path) -> bool:
    """Whether a file begins as a pickle does."""
    with path.open("rb") as file:
        return file.read(1) == _PICKLE_START


def _read(path: Path) -> Model:
    """A pickle if it is one, otherwise XGBoost's own format: the order in which AWS's image tries them."""
    try:
        model = (
            Model(pickle.loads(path.read_bytes()), True) if is_pickle(path) else Model(_native(path), False)
        )
    except _UNREADABLE as error:
        raise RuntimeError(f"Model at {path} cannot be loaded:\n{type(error).__name__}: {error}") from error
    booster = model.booster.get_booster() if hasattr(model.booster, "get_booster") else model.booster
    booster.set_param({"nthread": 1})
    logger.info("Loading the model from %s", path)
    return Model(booster, model.pickled)


def _native(path: Path) -> Any:
    booster = lean_xgboost().Booster()
    booster.load_model(os.fspath(path))
    return booster
