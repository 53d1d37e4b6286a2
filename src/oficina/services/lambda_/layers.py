"""Layers: archives that functions find in /opt, versions of them, and which functions may have."""

from __future__ import annotations

from typing import Any

from oficina import arns
from oficina.engine.functions import code
from oficina.engine.functions.kinds import LAYER, LAYER_VERSION
from oficina.services.context import Context
from oficina.services.lambda_ import archives
from oficina.services.lambda_.api import lambda_
from oficina.services.lambda_.names import bad
from oficina.services.lambda_.pages import page
from oficina.services.lambda_.revisions import now, shown
from oficina.store.kinds import Document

MOST_LAYERS = 5
"""How many layers a function may have (Lambda quotas)."""


@lambda_.operation
def publish_layer_version(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an archive as the next version of a layer."""
    name = _name(ctx, request.pop("LayerName"))
    kept = archives.kept(ctx, request.pop("Content"))
    content = {"CodeSha256": kept.sha256, "CodeSize": kept.size}
    with ctx.docs.transaction():
        layer = ctx.docs.find(LAYER, name) or ctx.docs.create(LAYER, {"LayerName": name, "_last": 0})
        number = layer["_last"] + 1
        ctx.docs.update(LAYER, name, {"_last": number})
        mine = {"LayerArn": layer["LayerArn"], "Version": number, "CreatedDate": now(ctx)}
        document = {"Description": ""} | request | mine | {"Content": content, "_code": kept.digest}
        made = ctx.docs.create(LAYER_VERSION, document, name=str(number), parent=name)
    return _located(ctx, made)


def _located(ctx: Context, layer: Document) -> Document:
    """A version as it is told alone: with where its archive can be fetched."""
    content = layer["Content"] | archives.location(ctx, layer["_code"])
    return shown(layer) | {"Content": content}


def _name(ctx: Context, given: str) -> str:
    """The name in a name or an ARN. Raises AwsError for a layer of another account or region."""
    parts = arns.parse(given)
    if parts is None:
        return given
    name = parts.resource.split(":")[1]
    if given != ctx.docs.arn(LAYER, name):
        raise LAYER_VERSION.not_found(name, given)
    return name


@lambda_.operation
def get_layer_version(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A version of a layer, and where its archive can be fetched."""
    name = _name(ctx, request["LayerName"])
    return _located(ctx, ctx.docs.get(LAYER_VERSION, str(request["VersionNumber"]), name))


@lambda_.operation
def get_layer_version_by_arn(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A version of a layer by its ARN."""
    found = ctx.docs.find_arn(request["Arn"])
    if found is None or "LayerVersionArn" not in found:
        raise LAYER_VERSION.not_found("", request["Arn"])
    return _located(ctx, found)


@lambda_.operation
def list_layer_versions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The versions of a layer, newest first."""
    told, marker = page(_matching(ctx, _name(ctx, request["LayerName"]), request), request)
    return {"LayerVersions": told, "NextMarker": marker}


def _matching(ctx: Context, name: str, request: Document) -> list[Document]:
    """The versions that fit what a request asks of their compatibility, newest first."""
    runtime, machine = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
    return [
        shown(each)
        for each in reversed(ctx.docs.all(LAYER_VERSION, name))
        if runtime in (None, *each.get("CompatibleRuntimes", ()))
        and machine in (None, *each.get("CompatibleArchitectures", ()))
    ]


@lambda_.operation
def list_layers(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The layers by name, each with its newest version that fits."""
    layers = sorted(ctx.docs.all(LAYER), key=lambda layer: str(layer["LayerName"]))
    fitting = [(layer, _matching(ctx, layer["LayerName"], request)) for layer in layers]
    found = [shown(layer) | {"LatestMatchingVersion": found[0]} for layer, found in fitting if found]
    told, marker = page(found, request)
    return {"Layers": told, "NextMarker": marker}


@lambda_.operation
def delete_layer_version(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a version of a layer; functions that have it keep it."""
    name, number = _name(ctx, request["LayerName"]), str(request["VersionNumber"])
    if ctx.docs.find(LAYER_VERSION, number, name) is not None:
        ctx.docs.delete(LAYER_VERSION, number, name)


def of_function(ctx: Context, asked: list[str], digest: str) -> Document:
    """The members of a function that has layers (by ARN) beside the code of a digest. Raises AwsError."""
    if not asked:
        return {"Layers": None, "_layers": None}
    if len(asked) > MOST_LAYERS:
        raise bad(f"Cannot reference more than {MOST_LAYERS} layers.")
    found = [ctx.docs.find_arn(arn) for arn in asked]
    for arn, layer in zip(asked, found, strict=True):
        if layer is None or "LayerVersionArn" not in layer:
            raise bad(
                f"Layer version {arn} does not exist. oficina has the layers that were published here: see "
                "PublishLayerVersion."
            )
    layers = [layer for layer in found if layer is not None]
    digests = [layer["_code"] for layer in layers]
    if sum(code.unpacked_size(ctx.store, each) for each in {digest, *digests}) > code.MOST_BYTES:
        raise bad(f"Function code and layers consume more than the available size of {code.MOST_BYTES} bytes")
    told = [{"Arn": each["LayerVersionArn"], "CodeSize": each["Content"]["CodeSize"]} for each in layers]
    return {"Layers": told, "_layers": digests}
