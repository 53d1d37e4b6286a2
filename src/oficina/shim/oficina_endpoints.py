"""What ``sitecustomize`` does to a client's module right after its import."""

from __future__ import annotations

import functools
import os

TYPE_CHECKING = False  # importing typing would cost every Python of the user milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".app.aws")


def _here() -> str | None:
    """The server's address, or None when this process should talk to AWS."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    return os.environ.get("AWS_ENDPOINT_URL")


def _is_aws(url: object) -> bool:
    if not isinstance(url, str):
        return False
    host = url.partition("://")[2].partition("/")[0].partition(":")[0]
    return host.endswith(_AWS)


def botocore_session(module: ModuleType) -> None:
    """Drops an explicit AWS address, so that botocore's own rules choose one."""
    create_client = module.Session.create_client
    position = 5  # of endpoint_url after the service's name, the same since botocore 1.0

    @functools.wraps(create_client)
    def create(self: Any, *args: Any, **kwargs: Any) -> Any:
        if _here():
            if _is_aws(kwargs.get("endpoint_url")):
                kwargs["endpoint_url"] = None
            if len(args) > position and _is_aws(args[position]):
                args = (*args[:position], None, *args[position + 1 :])
        return create_client(self, *args, **kwargs)

    module.Session.create_client = create


def pyarrow_fs(module: ModuleType) -> None:
    """Gives the constructor its endpoint; what pyarrow makes itself stays an instance of the class."""
    original: Any = getattr(module, "S3FileSystem", None)
    if original is None:  # a pyarrow built without S3
        return

    class Seen(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, original)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, original)

    class S3FileSystem(original, metaclass=Seen):  # type: ignore[misc]
        __doc__ = original.__doc__

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            url = os.environ.get("AWS_ENDPOINT_URL_S3") or _here()
            if url and not kwargs.get("endpoint_override"):
                scheme, _, host = url.rpartition("://")
                kwargs["endpoint_override"] = host.rstrip("/")
                kwargs["scheme"] = kwargs.get("scheme") or scheme or "http"
            super().__init__(*args, **kwargs)

    module.S3FileSystem = S3FileSystem  # type: ignore[attr-defined]
