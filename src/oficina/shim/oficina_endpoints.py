"""What ``sitecustomize`` does to a client's module right after its import."""

from __future__ import annotations

import functools
import os

TYPE_CHECKING = False  # importing typing would cost every Python of the user milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".app.aws")
_IMAGE = "SAGEMAKER_INTERNAL_IMAGE_URI"


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


def pandas(module: ModuleType) -> None:
    """Sets how strings are kept: ``python`` is read by every client, ``pyarrow`` by those that have it."""
    module.set_option("mode.string_storage", os.environ["OFICINA_STRINGS"])


def sagemaker_remote_function(_module: ModuleType) -> None:
    """Chooses the image of SDK v2's functions."""
    _choose_image("2.0")


def sagemaker_core_remote_function(_module: ModuleType) -> None:
    """Chooses the image of SDK v3's functions."""
    _choose_image("3.0")


def _choose_image(tag: str) -> None:
    """Names the tag whose NumPy and pandas read this client's arrays and frames.

    The image is that of ``oficina env``, which has no tag; one that somebody else named stays.
    """
    image = os.environ.get(_IMAGE, "")
    if not image.endswith("/sagemaker-distribution-prod"):
        return
    if _major("pandas") >= 3:
        os.environ[_IMAGE] = f"{image}:{tag}-pandas3"
    elif _major("numpy") >= 2:
        os.environ[_IMAGE] = f"{image}:{tag}-numpy2"


def _major(name: str) -> int:
    """The major version of an installed distribution; 0 when there is none, or one that tells no number."""
    from importlib import metadata

    try:
        return int(metadata.version(name).partition(".")[0])
    except (metadata.PackageNotFoundError, ValueError):
        return 0
