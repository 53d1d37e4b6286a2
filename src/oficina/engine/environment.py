"""The environment of user code: what AWS's containers have, and how its SDKs find this server.

Nothing of the caller's own environment is in it; the credentials are temporary ones of the execution role
and end with the job or the endpoint (contracts, surface §0).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from oficina.engine.workers import Engine
from oficina.store.keys import Key

CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_UNFIT = re.compile(r"[^\w+=,.@-]")


def session_key(engine: Engine, account: str, role_arn: str, job_arn: str, session: str = "SageMaker") -> Key:
    """Temporary credentials of an execution role that end with a job (by its ARN)."""
    role = role_arn.rpartition("/")[2]
    role_id = "AROA" + account.rjust(16, "A")[:16]
    session = _UNFIT.sub("-", session)[:64]
    arn = f"arn:aws:sts::{account}:assumed-role/{role}/{session}"
    return engine.store.keys.mint(account, arn, f"{role_id}:{session}", session=True, job=job_arn)


def base(engine: Engine, region: str, key: Key) -> dict[str, str]:
    """Region, credentials and endpoints for any program that uses an AWS SDK."""
    return {
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_SESSION_TOKEN": key.token or "",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": engine.address,
        "S3_ENDPOINT_URL": engine.address,
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": engine.address,
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(shim() / "sagemaker-config.yaml"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONPATH": str(shim()),
    }


def without_credentials(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a program without those that let it act for its role."""
    return {name: value for name, value in variables.items() if name not in CREDENTIALS}


def shim() -> Path:
    """The folder with the start-up hook that sends SDK calls here which ignore ``AWS_ENDPOINT_URL``.

    Programs that images of AWS have and a machine may lack are in its ``bin``.
    """
    return Path(str(resources.files("oficina") / "shim"))


def program(environment: Mapping[str, str], binaries: Path | None) -> dict[str, str]:
    """What any program needs besides: where programs are, a home, a language, unbuffered output."""
    path = [
        str(shim() / "bin"),
        "/usr/local/sbin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
    ]
    if binaries is not None:
        path.insert(0, str(binaries))
    return {
        "PATH": ":".join(path),
        "HOME": "/tmp/home",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "TRUE",
        "PYTHONIOENCODING": "UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DMLC_INTERFACE": "lo",
        **environment,
    }


def compile_shim(image: Path) -> None:
    """Leaves the start-up hook compiled for an image's Python, which would else do it at each of its starts.

    Jobs cannot: the folder is read-only for them. Where it is for this server too, they go on doing so.
    """
    folder = shim()
    version = next((image / "lib").glob("python3*")).name.removeprefix("python").replace(".", "")
    stale = (path for path in folder.glob("*.py") if not _is_compiled(path, f"cpython-{version}"))
    if next(stale, None) is not None and os.access(folder, os.W_OK):
        words = [str(image / "bin" / "python"), "-I", "-S", "-m", "compileall", "-q", str(folder)]
        subprocess.run(words, check=False, stdout=subprocess.DEVNULL)


def _is_compiled(path: Path, tag: str) -> bool:
    compiled = path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc"
    return compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime
