"""``oficina env``: the environment in which unmodified clients talk to this server.

Nothing is written; all of it is variables (contracts, clients-and-wire §2).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from oficina.commands import home

SHIM = Path(__file__).parent.parent / "shim"
"""The folder with the start-up hook for calls that ignore ``AWS_ENDPOINT_URL``."""

IMAGE = "885854791233.dkr.ecr.{region}.amazonaws.com/sagemaker-distribution-prod"
"""Where a remote function runs that names no image, as in Studio (contracts, surface §3.4).

It has no tag: the server takes the one with the client's SDK, on the client's Python."""

NO_PROXY = "127.0.0.1,localhost,::1"

_STRAY = re.compile(r"AWS_ENDPOINT_URL_\w+")
_UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)

Variables = dict[str, str | None]
"""Names and values; None means that the variable must not be there."""


def main(arguments: argparse.Namespace) -> int:
    """Prints the variables in the shell's own words."""
    settings = home.settings(arguments)
    server = home.server(settings.home)
    key, secret = home.keys(settings.home)
    print(text(variables(server.address, server.region, key, secret, os.environ), arguments.shell))
    return 0


def variables(address: str, region: str, key: str, secret: str, now: Mapping[str, str]) -> Variables:
    """What must be set and unset, given the environment of now."""
    path = [str(SHIM), *(part for part in now.get("PYTHONPATH", "").split(os.pathsep) if part != str(SHIM))]
    found: Variables = dict.fromkeys(
        name for name in (*_UNSET, *now) if name in _UNSET or _STRAY.fullmatch(name)
    )
    found |= {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": os.pathsep.join(part for part in path if part),
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(SHIM / "sagemaker-config.yaml"),
        "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT": address,
        "SAGEMAKER_ENDPOINT_URL": address,
        "SAGEMAKER_INTERNAL_IMAGE_URI": IMAGE.format(region=region),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    if any(name.lower() in ("http_proxy", "all_proxy") for name in now):
        # botocore would send requests for this machine to the proxy.
        others = now.get("no_proxy") or now.get("NO_PROXY") or ""
        both = others if NO_PROXY in others else ",".join(part for part in (NO_PROXY, others) if part)
        found |= {"no_proxy": both, "NO_PROXY": both}
    return found


def apply(found: Variables, now: Mapping[str, str]) -> dict[str, str]:
    """An environment with the variables in it."""
    changed = {name: value for name, value in now.items() if name not in found}
    return changed | {name: value for name, value in found.items() if value is not None}


def text(found: Variables, shell: str) -> str:
    """The variables as lines for a shell, or as JSON."""
    if shell == "json":
        return json.dumps(found, indent=1)
    return "\n".join(_line(shell, name, value) for name, value in found.items())


def _line(shell: str, name: str, value: str | None) -> str:
    match shell, value:
        case "fish", None:
            return f"set -e {name};"
        case "fish", str():
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            return f"set -gx {name} '{quoted}';"
        case "powershell", None:
            return f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"
        case "powershell", str():
            quoted = value.replace("'", "''")
            return f"$Env:{name} = '{quoted}'"
        case _, None:
            return f"unset {name}"
    return f"export {name}={shlex.quote(str(value))}"
