"""What boto3 reads before it can make a client of S3, read while a Python waits in a warm pool.

Of the 0.13 s that a process's first client takes, nearly all goes into botocore's loader: it lists the
folders of all services and parses S3's model, its rules of endpoints and the partitions. None of it depends
on the job. Sessions, configuration and credentials do, and are made by the job's own process.
"""

from __future__ import annotations

import os
from typing import Any

_loaders: list[Any] = []
"""The loader that has read, if there is one."""


def read_ahead() -> None:
    """Keep what a client and a resource of S3 read; nothing is asked of any server."""
    import boto3
    import botocore.session

    session = botocore.session.Session()
    made = boto3.session.Session("key", "secret", region_name="us-east-1", botocore_session=session)
    made.resource("s3")
    _loaders.append(session.get_component("data_loader"))


def use() -> None:
    """Let boto3's default session begin with what was read; without that it reads by itself."""
    if not _loaders or "AWS_DATA_PATH" in os.environ:
        return
    import boto3
    import botocore.session

    session = botocore.session.Session()
    session.register_component("data_loader", _loaders[0])
    boto3.setup_default_session(botocore_session=session)
