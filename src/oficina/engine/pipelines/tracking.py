"""The MLflow configuration of an execution, as Describe shows it.

SDK v3 gives it (``Pipeline(mlflow_config=…)``), and may give another experiment to each execution.
oficina keeps and tells it; it logs nothing to MLflow by itself.
"""

from __future__ import annotations

from typing import NoReturn

from oficina.engine.pipelines.definition import Definition
from oficina.engine.pipelines.expressions import ExpressionFailed, World, resolve, text
from oficina.errors import validation
from oficina.store.kinds import Document


def configured(
    definition: Definition, values: Document, variables: Document, experiment: str | None
) -> Document | None:
    """What an execution with these parameters is configured for. Raises AwsError."""
    given = definition.raw.get("MlflowConfig")
    if not given:
        return None
    world = World(values, variables, _nothing, _nothing, _nothing)
    try:
        found = {key: text(resolve(value, world)) for key, value in given.items() if value is not None}
    except ExpressionFailed as error:
        raise validation(f"MlflowConfig: {error}") from error
    return {**found, "MlflowExperimentName": experiment} if experiment else found


def _nothing(*_: str) -> NoReturn:
    raise ExpressionFailed("Before an execution begins there are no steps.")
