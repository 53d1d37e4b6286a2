"""What CreateHyperParameterTuningJob fills in where Autotune is enabled."""

from __future__ import annotations

from oficina.engine.tuning.autotune import auto_ranges
from oficina.errors import validation
from oficina.runners.images import Catalog, ImageError
from oficina.services.context import Context
from oficina.services.sagemaker.jobs import default
from oficina.store.kinds import Document

MOST_TRIALS = 20
"""Trials of a request that names no number (decision 0122)."""


def autotuned(ctx: Context, request: Document) -> Document:
    """The request with ranges for its AutoParameters, and with the settings that it leaves to Autotune."""
    enabled = request.get("Autotune", {}).get("Mode") == "Enabled"
    config = {**request["HyperParameterTuningJobConfig"]}
    found = {**request, "HyperParameterTuningJobConfig": config}
    if "TrainingJobDefinition" in request:
        definition = {**request["TrainingJobDefinition"]}
        holder = definition if "HyperParameterRanges" in definition else config
        member = "HyperParameterRanges" if holder is definition else "ParameterRanges"
        holder[member] = _ranges(ctx, definition, holder.get(member, {}), enabled)
        found["TrainingJobDefinition"] = definition
    if "TrainingJobDefinitions" in request:
        found["TrainingJobDefinitions"] = [
            {
                **each,
                "HyperParameterRanges": _ranges(ctx, each, each.get("HyperParameterRanges", {}), enabled),
            }
            for each in request["TrainingJobDefinitions"]
        ]
    if enabled:
        _settings(config)
    return found


def _settings(config: Document) -> None:
    limits = {**config["ResourceLimits"]}
    if config["Strategy"] != "Grid":
        default(limits, MaxNumberOfTrainingJobs=max(MOST_TRIALS, limits["MaxParallelTrainingJobs"]))
    criteria = {**config.get("TuningJobCompletionCriteria", {})}
    default(criteria, ConvergenceDetected={"CompleteOnConvergence": "Enabled"})
    config |= {"ResourceLimits": limits, "TuningJobCompletionCriteria": criteria}
    default(config, TrainingJobEarlyStoppingType="Off" if config["Strategy"] == "Hyperband" else "Auto")


def _ranges(ctx: Context, definition: Document, ranges: Document, enabled: bool) -> Document:
    """The ranges of one definition; those that Autotune has chosen stand beside the AutoParameters."""
    hints = {each["Name"]: each["ValueHint"] for each in ranges.get("AutoParameters", ())}
    if not enabled:
        if hints:
            names = ", ".join(hints)
            raise validation(f"AutoParameters ({names}) require Autotune with the Mode Enabled.")
        return ranges
    given = {member: each for member, each in ranges.items() if member != "AutoParameters"}
    named = {one["Name"] for each in given.values() for one in each}
    twice = ", ".join(sorted(named & hints.keys()))
    if twice:
        raise validation(f"Parameter {twice} can't be both an AutoParameter and have a range.")
    settled = named | definition.get("StaticHyperParameters", {}).keys()
    chosen = auto_ranges(hints, _known(ctx, definition, settled | hints.keys()), settled)
    merged = {member: [*given.get(member, ()), *chosen.get(member, ())] for member in {**given, **chosen}}
    return {**ranges, **merged}


def _known(ctx: Context, definition: Document, names: set[str]) -> Document:
    """The ranges that an algorithm's image brings; none where a program of the user's own runs in it."""
    if "sagemaker_program" in names:
        return {}
    try:
        image = Catalog(ctx.config).resolve(definition["AlgorithmSpecification"].get("TrainingImage", ""))
    except ImageError:
        return {}
    return dict(image.tunable_ranges)
