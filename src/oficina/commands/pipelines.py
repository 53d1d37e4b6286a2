"""``oficina pipelines``: an execution as a graph with its states, and why a step missed the cache."""

from __future__ import annotations

import argparse
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

from oficina.commands import home
from oficina.commands.client import client
from oficina.config import Config
from oficina.errors import OficinaError

MARKS = {
    "Succeeded": "✔",
    "Failed": "✘",
    "Stopped": "■",
    "Stopping": "…",
    "Executing": "▶",
    "Starting": "▷",
    "": "·",
}
ENDED = ("Succeeded", "Failed", "Stopped")
LOOK_SECONDS = 0.5


def main(arguments: argparse.Namespace) -> int:
    """Does one of the two."""
    settings = home.settings(arguments)
    sagemaker = client("sagemaker", settings)
    arn = _arn(sagemaker, arguments.execution)
    if arguments.action == "why":
        print(_why(settings, arn, arguments.step))
        return 0
    return _show(sagemaker, arn, arguments.follow)


def _arn(sagemaker: Any, told: str) -> str:
    """An execution's ARN, from itself, its id, or its pipeline's name (the newest then)."""
    if told.startswith("arn:"):
        return told
    for page in sagemaker.get_paginator("list_pipelines").paginate():
        for pipeline in page["PipelineSummaries"]:
            name = pipeline["PipelineName"]
            executions = sagemaker.list_pipeline_executions(PipelineName=name, MaxResults=100)
            for each in executions["PipelineExecutionSummaries"]:
                arn: str = each["PipelineExecutionArn"]
                if told in (name, arn.rpartition("/")[2]):
                    return arn
    raise OficinaError(f"There is no execution {told}. Give its ARN, its id, or the name of its pipeline.")


def _why(settings: Config, arn: str, step: str) -> str:
    query = urllib.parse.urlencode({"execution": arn, "step": step})
    address = home.server(settings.home).address
    try:
        with urllib.request.urlopen(f"{address}/_oficina/why?{query}", timeout=30) as answer:
            return str(json.load(answer)["message"])
    except urllib.error.HTTPError as failure:
        raise OficinaError(str(json.load(failure)["message"])) from failure


def _show(sagemaker: Any, arn: str, follow: bool) -> int:
    """Draws once; with ``follow`` again and again until the execution has ended."""
    drawn = 0
    while True:
        lines, status = _drawing(sagemaker, arn)
        if drawn and sys.stdout.isatty():
            print(f"\x1b[{drawn}A\x1b[J", end="")
        print("\n".join(lines), flush=True)
        drawn = len(lines)
        if not follow or status in ENDED:
            return 0 if status != "Failed" else 1
        time.sleep(LOOK_SECONDS)


def _drawing(sagemaker: Any, arn: str) -> tuple[list[str], str]:
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    definition = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=arn)
    told = {each["StepName"]: each for page in pages for each in page["PipelineExecutionSteps"]}
    status = execution["PipelineExecutionStatus"]
    head = f"{MARKS.get(status, '·')} {arn.partition(':pipeline/')[2]}  {status}"
    steps = json.loads(definition["PipelineDefinition"])["Steps"]
    lines = [head, *_branch(steps, told, "  ")]
    if execution.get("FailureReason"):
        lines.append(f"  {execution['FailureReason']}")
    return lines, status


def _branch(steps: list[dict[str, Any]], told: dict[str, dict[str, Any]], indent: str) -> Iterator[str]:
    """The steps of one level, in the order of the definition; those in a condition stand below it."""
    for step in steps:
        yield indent + _line(step, told.get(step["Name"], {}))
        if step["Type"] == "Condition":
            for label, member in (("then", "IfSteps"), ("else", "ElseSteps")):
                inner = step["Arguments"].get(member) or []
                if inner:
                    yield f"{indent}  {label}"
                    yield from _branch(inner, told, indent + "    ")


def _line(step: dict[str, Any], told: dict[str, Any]) -> str:
    status = told.get("StepStatus", "")
    parts = [f"{MARKS.get(status, '·')} {step['Name']}", step["Type"]]
    if "StartTime" in told and "EndTime" in told:
        parts.append(f"{(told['EndTime'] - told['StartTime']).total_seconds():.1f} s")
    if "CacheHitResult" in told:
        parts.append("from the cache")
    if told.get("Metadata", {}).get("Condition"):
        parts.append(told["Metadata"]["Condition"]["Outcome"])
    if told.get("FailureReason"):
        parts.append(told["FailureReason"].splitlines()[0])
    return "  ".join(parts)
