"""A fleet: the model processes of one endpoint under one configuration, planned, then raised.

The plan is a document kept with the endpoint, so that a restarted server goes on with the same folders.
``<home>/endpoints/<fleet>/<variant>/`` holds the variant's model and one folder for each process.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from oficina.chaos import point
from oficina.engine import program
from oficina.engine.hosting import chains
from oficina.engine.hosting.chains import Chain
from oficina.engine.hosting.instance import HOST, Instance, with_port
from oficina.engine.hosting.kinds import ENDPOINT_CONFIG, LOG_GROUP, MODEL, HostingFailed, containers_of
from oficina.engine.hosting.routes import Variant
from oficina.engine.jobs import JobFailed
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.runners import process
from oficina.runners.images import Image, ImageError
from oficina.runners.process import Spec
from oficina.store import shortage
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.store import Store

STARTUP_SECONDS = 480.0
"""In what time a process must become healthy unless the configuration says otherwise (Developer Guide,
"Custom Inference Code with Hosting Services": 8 minutes; until 2025 it said 4)."""
GRACE_SECONDS = 30
"""Between SIGTERM and SIGKILL (aws-contracts D.6)."""
MAX_REASON = 1024
"""The longest FailureReason (botocore)."""


def mint() -> str:
    """The name of a process, in the form of an EC2 instance's."""
    return f"i-{secrets.token_hex(8)}"


def plan(docs: Scope, config_name: str) -> Document:
    """A fleet as a configuration describes it. Raises HostingFailed when config or model are not there."""
    try:
        config = docs.get(ENDPOINT_CONFIG, config_name)
        variants = [_plan_variant(docs, variant) for variant in config["ProductionVariants"]]
    except AwsError as error:
        raise HostingFailed(error.message) from error
    return {
        "id": secrets.token_hex(8),
        "config": config_name,
        "capture": config.get("DataCaptureConfig"),
        "async": config.get("AsyncInferenceConfig"),
        "variants": variants,
    }


def _plan_variant(docs: Scope, variant: Document) -> Document:
    model = docs.get(MODEL, variant["ModelName"])
    containers = containers_of(model)
    planned = {
        "name": variant["VariantName"],
        "weight": variant.get("InitialVariantWeight", 1.0),
        "instances": [mint() for _ in range(variant.get("InitialInstanceCount", 1))],
        "timeout": variant.get("ContainerStartupHealthCheckTimeoutInSeconds", STARTUP_SECONDS),
        "download": variant.get("ModelDataDownloadTimeoutInSeconds"),
        "container": containers[0],
        "chain": containers if len(containers) > 1 else None,
        "mode": chains.mode_of(model),
        "role": model["ExecutionRoleArn"],
        "volume": variant.get("VolumeSizeInGB"),
        "images": [{"SpecifiedImage": container["Image"]} for container in containers],
    }
    for member in ("ServerlessConfig", "ManagedInstanceScaling", "RoutingConfig"):
        if member in variant:
            planned[member] = variant[member]
    return planned


def retain(fleet: Document, current: Document, excluded: Iterable[str]) -> Document:
    """A plan that keeps what the present fleet has (UpdateEndpoint, RetainAllVariantProperties)."""
    left = {"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"} - set(excluded)
    now = {variant["name"]: variant for variant in current["variants"]}
    for variant in fleet["variants"]:
        old = now.get(variant["name"])
        if old is not None and "DesiredWeight" in left:
            variant["weight"] = old["weight"]
        if old is not None and "DesiredInstanceCount" in left:
            variant["instances"] = [mint() for _ in old["instances"]]
    if "DataCaptureConfig" in left:
        fleet["capture"] = current["capture"]
    return fleet


def scaled(fleet: Document, wishes: list[Document]) -> Document:
    """The same fleet with other weights and numbers of instances."""
    asked = {wish["VariantName"]: wish for wish in wishes}
    variants = []
    for variant in fleet["variants"]:
        wish = asked.get(variant["name"], {})
        names = list(variant["instances"])
        count = wish.get("DesiredInstanceCount", len(names))
        names = names[:count] + [mint() for _ in range(count - len(names))]
        serverless = wish.get("ServerlessUpdateConfig")
        changed = {**variant, "weight": wish.get("DesiredWeight", variant["weight"]), "instances": names}
        if serverless and "ServerlessConfig" in variant:
            changed["ServerlessConfig"] = {**variant["ServerlessConfig"], **serverless}
        variants.append(changed)
    return {**fleet, "variants": variants}


