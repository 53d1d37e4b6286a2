"""Why a step of an execution was, or was not, taken from the cache; in a sentence."""

from __future__ import annotations

from oficina.engine.pipelines import caching
from oficina.engine.pipelines.definition import parse
from oficina.store.kinds import Document
from oficina.store.store import Store


def explain(store: Store, execution: Document, step: str) -> str:
    """What the rows say of one step of an execution (its document)."""
    arn = str(execution["PipelineExecutionArn"])
    declared = parse(execution["_definition"]).steps.get(step)
    if declared is None:
        return f"The pipeline has no step {step}."
    body = next((each for each in store.steps.all(arn) if each["StepName"] == step), None)
    if body is None:
        return f"Step {step} was not begun in this execution."
    if "CacheHitResult" in body:
        source = body["CacheHitResult"]["SourcePipelineExecutionArn"]
        return f"Step {step} was a hit: it was taken from {source}."
    if not caching.cacheable(declared.body, declared.type):
        return f"Step {step} is not cached: CacheConfig is not enabled, or its type has no cache."
    if "_cache_parts" not in body:
        return f"Step {step} failed before its arguments were known."
    earlier = [
        each
        for each in store.steps.keys_of(str(execution["PipelineArn"]), step)
        if each["EndTime"] <= body["StartTime"]
    ]
    oldest = caching.since(declared.body, body["StartTime"])
    return caching.why(declared.type, body["_cache_parts"], earlier, oldest)
