"""``oficina jobs``: every job of the default account, newest first."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from oficina.commands import home
from oficina.commands.client import client
from oficina.commands.table import table

KINDS = ("training", "processing", "transform")


def main(arguments: argparse.Namespace) -> int:
    """Prints a table of the jobs."""
    sagemaker = client("sagemaker", home.settings(arguments))
    found: list[tuple[datetime, list[str]]] = []
    for kind in KINDS:
        found += _jobs(sagemaker, kind, arguments.limit)
    if not found:
        print("There is no job yet.")
        return 0
    found.sort(key=lambda job: job[0], reverse=True)
    print(table(("JOB", "KIND", "STATUS", "CREATED", "SECONDS"), [row for _, row in found]))
    return 0


def _jobs(sagemaker: Any, kind: str, limit: int) -> list[tuple[datetime, list[str]]]:
    title = kind.capitalize()
    ask = getattr(sagemaker, f"list_{kind}_jobs")
    try:
        answer = ask(SortBy="CreationTime", SortOrder="Descending", MaxResults=min(limit, 100))
    except ClientError as failure:
        if failure.response["Error"]["Code"] != "UnknownOperationException":
            raise
        return []
    return [(job["CreationTime"], _row(job, title, kind)) for job in answer[f"{title}JobSummaries"]]


def _row(job: Mapping[str, Any], title: str, kind: str) -> list[str]:
    created = job["CreationTime"]
    ended = job.get(f"{title}EndTime") or datetime.now(UTC)
    seconds = (ended - created).total_seconds()
    when = f"{created.astimezone():%Y-%m-%d %H:%M:%S}"
    return [job[f"{title}JobName"], kind, job[f"{title}JobStatus"], when, f"{seconds:.1f}"]
