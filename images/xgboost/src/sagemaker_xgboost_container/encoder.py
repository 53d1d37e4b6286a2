"""Request bodies as DMatrix for scripts' `input_fn`: `decode` and one function per format."""

from typing import Any

from xgboost_image import requests
from xgboost_image.library import lean_xgboost


def decode(obj: bytes | str, content_type: str) -> Any:
    """The rows of a body as a DMatrix."""
    body = obj.encode() if isinstance(obj, str) else obj
    return lean_xgboost().DMatrix(requests.read(body, content_type).table)


def csv_to_dmatrix(input: bytes | str, dtype: Any = None) -> Any:  # the name that callers use
    """CSV rows of features as a DMatrix; an empty cell is missing."""
    del dtype
    return decode(input, "text/csv")


def libsvm_to_dmatrix(string_like: bytes | str) -> Any:
    """libsvm rows as a DMatrix."""
    return decode(string_like, "text/libsvm")


def recordio_protobuf_to_dmatrix(string_like: bytes) -> Any:
    """RecordIO-protobuf rows as a DMatrix."""
    return decode(string_like, "application/x-recordio-protobuf")
