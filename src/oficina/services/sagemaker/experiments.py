"""Experiments and their trials."""

from __future__ import annotations

from typing import Any

from oficina.engine.lineage.kinds import EXPERIMENT, TRIAL
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity
from oficina.store.documents import Query
from oficina.store.kinds import Document


@sagemaker.operation
def create_experiment(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an experiment."""
    document = {"DisplayName": request["ExperimentName"], **request, "CreatedBy": identity(ctx)}
    return ctx.docs.create(EXPERIMENT, document)


@sagemaker.operation
def describe_experiment(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An experiment."""
    return ctx.docs.get(EXPERIMENT, request["ExperimentName"])


@sagemaker.operation
def list_experiments(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The experiments, newest first."""
    page = ctx.docs.page(EXPERIMENT, request)
    return {"ExperimentSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def update_experiment(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes its display name and description."""
    return ctx.docs.update(
        EXPERIMENT, request["ExperimentName"], {**request, "LastModifiedBy": identity(ctx)}
    )


@sagemaker.operation
def delete_experiment(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets an experiment that has no trial."""
    with ctx.docs.transaction():
        ctx.docs.get(EXPERIMENT, request["ExperimentName"])
        if trials_of(ctx, request["ExperimentName"]):
            raise validation(f"Cannot delete experiment {request['ExperimentName']}: it still has trials.")
        return ctx.docs.delete(EXPERIMENT, request["ExperimentName"])


def trials_of(ctx: Context, experiment: str) -> list[Document]:
    """The trials of an experiment."""
    return [trial for trial in ctx.docs.all(TRIAL) if trial["ExperimentName"] == experiment]


@sagemaker.operation
def create_trial(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a trial of an experiment that is there."""
    ctx.docs.get(EXPERIMENT, request["ExperimentName"])
    document = {"DisplayName": request["TrialName"], **request, "CreatedBy": identity(ctx)}
    return ctx.docs.create(TRIAL, document)


@sagemaker.operation
def describe_trial(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A trial."""
    return ctx.docs.get(TRIAL, request["TrialName"])


@sagemaker.operation
def list_trials(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The trials, newest first; of an experiment, or those that hold a component."""
    query = Query()
    if "ExperimentName" in request:
        ctx.docs.get(EXPERIMENT, request["ExperimentName"])
        query.where.append(("json_extract(body, '$.ExperimentName')=?", (request["ExperimentName"],)))
    if "TrialComponentName" in request:
        names = ctx.store.experiments.trials(ctx.account, ctx.region, request["TrialComponentName"])
        query.where.append((f"name IN ({','.join('?' * len(names))})", tuple(names)))
    page = ctx.docs.page(TRIAL, request, query)
    return {"TrialSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def update_trial(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes its display name."""
    return ctx.docs.update(TRIAL, request["TrialName"], {**request, "LastModifiedBy": identity(ctx)})


@sagemaker.operation
def delete_trial(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a trial that holds no component."""
    name = request["TrialName"]
    with ctx.docs.transaction():
        ctx.docs.get(TRIAL, name)
        if ctx.store.experiments.components(ctx.account, ctx.region, name):
            raise validation(
                f"Cannot delete trial {name}: it still has trial components. Disassociate them first."
            )
        return ctx.docs.delete(TRIAL, name)
