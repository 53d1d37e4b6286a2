"""Lineage steps: they make entities of lineage and tie them together, all of it or nothing.

What the step has and gives is told by SDK v3 (``LineageStep``) and botocore (``LineageMetadata``).
"""

from __future__ import annotations

from typing import Any

from oficina.chaos import point
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.work import StepFailed
from oficina.store.kinds import Document

KINDS = ("Action", "Artifact", "Context")


class Records:
    """The work of Lineage steps."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def begin(self, step: Step, body: Document) -> Document | None:
        """Makes everything in one transaction, unless an earlier server did."""
        made: Document | None = body.get("_recorded")
        if made is None:
            given = self._execution.resolve(step.arguments)
            with self._execution.docs.transaction():
                made = self._make(given)
                self._execution.keep(body | {"_recorded": made, "Metadata": {"Lineage": made}})
            point("lineage-recorded")
        body |= {"_recorded": made, "Metadata": {"Lineage": made}}
        return made

    def look(self, step: Step, body: Document) -> Document | None:
        """After a crash: as if it began."""
        return self.begin(step, body)

    def stop(self, step: Step, body: Document) -> None:
        """There is nothing to stop."""

    def _make(self, given: Document) -> Document:
        made: Document = {}
        for kind in KINDS:
            arns = made.setdefault(f"{kind}Arns", {})
            for request in given.get(f"{kind}s") or []:
                arn = self._execution.call(f"Create{kind}", request)[f"{kind}Arn"]
                arns[str(request.get(f"{kind}Name", arn))] = arn
        made["Associations"] = [self._tie(each, made) for each in given.get("Associations") or []]
        return made

    def _tie(self, given: Document, made: Document) -> Document:
        ends = {f"{side}Arn": _arn(given.get(side) or {}, made) for side in ("Source", "Destination")}
        kind = {"AssociationType": given["AssociationType"]} if given.get("AssociationType") else {}
        self._execution.call("AddAssociation", {**ends, **kind})
        return ends


def _arn(end: Document, made: Document) -> Any:
    """An end of an association: an ARN, or the name and type of what the step has made."""
    if end.get("Arn"):
        return end["Arn"]
    kind, name = end.get("Type"), end.get("Name")
    found = made.get(f"{kind}Arns", {}).get(name)
    if found is None:
        raise StepFailed(f"ClientError: The step made no {kind} named {name}, which an association names.")
    return found
