"""Models of several containers: a relay answers for them, and each is a host of its own beside it.

So every container has its image, its environment and its ``/opt/ml``, and the whole is one process to
whoever keeps it: it is healthy when all are, and ends when one does (decision 0053).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oficina.engine import program
from oficina.engine.hosting import artifacts, ports
from oficina.engine.hosting.kinds import containers_of
from oficina.engine.workers import Engine
from oficina.runners import serial
from oficina.runners.images import Image
from oficina.store.kinds import Document
from oficina.store.store import Store

SETTINGS = "/opt/ml/input/config/relay.json"
FOLDER = Path(serial.__file__).parent
COMMAND = ["python", "-I", "-S", str(FOLDER / "relay.py"), SETTINGS]
_OWN = "SAGEMAKER_BIND_TO_PORT"


@dataclass(frozen=True, slots=True)
class Link:
    """One container of several: its name, what it is, and the image that it runs in."""

    name: str
    container: Document
    image: Image
    folder: Path
    """Its model, unpacked; what it has besides lies beside it."""

    def fetch(self, store: Store, account: str, seconds: float | None) -> list[Document]:
        """Unpacks its data; the folders as inputs of every host. Raises HostingFailed."""
        wanted = [("", "/opt/ml/model", self.container)]
        for more in self.container.get("AdditionalModelDataSources", ()):
            channel, source = more["ChannelName"], {"S3DataSource": more["S3DataSource"]}
            owned = {name: self.container[name] for name in (artifacts.OWNER,) if name in self.container}
            target = f"/opt/ml/additional-model-data-sources/{channel}"
            wanted.append((f"-{channel}", target, {"ModelDataSource": source, **owned}))
        found = []
        for suffix, target, source in wanted:
            place = self.folder.with_name(self.folder.name + suffix)
            artifacts.fetch(store, account, source, place, seconds)
            found.append({"host": None, "target": target, "lower": str(place)})
        return found


@dataclass(frozen=True, slots=True)
class Chain:
    """The containers of a model in the order of their work."""

    links: list[Link]
    mode: str
    """Serial or Direct (botocore, InferenceExecutionMode)."""

    @classmethod
    def of(cls, engine: Engine, containers: list[Document], mode: str, folder: Path) -> Chain:
        """With every image built. Raises JobFailed."""
        links = []
        for number, container in enumerate(containers):
            image = program.image_of(engine, container["Image"])
            place = folder / (f"model-{number + 1}" if len(containers) > 1 else "model")
            links.append(Link(name_of(container, number), container, image, place))
        return cls(links, mode)

    @property
    def several(self) -> bool:
        """Whether a relay is needed."""
        return len(self.links) > 1

    def fetch(self, store: Store, account: str, seconds: float | None = None) -> list[list[Document]]:
        """Unpacks every link's data, each in so many seconds; the inputs of each. Raises HostingFailed."""
        return [link.fetch(store, account, seconds) for link in self.links]

    def add(
        self,
        document: Document,
        bases: list[Document],
        data: list[list[Document]],
        leaders: list[str],
        told: dict[str, str],
        over: dict[str, str] | None = None,
    ) -> Document:
        """A spec whose hosts are ``leaders``, with the containers that each of them asks.

        ``bases`` are what ``program.spec_base`` gives for each link, ``data`` its inputs; ``told`` is what
        containers are told below their own environment, ``over`` what is above it.
        """
        common = dict(set(bases[0]["env"].items()).intersection(*(base["env"].items() for base in bases)))
        given = document.get("host_env", {})
        host_env = {host: {**_rest(bases[0]["env"], common), **given.get(host, {})} for host in leaders}
        host_command, inputs, files, servers = {}, [], [], []
        for leader in leaders:
            ports_of = []
            for link, base, folders in zip(self.links, bases, data, strict=True):
                host = link.name if len(leaders) == 1 else f"{leader}-{link.name}"
                own = {**told, **link.container.get("Environment", {}), **(over or {})}
                port = ports.free()
                host_env[host] = {**_rest(base["env"], common), **own, _OWN: str(port)}
                host_command[host] = list(link.image.serve)
                inputs += [{**folder, "host": host} for folder in folders]
                ports_of.append({"name": link.name, "port": port})
                servers.append(host)
            files.append(program.text_file(SETTINGS, {"mode": self.mode, "containers": ports_of}, leader))
        return {
            **document,
            "env": common,
            "hosts": [*leaders, *servers],
            "servers": servers,
            "host_env": host_env,
            "host_command": host_command,
            "inputs": [*document.get("inputs", []), *inputs],
            "files": [*document.get("files", []), *files],
            "layers": _merged([base["layers"] for base in bases] + [document["layers"]]),
            "readonly": [*document.get("readonly", []), str(FOLDER)],
        }


def name_of(container: Document, number: int) -> str:
    """What AWS calls a container: its host name, else its place."""
    return str(container.get("ContainerHostname") or f"container-{number + 1}")


def mode_of(model: Document) -> str:
    """How the containers of a model work together."""
    return str(model.get("InferenceExecutionConfig", {}).get("Mode", "Serial"))


def names_of(model: Document) -> list[str]:
    """The names of a model's containers."""
    return [name_of(container, number) for number, container in enumerate(containers_of(model))]


def _rest(env: dict[str, str], common: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if common.get(name) != value}


def _merged(several: list[list[Document]]) -> list[Document]:
    """Every layer once."""
    return list({layer["target"]: layer for layers in several for layer in layers}.values())
