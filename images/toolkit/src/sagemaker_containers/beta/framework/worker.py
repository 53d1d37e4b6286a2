"""The answer that an ``output_fn`` may give instead of a body."""

from __future__ import annotations


class Response:
    """A body and its content type; ``accept`` is the older name of ``mimetype``."""

    def __init__(
        self,
        response: bytes | str = b"",
        accept: str | None = None,
        mimetype: str | None = None,
        status: int = 200,
    ) -> None:
        self.response = response
        self.mimetype = mimetype or accept
        self.status_code = status
