"""A model made of the user's functions, with the defaults of AWS's containers for those that are not there.

    model_fn(model_dir) → model                        required
    input_fn(body, content_type) → data                default: CSV, JSON, NPY to numpy
    predict_fn(data, model) → prediction               default: model.predict(data)
    output_fn(prediction, accept) → body               default: CSV, JSON, NPY from numpy
    transform_fn(model, body, content_type, accept)    in place of the three above
    execution_parameters_fn() → dict                   what batch transform is told

As in AWS's toolkits the body is text for CSV and JSON, else bytes; an answer may be the body, a pair of body
and content type, or a response object; an iterator goes out piece by piece. ``model_fn`` may take a second
argument, the context (aws/sagemaker-scikit-learn-container, aws/sagemaker-inference-toolkit).
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import source
from .server import Refused, Request, Response, default_execution_parameters

JSON, CSV, ANY = "application/json", "text/csv", "*/*"
TEXT = (JSON, CSV)


class HooksError(Exception):
    """The user's functions do not go together."""


class UserModel:
    """The user's module as a model of the server."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        if self._has("transform_fn") and any(map(self._has, ("input_fn", "predict_fn", "output_fn"))):
            raise HooksError(
                "Cannot use transform_fn implementation in conjunction with "
                "input_fn, predict_fn, and/or output_fn implementation"
            )
        if not self._has("model_fn"):
            raise HooksError(f"Please provide a model_fn implementation in {source.program()}.")
        self.model = self._call_model_fn(module.model_fn)
        self.transform: Callable[..., Any] = getattr(module, "transform_fn", self._in_three_steps)

    def invoke(self, request: Request) -> Response:
        """Answer one request."""
        content_type = request.content_type or JSON
        accept = request.accept
        if not accept or accept == ANY:
            accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or JSON
        body: bytes | str = request.body
        if plain(content_type) in TEXT:
            body = request.body.decode("utf-8")
        return _response(self.transform(self.model, body, content_type, accept), accept)

    def execution_parameters(self) -> dict[str, Any]:
        """The user's own, or what the containers say without."""
        if self._has("execution_parameters_fn"):
            told: dict[str, Any] = self.module.execution_parameters_fn()
            return told
        return default_execution_parameters("SINGLE_RECORD")

    def _has(self, name: str) -> bool:
        return hasattr(self.module, name)

    def _call_model_fn(self, model_fn: Callable[..., Any]) -> Any:
        wanted = [
            each
            for each in inspect.signature(model_fn).parameters.values()
            if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        ]
        context = (None,) if len(wanted) > 1 and wanted[1].name == "context" else ()
        return model_fn(str(source.model_folder()), *context)

    def _in_three_steps(self, model: Any, body: bytes | str, content_type: str, accept: str) -> Any:
        input_fn = getattr(self.module, "input_fn", default_input)
        predict_fn = getattr(self.module, "predict_fn", default_predict)
        output_fn = getattr(self.module, "output_fn", default_output)
        with _refusing(415):
            data = input_fn(body, content_type)
        prediction = predict_fn(data, model)
        with _refusing(406):
            return output_fn(prediction, accept)


class _refusing:
    """Turns the toolkits' UnsupportedFormatError, ours or one of AWS's packages', into an answer."""

    def __init__(self, status: int) -> None:
        self.status = status

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: Any) -> None:
        if error is not None and type(error).__name__ == "UnsupportedFormatError":
            raise Refused(self.status, str(error)) from error


def plain(content_type: str) -> str:
    """A content type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def default_input(body: bytes | str, content_type: str) -> Any:
    """What the request holds, as an array; text becomes float32."""
    import numpy
    from sagemaker_inference import decoder

    array = decoder.decode(body, plain(content_type))
    return array.astype(numpy.float32) if plain(content_type) in TEXT else array


def default_predict(data: Any, model: Any) -> Any:
    """The model's own ``predict``."""
    return model.predict(data)


def default_output(prediction: Any, accept: str) -> Any:
    """The prediction in the first of the accepted types that there is an encoder for."""
    from sagemaker_inference import encoder, errors

    for kind in map(plain, accept.split(",")):
        kind = JSON if kind == ANY else kind
        if kind in encoder.SUPPORTED_CONTENT_TYPES:
            return encoder.encode(prediction, kind), kind
    raise errors.UnsupportedFormatError(accept)


def _response(result: Any, accept: str) -> Response:
    if isinstance(result, Response):
        return result
    if isinstance(result, tuple) and len(result) == 2:
        return Response(result[0], result[1])
    if hasattr(result, "mimetype") and hasattr(result, "response"):
        # Flask's and sagemaker_containers' responses.
        body = result.response
        whole = body if isinstance(body, (bytes, str)) else b"".join(map(_as_bytes, body))
        return Response(whole, result.mimetype or accept, int(getattr(result, "status_code", None) or 200))
    if isinstance(result, (bytearray, memoryview)):
        return Response(bytes(result), accept)
    if isinstance(result, (bytes, str)) or hasattr(result, "__next__"):
        return Response(result, accept)
    if result is None:
        return Response(b"", accept)
    body, kind = default_output(result, accept)
    return Response(body, kind)


def _as_bytes(piece: bytes | str) -> bytes:
    return piece.encode("utf-8") if isinstance(piece, str) else bytes(piece)
