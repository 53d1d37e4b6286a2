"""What every job's supervisor is told beside its inputs: hosts, image, environment, limits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson

from oficina.engine import environment
from oficina.engine.jobs import JobFailed
from oficina.engine.workers import Engine
from oficina.runners.images import ANYONE, Catalog, Client, Image, ImageError
from oficina.runners.process import Exit
from oficina.store.kinds import Document

GIB = 1 << 30
SECRETS = (
    ".aws",
    ".azure",
    ".config/gcloud",
    ".docker",
    ".git-credentials",
    ".gnupg",
    ".kube",
    ".netrc",
    ".ssh",
)
"""What the user who runs the server keeps at home and no job may see."""


def image_of(engine: Engine, uri: str, note: Any = None, client: Client = ANYONE) -> Image:
    """The built image of a URI, fit for a client's pickles. Raises JobFailed with what to type."""
    catalog = Catalog(engine.config)
    try:
        image = catalog.resolve(uri, client)
        catalog.build(image, note)
    except ImageError as error:
        raise JobFailed(f"ClientError: {error}") from error
    environment.compile_shim(image.path)
    return image


def hosts_of(cluster: Document) -> list[str]:
    """The names of a job's hosts: ``algo-1`` and so on."""
    groups = cluster.get("InstanceGroups")
    count = sum(group["InstanceCount"] for group in groups) if groups else cluster.get("InstanceCount", 1)
    return [f"algo-{number}" for number in range(1, count + 1)]


def groups_of(cluster: Document, hosts: list[str]) -> list[Document]:
    """The instance groups as ``resourceconfig.json`` tells them."""
    groups = cluster.get("InstanceGroups")
    if not groups:
        kind = cluster.get("InstanceType", "local")
        return [{"instance_group_name": "homogeneousCluster", "instance_type": kind, "hosts": hosts}]
    told, rest = [], list(hosts)
    for group in groups:
        count = group["InstanceCount"]
        told.append(
            {
                "instance_group_name": group["InstanceGroupName"],
                "instance_type": group["InstanceType"],
                "hosts": rest[:count],
            }
        )
        rest = rest[count:]
    return told


def hosts_in(cluster: Document, hosts: list[str], names: tuple[str, ...]) -> list[str]:
    """The hosts of the groups of these names; all hosts when no group is named."""
    chosen = [group for group in groups_of(cluster, hosts) if group["instance_group_name"] in names]
    return [host for group in chosen for host in group["hosts"]] if names else hosts


def resource_config(cluster: Document, hosts: list[str], host: str) -> Document:
    """``resourceconfig.json`` of one host (aws-contracts D.1)."""
    groups = groups_of(cluster, hosts)
    group = next(group for group in groups if host in group["hosts"])
    return {
        "current_host": host,
        "current_instance_type": group["instance_type"],
        "current_group_name": group["instance_group_name"],
        "hosts": hosts,
        "instance_groups": groups,
        "network_interface_name": "lo",
    }


def text_file(target: str, value: Any, host: str | None = None) -> Document:
    """A JSON file of the spec."""
    return {"host": host, "target": target, "text": orjson.dumps(value).decode()}


def spec_base(engine: Engine, region: str, job: Document, arn: str, image: Image, folder: Path) -> Document:
    """The members of the spec that do not depend on the kind of job."""
    account = arn.split(":")[4]
    key = environment.session_key(engine, account, job["RoleArn"], arn)
    env = environment.base(engine, region, key) | dict(image.environment)
    layers = Catalog(engine.config).layers()
    env["OFICINA_LAYERS"] = str(layers.folder)
    return {
        "arn": arn,
        "home": str(engine.config.home),
        "env": environment.program(env, image.path / "bin"),
        "layers": [{"target": str(image.path), "lower": [str(image.path)]}],
        "readonly": [str(layers.ready), str(environment.shim())],
        "writable": [str(layers.incoming)],
        "hide": [os.path.expanduser(f"~/{name}") for name in SECRETS],
        "free_bytes_floor": engine.config.free_bytes,
    }


def disk_full(end: Exit) -> str:
    """The failure reason of a job that filled its disk, which names what the user can set."""
    detail = end.detail.replace("(disk_bytes)", "(VolumeSizeInGB)")
    return "ClientError: " + detail.replace("(free_bytes_floor)", "(OFICINA_FREE_BYTES)")


def libraries() -> Document:
    """A layer in which a program may put shared libraries, as it may in a container.

    What ModelBuilder of the SDKs writes for serving copies a model's ``shared_libs`` to ``/lib``.
    """
    folder = os.path.realpath("/lib")
    return {"target": folder, "lower": [folder]}