def folder_of(store: Store, fleet: Document, variant: Document) -> Path:
    """The folder of a variant."""
    return store.folder("endpoints") / str(fleet["id"]) / str(variant["name"])


def places(store: Store, fleet: Document) -> Iterator[Path]:
    """The folders of all processes of a fleet."""
    for variant in fleet["variants"]:
        for name in variant["instances"]:
            yield folder_of(store, fleet, variant) / name


def key_of(arn: str, fleet: Document) -> str:
    """What the credentials of a fleet end with."""
    return f"{arn}#{fleet['id']}"


def instances(store: Store, fleet: Document, variant: Document) -> list[Instance]:
    """The processes of a variant, whether they run or not."""
    folder = folder_of(store, fleet, variant)
    return [Instance(name, folder / name, variant["timeout"]) for name in variant["instances"]]


def refresher(engine: Engine) -> Callable[[Spec], Spec]:
    """Renews what a restarted server changed in the environment of a process: its own address."""

    def refresh(spec: Spec) -> Spec:
        names = ("AWS_ENDPOINT_URL", "S3_ENDPOINT_URL", "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT")
        return replace(spec, env={**spec.env, **dict.fromkeys(names, engine.address)})

    return refresh


def close_all(several: list[Instance], kill: bool = False) -> None:
    """Ends processes side by side; returns when all are gone."""
    threads = [threading.Thread(target=one.close, args=(kill,), daemon=True) for one in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass(slots=True)
class Raising:
    """One fleet on its way up."""

    engine: Engine
    docs: Scope
    endpoint: Document
    fleet: Document
    abandoned: Callable[[], bool]
    there: dict[str, Instance]
    """Processes that answer already and stay, by name."""

    def run(self) -> list[Variant]:
        """The variants, every process healthy; ``image`` of each planned variant is filled in.

        Raises HostingFailed or HostingAbandoned; nothing that was begun runs then.
        """
        fresh: list[Instance] = []
        try:
            variants = [self._begin(variant, fresh) for variant in self.fleet["variants"]]
            point("endpoint-launched")
            for variant, planned in zip(variants, self.fleet["variants"], strict=True):
                for one in variant.instances:
                    if one in fresh:
                        self._await(one, planned)
        except BaseException:
            close_all(fresh, kill=True)
            raise
        return variants

    def _begin(self, planned: Document, fresh: list[Instance]) -> Variant:
        """Fetches images and models of a variant and launches its processes."""
        containers = planned.get("chain") or [planned["container"]]
        folder = folder_of(self.engine.store, self.fleet, planned)
        try:
            chain = Chain.of(self.engine, containers, planned.get("mode", "Serial"), folder)
        except (JobFailed, ImageError) as failure:
            raise HostingFailed(f"The image of production variant {planned['name']}: {failure}") from failure
        planned["images"] = [
            self._resolved(told, link.image) for told, link in zip(_images(planned), chain.links, strict=True)
        ]
        data = chain.fetch(self.engine.store, self.docs.account, planned.get("download"))
        found = []
        for one in instances(self.engine.store, self.fleet, planned):
            if one.name in self.there:
                found.append(self.there[one.name])
                continue
            fresh.append(one)
            found.append(one)
            self._launch(one, planned, chain, data)
        return Variant(planned["name"], planned["weight"], found)

    def _resolved(self, told: Document, image: Image) -> Document:
        return told | {
            "ResolvedImage": f"{_untagged(image.uri)}@{image.image_digest}",
            "ResolutionTime": told.get("ResolutionTime", self.engine.clock.now()),
        }

    def _launch(self, one: Instance, planned: Document, chain: Chain, data: list[list[Document]]) -> None:
        group, logs = LOG_GROUP.format(name=self.endpoint["EndpointName"]), self.engine.store.logs
        stream = f"{planned['name']}/{one.name}"
        logs.attach(self.docs.account, self.docs.region, group, stream, one.log)
        for link in chain.links if chain.several else ():
            own = one.folder / "hosts" / link.name / "log"
            logs.attach(self.docs.account, self.docs.region, group, f"{stream}/{link.name}", own)
        one.start(lambda port: self._spec(one, planned, chain, data, port))

    def _spec(
        self, one: Instance, planned: Document, chain: Chain, data: list[list[Document]], port: int
    ) -> Spec:
        bases = [self._base(one, planned, link.image) for link in chain.links]
        told = {"SAGEMAKER_BIND_TO_HOST": "127.0.0.1"}
        document = bases[0] | {
            "layers": [*bases[0]["layers"], program.libraries()],
            "name": self.endpoint["EndpointName"],
            "hosts": [HOST],
            "workdir": "/",
            "directories": ["/opt/ml/output"],
            "stop_grace_seconds": GRACE_SECONDS,
            "port": port,
        }
        if planned["volume"]:
            document["disk_bytes"] = planned["volume"] * program.GIB
        if chain.several:
            document = chain.add({**document, "command": chains.COMMAND}, bases, data, [HOST], told)
            document["env"]["SAGEMAKER_BIND_TO_PORT"] = str(port)
            return Spec.of(document)
        document |= {"command": list(chain.links[0].image.serve), "inputs": data[0]}
        own = planned["container"].get("Environment", {})
        document["env"] = {**document["env"], **told, **own, "SAGEMAKER_BIND_TO_PORT": str(port)}
        return Spec.of(document)

    def _base(self, one: Instance, planned: Document, image: Image) -> Document:
        key = key_of(self.endpoint["EndpointArn"], self.fleet)
        job = {"RoleArn": planned["role"]}
        return program.spec_base(self.engine, self.docs.region, job, key, image, one.folder)

    def _await(self, one: Instance, planned: Document) -> None:
        deadline = time.monotonic() + planned["timeout"]
        try:
            try:
                one.await_health(deadline, self.abandoned)
            except HostingFailed:
                if not one.port_was_taken():
                    raise
                spec = Spec.from_json((one.folder / "spec.json").read_text(encoding="utf-8"))
                one.start(lambda port: with_port(spec, port))
                one.await_health(deadline, self.abandoned)
        except HostingFailed as failure:
            shortage.check(self.engine.config.home)
            raise HostingFailed(self._reason(one, planned, failure)) from failure

    def _reason(self, one: Instance, planned: Document, failure: HostingFailed) -> str:
        """AWS's sentence, then what it leaves the user to look for."""
        said = (
            f"The primary container for production variant {planned['name']} did not pass the ping health "
            f"check. Please check CloudWatch logs for this endpoint. {failure}"
        )
        detail = _end_of(one.folder)
        if detail:
            said += f" The runner said: {detail}."
        tail = one.tail()
        if tail:
            room = MAX_REASON - len(said) - 16
            said += f" The log ends: {tail if len(tail) <= room else '…' + tail[-(room - 1) :]}"
        return said[:MAX_REASON]


def _images(planned: Document) -> list[Document]:
    """The images of a variant; a plan of an earlier release has one."""
    return list(planned.get("images") or [planned["image"]])


def _untagged(uri: str) -> str:
    """An image URI without tag or digest."""
    place, slash, name = uri.partition("@")[0].rpartition("/")
    return place + slash + name.partition(":")[0]


def _end_of(folder: Path) -> str:
    """Why a process could not even begin, empty when it did."""
    if process.alive(folder) or process.started(folder) is not None:
        return ""
    return process.wait(folder).detail


def summaries(fleet: Document) -> list[Document]:
    """``ProductionVariants`` of DescribeEndpoint."""
    found = []
    for variant in fleet["variants"]:
        count, serverless = len(variant["instances"]), variant.get("ServerlessConfig")
        summary: Document = {
            "VariantName": variant["name"],
            "DeployedImages": _images(variant),
            "CurrentWeight": variant["weight"],
            "DesiredWeight": variant["weight"],
        }
        if serverless:
            summary |= {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
        summary |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
        for member in ("ManagedInstanceScaling", "RoutingConfig"):
            if member in variant:
                summary[member] = variant[member]
        found.append(summary)
    return found


def capture_summary(fleet: Document) -> Document | None:
    """``DataCaptureConfig`` of DescribeEndpoint: every member is required (SDK v3 refuses less)."""
    capture = fleet["capture"]
    if capture is None:
        return None
    enabled = bool(capture.get("EnableCapture", False))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }
