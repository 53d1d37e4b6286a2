"""PostObject: an upload by a browser's form, or by what ``generate_presigned_post`` made."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from oficina.errors import AwsError
from oficina.model.shapes import Shape
from oficina.services.context import Context
from oficina.services.s3 import objects, policy
from oficina.services.s3.api import Answer, Request, malformed, s3
from oficina.services.s3.tags import check_tags
from oficina.store.keys import Key
from oficina.wire import rest, xml
from oficina.wire.body import Body

_MOST = 64 * 1024
"""Bytes of all fields before the file; S3 takes 20 KB."""
_NAME = re.compile(r'name="([^"]*)"')
_FILENAME = re.compile(r'filename="([^"]*)"')


def _bad_form(sentence: str) -> AwsError:
    return AwsError("MalformedPOSTRequest", sentence)


class Form:
    """The fields of a form and, after them, its file as a body that streams."""

    def __init__(self, body: Body, boundary: str) -> None:
        self.length: int | None = None
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.size = 0
        self.sizes: tuple[int, int] | None = None
        """The smallest and the largest size that the file may have."""
        self._body = body
        self._mark = b"\r\n--" + boundary.encode()
        self._kept = b"\r\n"
        self._ended = False

    def open(self) -> None:
        """Reads up to the file's first byte. Raises AwsError when there is no file or the form is none."""
        self._until(self._mark)
        seen = 0
        while not self._take(2).startswith(b"--"):
            head = self._until(b"\r\n\r\n").decode("utf-8", "replace")
            name = (_NAME.search(head) or [""] * 2)[1].lower()
            if name == "file":
                self.filename = re.split(r"[\\/]", (_FILENAME.search(head) or [""] * 2)[1])[-1]
                return
            value = self._until(self._mark)
            seen += len(value)
            if seen > _MOST:
                raise AwsError(
                    "MaxPostPreDataLengthExceeded",
                    "Your POST request fields preceding the upload file were too large.",
                )
            self.fields[name] = value.decode("utf-8", "replace")
        raise AwsError(
            "InvalidArgument", "POST requires exactly one file upload per request.", ArgumentName="file"
        )

    def _fill(self) -> bool:
        piece = self._body.read()
        self._kept += piece
        return bool(piece)

    def _take(self, size: int) -> bytes:
        while len(self._kept) < size and self._fill():
            pass
        piece, self._kept = self._kept[:size], self._kept[size:]
        return piece

    def _until(self, mark: bytes) -> bytes:
        while (end := self._kept.find(mark)) < 0:
            if len(self._kept) > _MOST or not self._fill():
                raise _bad_form("The body of your POST request is not well-formed multipart/form-data.")
        piece, self._kept = self._kept[:end], self._kept[end + len(mark) :]
        return piece

    def read(self, size: int = 0) -> bytes:
        """The file's next bytes; empty at its end. Raises AwsError when its size is not right."""
        while not self._ended:
            end = self._kept.find(self._mark)
            safe = end if end >= 0 else len(self._kept) - len(self._mark)
            if end >= 0:
                self._ended = True
            elif safe <= 0:
                if not self._fill():
                    raise _bad_form("The body of your POST request is not well-formed multipart/form-data.")
                continue
            piece, self._kept = self._kept[:safe], self._kept[safe:]
            self._count(len(piece))
            if piece:
                return piece
        return b""

    def _count(self, size: int) -> None:
        self.size += size
        if self.sizes and self.size > self.sizes[1]:
            raise AwsError(
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
                ProposedSize=self.size,
                MaxSizeAllowed=self.sizes[1],
            )
        if self.sizes and self._ended and self.size < self.sizes[0]:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=self.size,
                MinSizeAllowed=self.sizes[0],
            )

    def drain(self, limit: int) -> bool:
        """Throws away what is left on the wire."""
        return self._body.drain(limit)


