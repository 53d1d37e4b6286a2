"""Prints docs/reference/operations.md: every operation that oficina has, by API."""

from __future__ import annotations

from oficina.services import catalog
from oficina.services.service import Service

HEAD = """# Operations

What oficina has of each API.
What is not here answers with an error that names the operation, and does nothing.
This page is made by `make operations`; a test compares it with the code.

| API | operations | of AWS's |
|---|---|---|"""


def page() -> str:
    """The whole page."""
    services = [service for _, service in sorted(catalog.services().items())]
    return "\n".join([HEAD, *map(_row, services), *map(_section, services), ""])


def _row(service: Service) -> str:
    return f"| [{service.name}](#{service.name}) | {len(_there(service))} | {len(_all(service))} |"


def _section(service: Service) -> str:
    return "\n".join([f"\n## {service.name}\n", *(f"- {name}" for name in _there(service))])


def _all(service: Service) -> list[str]:
    return sorted(service.model.operation_names)


def _there(service: Service) -> list[str]:
    return [name for name in _all(service) if service.handler(name) is not None]


if __name__ == "__main__":
    print(page(), end="")
