"""Trial components: what a run was given, what came out, and its metrics."""

from __future__ import annotations

import math
from typing import Any

from oficina.engine.lineage.kinds import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.experiments import trials_of
from oficina.services.sagemaker.pipelines import identity
from oficina.store.documents import Query
from oficina.store.kinds import Document

BY_SOURCE = (
    "id IN (SELECT id FROM resources INDEXED BY components_by_source WHERE account=? AND region=?"
    " AND json_extract(body, '$.Source.SourceArn')=? AND kind='TrialComponent')"
)
"""The components of a source, in the words of their index (store/lineage.sql)."""


@sagemaker.operation
def create_trial_component(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a component."""
    document = {"DisplayName": request["TrialComponentName"], **request, "CreatedBy": identity(ctx)}
    return ctx.docs.create(TRIAL_COMPONENT, document)


@sagemaker.operation
def describe_trial_component(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A component with its metrics summed up; it may be named by its ARN."""
    name = request["TrialComponentName"].rpartition("/")[2]
    component = ctx.docs.get(TRIAL_COMPONENT, name)
    return {**component, "Metrics": metrics_of(ctx, component["TrialComponentArn"])}


def metrics_of(ctx: Context, arn: str) -> list[Document]:
    """Each metric of a component, summed up."""
    return [_summary(arn, each) for each in ctx.store.experiments.summaries(arn)]


def _summary(arn: str, summed: Document) -> Document:
    variance = max(0.0, summed["square"] - summed["mean"] ** 2)
    return {
        "MetricName": summed["name"],
        "SourceArn": arn,
        "TimeStamp": summed["time"],
        "Max": summed["high"],
        "Min": summed["low"],
        "Last": summed["last"],
        "Count": summed["count"],
        "Avg": summed["mean"],
        "StdDev": math.sqrt(variance),
    }


@sagemaker.operation
def list_trial_components(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The components, newest first; of a trial, of an experiment, or with a source."""
    query = Query()
    names = _members(ctx, request)
    if names is not None:
        query.where.append((f"name IN ({','.join('?' * len(names))})", tuple(names)))
    if "SourceArn" in request:
        query.where.append((BY_SOURCE, (ctx.account, ctx.region, request["SourceArn"])))
    page = ctx.docs.page(TRIAL_COMPONENT, request, query)
    summaries = [{**each, "TrialComponentSource": each.get("Source")} for each in page.items]
    return {"TrialComponentSummaries": summaries, "NextToken": page.token}


def _members(ctx: Context, request: dict[str, Any]) -> list[str] | None:
    """The names that the request's trial or experiment narrows the list to."""
    if "TrialName" in request:
        trials = [ctx.docs.get(TRIAL, request["TrialName"])]
    elif "ExperimentName" in request:
        ctx.docs.get(EXPERIMENT, request["ExperimentName"])
        trials = trials_of(ctx, request["ExperimentName"])
    else:
        return None
    held = ctx.store.experiments
    found = {
        name for trial in trials for name in held.components(ctx.account, ctx.region, trial["TrialName"])
    }
    return sorted(found)


@sagemaker.operation
def update_trial_component(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes members; what is named by key (parameters, artifacts) is added to, or removed by key."""
    name = request["TrialComponentName"]
    with ctx.docs.transaction():
        component = ctx.docs.get(TRIAL_COMPONENT, name)
        changes: Document = {"LastModifiedBy": identity(ctx)}
        for member in ("DisplayName", "Status", "StartTime", "EndTime"):
            if member in request:
                changes[member] = request[member]
        for member in ("Parameters", "InputArtifacts", "OutputArtifacts"):
            gone = set(request.get(f"{member}ToRemove", ()))
            merged = {**component.get(member, {}), **request.get(member, {})}
            changes[member] = {key: value for key, value in merged.items() if key not in gone}
        return ctx.docs.update(TRIAL_COMPONENT, name, changes)


@sagemaker.operation
def delete_trial_component(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a component with its metrics and its places in trials."""
    with ctx.docs.transaction():
        component = ctx.docs.delete(TRIAL_COMPONENT, request["TrialComponentName"])
        name, arn = component["TrialComponentName"], component["TrialComponentArn"]
        ctx.store.experiments.forget(ctx.account, ctx.region, name, arn)
        ctx.store.lineage.forget(arn)
    return component


def _both(ctx: Context, request: dict[str, Any]) -> tuple[Document, Document]:
    """The trial and the component of a request. Raises AwsError when one is not there."""
    name = request["TrialComponentName"].rpartition("/")[2]
    return ctx.docs.get(TRIAL, request["TrialName"]), ctx.docs.get(TRIAL_COMPONENT, name)


@sagemaker.operation
def associate_trial_component(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Puts a component into a trial."""
    trial, component = _both(ctx, request)
    ctx.store.experiments.associate(
        ctx.account, ctx.region, trial["TrialName"], component["TrialComponentName"]
    )
    return {"TrialArn": trial["TrialArn"], "TrialComponentArn": component["TrialComponentArn"]}


@sagemaker.operation
def disassociate_trial_component(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Takes a component out of a trial."""
    trial, component = _both(ctx, request)
    ctx.store.experiments.disassociate(
        ctx.account, ctx.region, trial["TrialName"], component["TrialComponentName"]
    )
    return {"TrialArn": trial["TrialArn"], "TrialComponentArn": component["TrialComponentArn"]}
