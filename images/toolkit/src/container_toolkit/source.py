"""The user's serving code: fetched, unpacked, its requirements installed, on the import path.

Where it is (aws-contracts D.4): SAGEMAKER_SUBMIT_DIRECTORY names an ``s3://`` tar or a folder; without it the
code is in ``code/`` of the model, where the SDK's repack puts it. SAGEMAKER_PROGRAM names the file.
"""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

logger = logging.getLogger("container_toolkit.source")

DEFAULT_PROGRAM = "inference.py"
"""sagemaker-inference-toolkit's default module."""


class SourceError(Exception):
    """The user's code is not where the job says it is."""


def base() -> Path:
    """``/opt/ml``, or what SAGEMAKER_BASE_DIR says, as AWS's toolkits have it."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def model_folder() -> Path:
    """Where the model's files are."""
    return base() / "model"


def program() -> str:
    """The file that holds the hooks."""
    return os.environ.get("SAGEMAKER_PROGRAM") or DEFAULT_PROGRAM


def prepare() -> Path:
    """Make the code importable in this process and its children; its folder is the answer."""
    folder = _locate()
    if not (folder / _file(program())).is_file():
        raise SourceError(
            f"There is no {program()} in {folder}. Name the file with SAGEMAKER_PROGRAM and put it into "
            "code/ of model.tar.gz, or name its tar with SAGEMAKER_SUBMIT_DIRECTORY."
        )
    requirements = folder / "requirements.txt"
    if requirements.is_file():
        logger.info("Installing dependencies from requirements.txt")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-r", "requirements.txt"], cwd=folder, check=True
        )
        importlib.invalidate_caches()
    path = [str((folder / _file(program())).parent), str(folder)]
    sys.path[:0] = list(dict.fromkeys(path))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [*path, os.environ.get("PYTHONPATH")]))
    return folder


def module() -> ModuleType:
    """The user's module, imported."""
    return importlib.import_module(Path(_file(program())).stem)


def _file(name: str) -> str:
    return name if name.endswith(".py") else name.replace(".", "/") + ".py"


def _locate() -> Path:
    told = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
    if told and told.startswith("s3://"):
        return _fetch(told)
    places = [Path(told)] if told else []
    for folder in [*places, model_folder() / "code", base() / "code"]:
        if folder.is_file():
            return _unpack(folder)
        if folder.is_dir():
            return folder
    return model_folder()


def _fetch(uri: str) -> Path:
    import boto3

    place = urlsplit(uri)
    endpoint = os.environ.get("S3_ENDPOINT_URL") or None
    client = boto3.client("s3", endpoint_url=endpoint)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "source.tar.gz"
        client.download_file(place.netloc, place.path.lstrip("/"), str(archive))
        return _unpack(archive)


def _unpack(archive: Path) -> Path:
    """Unpack into the code folder, where every member has to stay."""
    folder = base() / "code"
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:  # Python before 3.11.4
            tar.extractall(folder, [member for member in tar if _harmless(member)])
    return folder


def _harmless(member: tarfile.TarInfo) -> bool:
    return (member.isfile() or member.isdir()) and not (
        member.name.startswith("/") or ".." in Path(member.name).parts
    )
