"""pip's patience with a package index that is slow, or whose answer breaks off.

pip asks again by itself where nothing was answered, or that the index is busy, and goes on with a package of
which it has a part. But a page of the index that breaks off ends it, and 15 seconds are little for an index
that fetches a large package itself before it sends the first byte.
"""

from __future__ import annotations

import time
from typing import Any

SECONDS = 180.0
"""How long the index may be silent, unless the command, a variable or a file of settings says otherwise."""
TRIES = 5


def be_patient() -> None:
    """Give pip, which is about to run in this process, more patience than it has by itself."""
    from pip._internal.cli import cmdoptions
    from pip._internal.network.session import PipSession
    from pip._vendor.requests import exceptions
    from pip._vendor.urllib3.exceptions import ReadTimeoutError

    option: Any = cmdoptions.timeout
    option.keywords["default"] = SECONDS
    send = PipSession.send
    if send.__module__ == __name__:
        return  # a program runs pip within itself, not for the first time

    def patient(session: PipSession, request: Any, **how: Any) -> Any:
        """Sends a request again whose answer broke off; where none came, pip itself has tried enough."""
        for left in reversed(range(TRIES)):
            try:
                return send(session, request, **how)
            except (exceptions.ChunkedEncodingError, exceptions.ConnectionError) as error:
                begun = isinstance(error, exceptions.ChunkedEncodingError)
                if not left or not (begun or isinstance(error.args[0], ReadTimeoutError)):
                    raise
                print(f"{request.url} broke off; asking again")
                time.sleep(TRIES - left)
        raise AssertionError("the last try answers or raises")

    PipSession.send = patient  # type: ignore[method-assign]