@s3.beside
def post_object(ctx: Context, request: Request) -> Answer:
    """Stores a form's file under the key that the form names, when its policy lets it."""
    boundary = re.search(r'boundary="?([^";,]+)"?', ctx.headers.get("content-type", ""))
    if boundary is None:
        raise _bad_form("The body of your POST request is not well-formed multipart/form-data.")
    form = Form(request["Body"], boundary[1])
    form.open()
    fields = form.fields
    if not fields.get("key"):
        raise AwsError("InvalidArgument", "Bucket POST must contain a field named 'key'.", ArgumentName="key")
    if not ctx.config.open or "policy" in fields:
        form.sizes = _check(ctx, request["Bucket"], fields)
        ctx = _as(ctx, _signer(ctx, fields))
    put = _put_request(fields) | {
        "Bucket": request["Bucket"],
        "Key": fields["key"].replace("${filename}", form.filename),
        "Body": form,
    }
    return _answer(ctx, fields, put, objects.put(ctx, put))


def _signer(ctx: Context, fields: dict[str, str]) -> Key:
    if not ctx.config.open:
        return policy.signer(ctx, fields)
    access_key = fields.get("x-amz-credential", "").split("/")[0] or fields.get("awsaccesskeyid", "")
    own = len(access_key) == 12 and access_key.isdigit()
    return replace(ctx.caller, account=access_key) if own else ctx.caller


def _check(ctx: Context, bucket: str, fields: dict[str, str]) -> tuple[int, int] | None:
    if not ctx.config.open:
        policy.signer(ctx, fields)
    return policy.check(ctx, bucket, fields)


def _as(ctx: Context, key: Key) -> Context:
    scope = ctx.store.scope(key.account, ctx.region)
    return replace(ctx, caller=key, account=key.account, docs=scope)


def _put_request(fields: dict[str, str]) -> dict[str, Any]:
    """The members of PutObject that a form's fields stand for."""
    operation = s3.model.operation("PutObject")
    assert operation is not None
    assert operation.input is not None
    found = _members(operation.input, fields)
    found["Metadata"] = {
        name.removeprefix("x-amz-meta-"): value.encode().decode("latin-1")
        for name, value in fields.items()
        if name.startswith("x-amz-meta-")
    }
    if "tagging" in fields:
        found["Tagging"] = _tagging(fields["tagging"])
    return found


def _members(shape: Shape, fields: dict[str, str]) -> dict[str, Any]:
    return {
        name: rest.cast(member, fields[member.wire.lower()])
        for name, member in shape.members.items()
        if member.location == "header" and member.wire.lower() in fields
    }


def _tagging(document: str) -> str:
    """A form's tags, which are XML, as the header that PutObject takes."""
    tags = [
        {"Key": tag.findtext("Key") or "", "Value": tag.findtext("Value") or ""}
        for tag in xml.parse(document.encode()).iter("Tag")
    ]
    if not tags:
        raise malformed()
    check_tags(tags)
    return urlencode([(tag["Key"], tag["Value"]) for tag in tags])


def _answer(ctx: Context, fields: dict[str, str], put: Request, stored: Answer) -> Answer:
    """204, or what the form asks for with ``success_action_status`` or ``success_action_redirect``."""
    target = fields.get("success_action_redirect") or fields.get("redirect")
    if target and urlsplit(target).scheme in ("http", "https"):
        query = {"bucket": put["Bucket"], "key": put["Key"], "etag": stored["ETag"]}
        parts = urlsplit(target)
        joined = urlencode(parse_qsl(parts.query) + list(query.items()))
        return stored | {"_status": 303, "_headers": [("Location", parts._replace(query=joined).geturl())]}
    location = f"http://{ctx.headers.get('host', '')}/{put['Bucket']}/{quote(put['Key'])}"
    status = {"200": 200, "201": 201}.get(fields.get("success_action_status", ""), 204)
    answer = stored | {"_status": status, "_headers": [("Location", location)]}
    if status == 201:
        told = {"Location": location, "Bucket": put["Bucket"], "Key": put["Key"], "ETag": stored["ETag"]}
        inner = "".join(xml.element(name, xml.text(value)) for name, value in told.items())
        answer["_content"] = xml.DECLARATION + xml.element("PostResponse", inner)
    return answer
