"""A service is a list of operations; an operation is one function, named after AWS's operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from oficina.model import shapes
from oficina.services.context import Context

Answer = dict[str, Any] | None
Handler = Callable[[Context, dict[str, Any]], Answer]
Seed = Callable[[Context], None]

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """``CreateTrainingJob`` as ``create_training_job``, ``ListObjectsV2`` as ``list_objects_v2``."""
    return _WORDS.sub("_", name).lower()


class Service:
    """One AWS API: botocore's name of it, how its requests are told, and its operations."""

    def __init__(
        self,
        name: str,
        *,
        scopes: tuple[str, ...],
        target: str | None = None,
        protocol: str,
        validation_code: str | None = "ValidationException",
        unknown_code: str = "UnknownOperationException",
        unknown_sentence: str = "",
        omits: frozenset[tuple[str, str]] = frozenset(),
        query_codes: Mapping[str, str] | None = None,
        model: Callable[[str], shapes.Model] = shapes.load,
        query_model: Callable[[str], shapes.Model] = shapes.load,
    ) -> None:
        self.name = name
        self.scopes = scopes
        """The service names in a signature's credential scope."""
        self.target = target
        """The prefix of ``X-Amz-Target``, for the JSON protocols."""
        self.protocol = protocol
        """``json``, ``rest-json``, ``query`` or ``rest-xml``."""
        self.validation_code = validation_code
        """The code of a request that its shape refuses; None when the service does not check by shape."""
        self.unknown_code = unknown_code
        """The code for an operation that is not there."""
        self.unknown_sentence = unknown_sentence
        """What is said of an action that AWS has not either, where oficina says it in AWS's words."""
        self.omits = omits
        """Operations with members of their answers that the model requires and AWS itself leaves out."""
        self.query_codes = query_codes or {}
        """Codes that clients know from the time when a service spoke query, by today's."""
        self._model = model
        self._query_model = query_model
        self.handlers: dict[str, Handler] = {}
        self._beside: dict[str, Handler] = {}
        self.seeds: list[Seed] = []

    def operation(self, handler: Handler) -> Handler:
        """Registers a function as the operation of its name."""
        self.handlers[handler.__name__] = handler
        return handler

    def beside(self, handler: Handler) -> Handler:
        """Registers an operation that AWS has but botocore's model has not."""
        self._beside[handler.__name__] = handler
        return handler

    def seed(self, function: Seed) -> Seed:
        """Registers what a new account and region begin with."""
        self.seeds.append(function)
        return function

    @cached_property
    def model(self) -> shapes.Model:
        """AWS's model of the service. Raises LookupError when a function is named after no operation."""
        model = self._model(self.name)
        strays = set(self.handlers) - {snake(name) for name in model.operation_names}
        if strays:
            raise LookupError(f"{self.name} has no operation named {sorted(strays)}")
        return model

    @cached_property
    def query_model(self) -> shapes.Model:
        """The model as the query protocol spells it, where a client speaks that to a service of JSON."""
        return self._query_model(self.name)

    def handler(self, operation: str) -> Handler | None:
        """The function of an operation by AWS's name, None when it is not there yet."""
        name = snake(operation)
        return self.handlers.get(name) or self._beside.get(name)
