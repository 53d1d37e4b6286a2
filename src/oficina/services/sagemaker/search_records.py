"""What Search tells of a resource besides its own document: where it belongs, and what it was measured at."""

from __future__ import annotations

from collections.abc import Callable

from oficina.engine.hosting.kinds import ENDPOINT_CONFIG
from oficina.engine.lineage.kinds import LINEAGE_GROUP, TRIAL, TRIAL_COMPONENT
from oficina.services.context import Context
from oficina.services.sagemaker.lineage import DEFAULT_GROUP
from oficina.services.sagemaker.trial_components import metrics_of
from oficina.store.kinds import Document
from oficina.store.scan import scan

ADDED = ("Parents", "Metrics", "SourceDetail", "LineageGroupArn", "TrialComponentSummaries", "Endpoints")
"""Members that are in no document, so that no text of theirs can be looked for there."""
_SOURCES = {"training-job": "TrainingJob", "processing-job": "ProcessingJob", "transform-job": "TransformJob"}


def record(ctx: Context, kind: str, document: Document) -> Document:
    """The record of a document of a kind."""
    complete = _COMPLETE.get(kind)
    return document if complete is None else {**document, **complete(ctx, document)}


def _component(ctx: Context, document: Document) -> Document:
    arn, held = document["TrialComponentArn"], ctx.store.experiments
    names = held.trials(ctx.account, ctx.region, document["TrialComponentName"])
    trials = [trial for name in names if (trial := ctx.docs.find(TRIAL, name)) is not None]
    found: Document = {
        "Parents": [
            {"TrialName": trial["TrialName"], "ExperimentName": trial["ExperimentName"]} for trial in trials
        ],
        "Metrics": metrics_of(ctx, arn),
        "LineageGroupArn": ctx.docs.arn(LINEAGE_GROUP, DEFAULT_GROUP),
    }
    source = document.get("Source", {}).get("SourceArn", "")
    job = ctx.docs.find_arn(source) if source else None
    if job is not None:
        kind = _SOURCES.get(source.split(":")[5].partition("/")[0])
        found["SourceDetail"] = {"SourceArn": source, **({kind: job} if kind else {})}
    return found


def _trial(ctx: Context, document: Document) -> Document:
    names = ctx.store.experiments.components(ctx.account, ctx.region, document["TrialName"])
    components = [found for name in names if (found := ctx.docs.find(TRIAL_COMPONENT, name)) is not None]
    return {
        "TrialComponentSummaries": [
            {**each, "TrialComponentSource": each.get("Source")} for each in components
        ]
    }


def _model(ctx: Context, document: Document) -> Document:
    """A model as the dashboard shows it: itself, and the endpoints that serve it."""
    name = document["ModelName"]
    endpoints = [
        endpoint
        for endpoint in scan(ctx.docs, "Endpoint", [])
        if name in _models(ctx, endpoint.get("EndpointConfigName", ""))
    ]
    return {"Model": document, "Endpoints": endpoints}


def _models(ctx: Context, config: str) -> list[str]:
    found = ctx.docs.find(ENDPOINT_CONFIG, config) or {}
    return [variant.get("ModelName", "") for variant in found.get("ProductionVariants", ())]


_COMPLETE: dict[str, Callable[[Context, Document], Document]] = {
    "TrialComponent": _component,
    "Trial": _trial,
    "Model": _model,
}
