"""Folders inside a job and their places in S3, in the words of the SageMaker SDK."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

INSIDE = "/opt/ml/processing"
"""Where a processing job finds its inputs and leaves its outputs."""


def source(name: str, url: Any) -> Any:
    """What lies at a URL, seen by the job as the folder `input/NAME`; a pipeline's property is a URL too."""
    from sagemaker.core import shapes

    place = shapes.ProcessingS3Input(
        s3_uri=url, local_path=f"{INSIDE}/input/{name}", s3_data_type="S3Prefix", s3_input_mode="File"
    )
    return shapes.ProcessingInput(input_name=name, s3_input=place)


def target(name: str, url: str) -> Any:
    """What the job leaves in the folder `output/NAME`, kept at a URL when it has ended."""
    from sagemaker.core import shapes

    place = shapes.ProcessingS3Output(
        s3_uri=url, local_path=f"{INSIDE}/output/{name}", s3_upload_mode="EndOfJob"
    )
    return shapes.ProcessingOutput(output_name=name, s3_output=place)


def flags(inputs: Iterable[str], output: str) -> list[str]:
    """The folders as a program's arguments: `--NAME FOLDER` for each input, and `--output FOLDER`."""
    named = {name: f"input/{name}" for name in inputs} | {"output": f"output/{output}"}
    return [word for name, place in named.items() for word in (f"--{name}", f"{INSIDE}/{place}")]
