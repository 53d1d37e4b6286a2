"""Selective executions: which steps run again, and which are taken over from an earlier execution.

Facts: developer guide, "Selective execution of pipeline steps": what stands between two selected steps must
be selected too, what they need is reused, and what comes after them does not run.
"""

from __future__ import annotations

from oficina.engine.pipelines.definition import Definition, before, own_steps
from oficina.engine.pipelines.kinds import ENDED
from oficina.errors import validation
from oficina.store.kinds import Document


def reused(definition: Definition, selected: set[str]) -> set[str]:
    """The steps that are not selected and that selected ones come after. Raises AwsError."""
    strangers = sorted(selected - set(definition.steps))
    if strangers:
        raise validation(f"SelectedSteps has steps that the pipeline does not have: {strangers}.")
    needs = {name: before(definition, step) for name, step in definition.steps.items()}
    earlier = _reachable(needs, selected) - selected
    between = sorted(name for name in earlier if _reachable(needs, {name}) & selected)
    if between:
        raise validation(
            f"SelectedSteps must have every step between two of them: {', '.join(between)} is missing."
        )
    return earlier


def _reachable(needs: dict[str, set[str]], start: set[str]) -> set[str]:
    """Everything that has to come before some steps, themselves left out unless they need each other."""
    found: set[str] = set()
    left = [need for name in start for need in needs[name]]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += needs[name]
    return found


def check_source(
    definition: Definition, selected: set[str], source: Document | None, succeeded: set[str]
) -> None:
    """That each selected step finds what it refers to in the source. Raises AwsError."""
    if source is not None and source["PipelineExecutionStatus"] not in ("Succeeded", "Failed"):
        state = "has not ended" if source["PipelineExecutionStatus"] not in ENDED else "was stopped"
        raise validation(
            f"The source of a selective execution must be Succeeded or Failed; "
            f"{source['PipelineExecutionArn']} {state}."
        )
    for name in sorted(selected):
        for need in sorted(own_steps(definition.steps[name]) - selected):
            if source is None:
                raise validation(
                    f"SourcePipelineExecutionArn is required: the selected step {name} refers to {need}, "
                    "which is not selected."
                )
            if need not in succeeded:
                raise validation(
                    f"The selected step {name} refers to {need}, which is not selected and did not "
                    f"succeed in {source['PipelineExecutionArn']}."
                )
