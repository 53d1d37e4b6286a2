"""The user's training program, with the reason of its failure kept for the job's FailureReason.

``sagemaker-training`` calls ``run`` as the framework's module. Of a program that fails it would tell no more
than the exit code; the last error on its standard error is filled in, as AWS's newer containers do.
"""

from __future__ import annotations

import os
import re
import threading
from types import TracebackType

from sagemaker_training import entry_point, environment, errors

from . import storage

_ERROR = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit)\b.*", re.MULTILINE)
_KEPT = 8192


def run() -> None:
    """Fetch the source, install its requirements, run the program."""
    told = environment.Environment()
    storage.use()
    with Tail() as tail:
        try:
            entry_point.run(told.module_dir, told.user_entry_point, told.to_cmd_args(), told.to_env_vars())
        except errors.ExecuteUserScriptError as error:
            error.output = error.output or tail.reason()
            raise


class Tail:
    """Passes standard error on and remembers its end."""

    def __enter__(self) -> Tail:
        self.kept = b""
        self.original = os.dup(2)
        reading, writing = os.pipe()
        os.dup2(writing, 2)
        os.close(writing)
        self.reading = reading
        self.thread = threading.Thread(target=self._pass_on, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def reason(self) -> str:
        """The last error that was printed, else the last line."""
        self._close()
        text = self.kept.decode("utf-8", "replace").strip()
        found = list(_ERROR.finditer(text))
        return text[found[-1].start() :] if found else text.rpartition("\n")[2]

    def _close(self) -> None:
        if self.original >= 0:
            os.dup2(self.original, 2)
            # A process that the program left behind may hold the pipe for ever.
            self.thread.join(1)
            self.original = -1

    def _pass_on(self) -> None:
        end = os.dup(self.original)
        while piece := os.read(self.reading, 65536):
            self.kept = (self.kept + piece)[-_KEPT:]
            while piece:
                piece = piece[os.write(end, piece) :]
