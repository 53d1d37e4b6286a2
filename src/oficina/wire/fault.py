"""How an error is named on the wire: the model has a name, a code and a status for many."""

from __future__ import annotations

from typing import NamedTuple

from oficina.errors import AwsError
from oficina.wire.exchange import Exchange


class Fault(NamedTuple):
    """An error in the model's words."""

    name: str
    """The name of its shape, for the JSON protocols: ``InvalidParameterValueException``."""
    code: str
    """Its code, for the XML protocols and query-compatible clients: ``InvalidParameterValue``."""
    status: int
    side: str
    """``Sender`` or ``Receiver``: whose mistake it is."""

    @classmethod
    def of(cls, exchange: Exchange, failure: AwsError) -> Fault:
        """What the model of the service says of an error; where it says nothing, the error itself."""
        shape = exchange.service.model.error(failure.code) if exchange.service else None
        known = shape.traits.get("error", {}) if shape else {}
        status = known.get("httpStatusCode", 400) if failure.status == 400 else failure.status
        return cls(
            name=shape.name if shape else failure.code,
            code=known.get("code", failure.code),
            status=status,
            side="Sender" if status < 500 else "Receiver",
        )
