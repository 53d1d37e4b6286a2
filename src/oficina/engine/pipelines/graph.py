"""What each step of an execution still waits for; what is ready, and what will never run.

A step costs the same in a graph of fifty and of a thousand: each dependency is looked at once.
"""

from __future__ import annotations

from collections import deque

from oficina.engine.pipelines.definition import Definition, Step, before


class Graph:
    """The steps of a definition, less what has ended."""

    def __init__(self, definition: Definition) -> None:
        self.ready: deque[str] = deque()
        """Steps that wait for nobody any more."""
        self.skipped: set[str] = set()
        """Steps that will not run in this execution."""
        self._inside: dict[str, list[Step]] = {}
        self._waiting: dict[str, set[str]] = {}
        self._dependents: dict[str, list[str]] = {}
        for name, step in definition.steps.items():
            self._waiting[name] = needs = before(definition, step)
            if step.parent is not None:
                self._inside.setdefault(step.parent, []).append(step)
            for need in needs:
                self._dependents.setdefault(need, []).append(name)
            if not needs:
                self.ready.append(name)

    def leave_out(self, name: str) -> None:
        """A step does not run, and nobody waits for it (selective executions)."""
        self.skipped.add(name)
        self.release(name)

    def decided(self, name: str, outcome: bool) -> None:
        """A condition has its outcome: the steps of the other branch are out."""
        for inner in self._inside.get(name, ()):
            if inner.branch != outcome:
                self._skip(inner.name)

    def release(self, name: str) -> None:
        """A step has succeeded: those that waited for it alone are ready."""
        for dependent in self._dependents.get(name, ()):
            self._waiting[dependent].discard(name)
            if not self._waiting[dependent] and dependent not in self.skipped:
                self.ready.append(dependent)

    def _skip(self, name: str) -> None:
        """A step that will never run takes along what waits for it and what stands inside it."""
        left = [name]
        while left:
            name = left.pop()
            if name not in self.skipped:
                self.skipped.add(name)
                left += self._dependents.get(name, ())
