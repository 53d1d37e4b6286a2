"""Whether an earlier execution's step stands for one that begins."""

from __future__ import annotations

from oficina.engine.pipelines import caching
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.execution import Execution
from oficina.store.kinds import Document


def take(execution: Execution, step: Step, body: Document, given: Document) -> Document | None:
    """The properties of the earlier step, whose metadata the row gets too; None when the step has to run."""
    if not caching.cacheable(step.body, step.type):
        return None
    body["_cache_key"] = key = caching.fingerprint(step.type, given)
    body["_cache_parts"] = caching.parts(step.type, given)
    oldest = caching.since(step.body, execution.now)
    found = execution.engine.store.steps.cached(execution.pipeline_arn, step.name, key, oldest)
    if found is None:
        return None
    source, earlier = found
    first = earlier.get("CacheHitResult", {}).get("SourcePipelineExecutionArn", source)
    body |= {
        "CacheHitResult": {"SourcePipelineExecutionArn": first},
        "Metadata": earlier.get("Metadata"),
        "_name": earlier.get("_name"),
    }
    properties: Document = earlier["_properties"]
    return properties
