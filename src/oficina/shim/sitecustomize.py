"""Sends to ``AWS_ENDPOINT_URL`` the calls of unmodified clients that ignore it.

``oficina env`` and every job put this folder on ``PYTHONPATH``, so that any Python runs this file when it
starts. It imports nothing of the client: it waits until the client imports the module in question.

- Both SageMaker SDKs name ``https://sts.<region>.amazonaws.com`` explicitly when they look up the account,
  the default bucket and the role (SDK v3 ``helper/session_helper.py``, SDK v2 ``session.py``).
- ``pyarrow.fs.S3FileSystem()`` does not read the variable, unlike ``FileSystem.from_uri``.

It also names the image whose NumPy and pandas read what a remote function of this client is given, and makes
pandas keep its strings as OFICINA_STRINGS says, where an image sets it.

Where another ``sitecustomize`` stands further down the path, it is run as well.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would cost every Python of the user milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_REMOTE_FUNCTION = ("sagemaker.remote_function", "sagemaker.core.remote_function")


class _AfterImport:
    """A finder that finds nothing by itself; it lets ``oficina_endpoints`` see a module after its import."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = set(names)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with a function behind its loader."""
        if name not in self._names:
            return None
        self._names.remove(name)
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if finder is self or find is None else find(name, path, target)
            if spec is not None:
                self._follow(spec)
                return spec
        return None

    @staticmethod
    def _follow(spec: ModuleSpec) -> None:
        loader = spec.loader
        assert loader is not None
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            if module.__name__ != spec.name:  # a loader may serve several modules
                execute(module)
                return
            del loader.exec_module  # the class's own is seen again
            execute(module)
            getattr(__import__("oficina_endpoints"), spec.name.replace(".", "_"))(module)

        loader.exec_module = exec_module  # type: ignore[method-assign]


def _chain() -> None:
    """Runs the ``sitecustomize`` that this one stands before."""
    own = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != own]
    # Taken where it is loaded already: importing importlib.machinery costs every Python a millisecond.
    spec = sys.modules["_frozen_importlib_external"].PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    from importlib.util import module_from_spec

    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


if "OFICINA_WARM" in os.environ:
    # A job of a warm pool, in which another Python has started already: see oficina_front.
    __import__("oficina_front").hand_over(os.environ["OFICINA_WARM"])
_names = ["botocore.session", "pyarrow.fs", *_REMOTE_FUNCTION]
sys.meta_path.insert(0, _AfterImport([*_names, "pandas"] if "OFICINA_STRINGS" in os.environ else _names))
_chain()
