"""A client of S3 in a process that has read ahead what makes it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from oficina.runners.images import Image
from tests.runners.conftest import Job

LOOK = """
import json, sys
from container_toolkit import storage

{before}
read = []
sys.addaudithook(lambda event, words: event in ("open", "os.listdir") and read.append(str(words[0])))
storage.use()
import boto3
client = boto3.resource("s3").meta.client
key = client._request_signer._credentials.access_key
print(json.dumps({{
    "read": any("/botocore/data/" in path for path in read),
    "client": [client.meta.endpoint_url, client.meta.region_name, key],
}}))
"""
OWN = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "mine",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


@pytest.mark.parametrize(
    ("before", "variables", "reads"),
    [
        ("storage.read_ahead()", {}, False),
        ("", {}, True),
        ("storage.read_ahead()", {"AWS_DATA_PATH": "/opt/ml/models"}, True),
    ],
    ids=["read ahead", "not read ahead", "models of its own"],
)
def test_a_client_after_reading_ahead_reads_nothing_and_is_the_jobs_own(
    before: str,
    variables: dict[str, str],
    reads: bool,
    built: Callable[[str], Image],
    make_job: Callable[..., Job],
) -> None:
    image = built("sagemaker-base-python:1.0")
    job = make_job(image, ["python", "-c", LOOK.format(before=before)], {**OWN, **variables})

    job.run()

    told = json.loads(job.log()[-1])
    assert told == {"read": reads, "client": ["http://127.0.0.1:1", "eu-west-1", "mine"]}
