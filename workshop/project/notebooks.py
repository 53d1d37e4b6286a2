"""A notebook as a job: the part of it that runs there, the image it runs in, and what it leaves.

The image is SageMaker Distribution, the environment of Studio; `notebook.sh` brings what a release may lack.
"""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from project.start import World

SCRIPT = str(Path(__file__).parent / "notebook.sh")
"""What the job runs before the notebook."""


def part(name: str, until: str) -> str:
    """The path of a copy of a notebook that ends before a heading: a job must not start itself again."""
    import nbformat

    whole = nbformat.read(name, as_version=4)
    starts = [place for place, cell in enumerate(whole.cells) if cell.source.startswith(until)]
    whole.cells = whole.cells[: starts[0]]
    path = Path(tempfile.mkdtemp()) / name
    nbformat.write(whole, path)
    return str(path)


def image(world: World) -> str:
    """The URI of SageMaker Distribution in this region."""
    from sagemaker.core import image_uris

    asked = {"version": "3.2", "image_scope": "inference", "instance_type": "ml.m5.large"}
    uri: str = image_uris.retrieve("sagemaker-distribution", world.region, **asked)
    return uri


def job(world: World, execution: Any) -> dict[str, Any]:
    """The training job behind the one step of an execution, as the service describes it."""
    arn = execution.list_steps()[0]["Metadata"]["TrainingJob"]["Arn"]
    found: dict[str, Any] = world.client("sagemaker").describe_training_job(
        TrainingJobName=arn.split("/")[-1]
    )
    return found


def files(world: World, job: dict[str, Any]) -> dict[str, bytes]:
    """What a job has left in its `output.tar.gz`: the notebook before and after, and the log."""
    url = f"{job['OutputDataConfig']['S3OutputPath']}/{job['TrainingJobName']}/output/output.tar.gz"
    bucket, key = url.removeprefix("s3://").split("/", 1)
    packed = world.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        members = [member for member in archive if member.isfile()]
        return {member.name: archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]


def outputs(content: bytes, kind: str) -> list[Any]:
    """All outputs of one kind (`image/png`, `text/plain`) in a notebook's file."""
    import nbformat

    cells = nbformat.reads(content.decode(), as_version=4).cells
    found = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return [data[kind] for data in found if kind in data]
