"""Data capture of batch transform: two manifests that name what went in and what came out.

Nothing is copied. Below ``DestinationS3Uri`` there is an object under ``input/`` and one under ``output/``,
filed by the hour at which the job began (developer guide, "Capture data from batch transform job").
"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime

import orjson

from oficina.engine import inputs, outputs
from oficina.engine.transformfiles import File, Files
from oficina.store.kinds import Document
from oficina.store.store import Store

Manifest = list[dict[str, str] | str]


def keep(store: Store, account: str, job: Document, files: Files) -> None:
    """Writes the manifests of a job that is complete; done twice after a crash they are the same objects."""
    given = manifest(files.files)
    target = job["TransformOutput"]["S3OutputPath"]
    made = manifest([File(outputs.join(target, ""), f"{file.name}.out") for file in files.files])
    for side, content in (("input", given), ("output", made)):
        bucket, key = inputs.split(
            outputs.join(job["DataCaptureConfig"]["DestinationS3Uri"], _name(job, side))
        )
        store.objects.write(account, bucket, key, orjson.dumps(content) + b"\n", "application/x-jsonlines")


def manifest(files: list[File]) -> Manifest:
    """A prefix, then the names below it, as a ManifestFile input has them."""
    prefixes = Counter(file.prefix for file in files)
    if len(prefixes) == 1:
        return [{"prefix": next(iter(prefixes))}, *(file.name for file in files)]
    return [{"prefix": "s3://"}, *((file.prefix + file.name).removeprefix("s3://") for file in files)]


def _name(job: Document, side: str) -> str:
    moment = datetime.fromtimestamp(job["TransformStartTime"], UTC)
    tag = uuid.uuid5(uuid.NAMESPACE_URL, f"{job['TransformJobArn']} {job['CreationTime']}")
    return f"{side}/{moment:%Y/%m/%d/%H}/{moment:%M-%S}-{moment.microsecond // 1000:03d}-{tag}.jsonl"
