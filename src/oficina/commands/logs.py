"""``oficina logs``: what a job or an endpoint wrote, as it is written with ``-f``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from oficina.commands import home
from oficina.commands.client import client
from oficina.errors import OficinaError

PAUSE = 0.2
"""Seconds between two looks."""

KINDS = {
    "Training": ("/aws/sagemaker/TrainingJobs", "{}/"),
    "Processing": ("/aws/sagemaker/ProcessingJobs", "{}/"),
    "Transform": ("/aws/sagemaker/TransformJobs", "{}/"),
    "Endpoint": ("/aws/sagemaker/Endpoints/{}", ""),
}
"""Each kind's log group and the prefix of its streams (contracts, clients-and-wire §4.1)."""

GOING = ("InProgress", "Stopping", "Creating", "Updating", "SystemUpdating", "RollingBack", "InService")


def main(arguments: argparse.Namespace) -> int:
    """Prints the lines; with several hosts each line begins with its stream's name."""
    settings = home.settings(arguments)
    sagemaker, logs = client("sagemaker", settings), client("logs", settings)
    kind, _ = _status(sagemaker, arguments.job)
    seen: dict[str, str] = {}
    while True:
        # Asked before the lines are read: what is written until then is read after it.
        going = arguments.follow and _status(sagemaker, arguments.job)[1] in GOING
        for line in _new(logs, kind, arguments.job, seen):
            print(line, flush=arguments.follow)
        if not going:
            return 0
        time.sleep(PAUSE)


def _status(sagemaker: Any, name: str) -> tuple[str, str]:
    for kind in KINDS:
        noun = "Endpoint" if kind == "Endpoint" else f"{kind}Job"
        ask = getattr(sagemaker, f"describe_{kind.lower()}{'' if kind == 'Endpoint' else '_job'}")
        try:
            return kind, ask(**{f"{noun}Name": name})[f"{noun}Status"]
        except ClientError:
            continue
    raise OficinaError(f"There is no job and no endpoint {name}. Type: oficina jobs")


def _new(logs: Any, kind: str, name: str, seen: dict[str, str]) -> Iterator[str]:
    """The lines after those that ``seen`` remembers by stream."""
    group, prefix = (text.format(name) for text in KINDS[kind])
    named = {"logStreamNamePrefix": prefix} if prefix else {}
    try:
        streams = logs.describe_log_streams(logGroupName=group, **named)["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return
    for stream in sorted(each["logStreamName"] for each in streams):
        before = f"{stream.removeprefix(prefix)} " if len(streams) > 1 else ""
        while True:
            token = {"nextToken": seen[stream]} if stream in seen else {}
            page = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, **token)
            for event in page["events"]:
                yield before + event["message"]
            ended = page["nextForwardToken"] == seen.get(stream)
            seen[stream] = page["nextForwardToken"]
            if ended or not page["events"]:
                break
