"""Named points at which a test may kill the supervisor."""

import os
import signal


def point(name: str) -> None:
    """Die here by SIGKILL when OFICINA_CHAOS names this point.

    The points are cloned, taken, mounted, started, ended and packaged.
    """
    if os.environ.get("OFICINA_CHAOS") == name:
        os.kill(os.getpid(), signal.SIGKILL)
