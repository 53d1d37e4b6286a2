"""What the supervisor and the driver of a batch transform job are told (aws-contracts D.7)."""

from __future__ import annotations

from pathlib import Path

from oficina.engine import program
from oficina.engine.hosting import chains, ports
from oficina.engine.hosting.chains import Chain
from oficina.engine.transformfiles import Files
from oficina.runners import transform
from oficina.runners.process import Spec
from oficina.store.kinds import Document

INPUT = "/opt/ml/input/data/transform"
OUTPUT = "/opt/ml/output/transform"
SETTINGS = "/opt/ml/input/config/transform.json"
DRIVER = Path(transform.__file__).parent
COMMAND = ["python", "-I", "-S", str(DRIVER / "driver.py"), SETTINGS]
"""The driver needs nothing but the standard library, and is faster up without looking for more."""


def spec_of(
    bases: list[Document], job: Document, chain: Chain, data: list[list[Document]], files: Files
) -> Spec:
    """The whole spec of a job; ``bases`` hold, for each container, what is the same for all kinds of job."""
    hosts, document = files.hosts, bases[0]
    given = {host: ports.free() for host in hosts}
    serve = chains.COMMAND if chain.several else list(chain.links[0].image.serve)
    told = [
        program.text_file(SETTINGS, settings(job, serve, given[host], files.told(host)), host)
        for host in hosts
    ]
    document |= {
        "name": job["TransformJobName"],
        "hosts": hosts,
        "command": COMMAND,
        "workdir": "/",
        "host_env": {host: {"SAGEMAKER_BIND_TO_PORT": str(port)} for host, port in given.items()},
        "files": told,
        "inputs": [{"host": host, "target": INPUT, "lower": str(files.inputs(host))} for host in hosts],
        "directories": ["/opt/ml/output", OUTPUT],
        "outputs": [{"source": OUTPUT, "as": "transform", "kind": "tree"}],
        "stop_grace_seconds": 30,
        "readonly": [*document.get("readonly", []), str(DRIVER)],
    }
    batch, own = batch_environment(job), job.get("Environment", {})
    if chain.several:
        return Spec.of(chain.add(document, bases, data, hosts, batch, own))
    document["env"] = {**document["env"], **batch, **chain.links[0].container.get("Environment", {}), **own}
    document["inputs"] += data[0]
    return Spec.of(document)


def batch_environment(job: Document) -> dict[str, str]:
    """What tells a container that it serves a batch."""
    env: dict[str, str] = {"SAGEMAKER_BATCH": "true"}
    if "MaxPayloadInMB" in job:
        env["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(job["MaxPayloadInMB"])
    if "BatchStrategy" in job:
        single = job["BatchStrategy"] == "SingleRecord"
        env["SAGEMAKER_BATCH_STRATEGY"] = "SINGLE_RECORD" if single else "MULTI_RECORD"
    if job.get("MaxConcurrentTransforms"):
        env["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = str(job["MaxConcurrentTransforms"])
    return env


def settings(job: Document, serve: list[str], port: int, files: list[Document]) -> Document:
    """The driver's settings on one host."""
    source, target = job["TransformInput"], job["TransformOutput"]
    processing = job.get("DataProcessing", {})
    client = job.get("ModelClientConfig", {})
    return {
        "command": serve,
        "port": port,
        "input": INPUT,
        "output": OUTPUT,
        "files": files,
        "content_type": source.get("ContentType", "text/csv"),
        "accept": target.get("Accept", ""),
        "split": source.get("SplitType", "None"),
        "compression": source.get("CompressionType", "None"),
        "assemble": target.get("AssembleWith", "None"),
        "strategy": job.get("BatchStrategy"),
        "max_payload": job.get("MaxPayloadInMB"),
        "concurrency": job.get("MaxConcurrentTransforms"),
        "input_filter": processing.get("InputFilter", "$"),
        "output_filter": processing.get("OutputFilter", "$"),
        "join": processing.get("JoinSource", "None"),
        "inference_id": job.get("DataCaptureConfig", {}).get("GenerateInferenceId", False),
        "timeout_seconds": client.get("InvocationsTimeoutInSeconds", 600),
        "retries": client.get("InvocationsMaxRetries", 3),
    }
