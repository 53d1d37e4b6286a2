"""S3 against the plainest model of it: a dictionary of lists, driven by hypothesis through boto3."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.refusals import refusal
from tests.servers import Server

KEYS = st.sampled_from(["a", "a/", "a/b", "a/b/c", "a0", "b", "b/ü", "b//x", "c d+e%"])
BODIES = st.binary(max_size=40)
PREFIXES = st.sampled_from(["", "a", "a/", "b/", "zz"])
BUCKET = "model"


@dataclass
class Version:
    """One version of a key; no body is a delete marker."""

    body: bytes | None
    id: str


@dataclass
class Model:
    """What S3 is: for each key its versions, the newest last."""

    keys: dict[str, list[Version]] = field(default_factory=dict)
    versioning: str = ""

    def add(self, key: str, version: Version) -> None:
        versions = self.keys.setdefault(key, [])
        if version.id == "null":
            versions[:] = [one for one in versions if one.id != "null"]
        versions.append(version)

    def remove(self, key: str, version_id: str) -> None:
        self.keys[key] = [one for one in self.keys.get(key, []) if one.id != version_id]

    def current(self) -> dict[str, bytes]:
        return {
            key: versions[-1].body
            for key, versions in self.keys.items()
            if versions and versions[-1].body is not None
        }

    def folded(self, prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
        keys, prefixes = [], set()
        for key in self.current():
            if key.startswith(prefix):
                end = key.find(delimiter, len(prefix)) if delimiter else -1
                if end < 0:
                    keys.append(key)
                else:
                    prefixes.add(key[: end + 1])
        return sorted(keys, key=str.encode), sorted(prefixes, key=str.encode)


class Machine(RuleBasedStateMachine):
    """Does the same to both and compares all that can be seen."""

    server: Server

    @initialize()
    def begin(self) -> None:
        """A fresh account with one bucket."""
        self.s3: Any = self.server.client("s3", f"{10**11 + secrets.randbelow(9 * 10**11)}")
        self.s3.create_bucket(Bucket=BUCKET)
        self.model = Model()

    @rule(status=st.sampled_from(["Enabled", "Suspended"]))
    def set_versioning(self, status: str) -> None:
        """Versions are kept from now on, or no longer."""
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})
        self.model.versioning = status

    def note(self, key: str, body: bytes | None, answer: dict[str, Any]) -> None:
        """The model learns the version's id from the answer; whether there is one, it knows itself."""
        version_id = answer.get("VersionId")
        assert (version_id is not None) == bool(self.model.versioning)
        assert (version_id in (None, "null")) == (self.model.versioning != "Enabled")
        self.model.add(key, Version(body, version_id or "null"))

    @rule(key=KEYS, body=BODIES)
    def put(self, key: str, body: bytes) -> None:
        """An object is stored."""
        self.note(key, body, self.s3.put_object(Bucket=BUCKET, Key=key, Body=body))

    @rule(key=KEYS, body=BODIES)
    def put_if_new(self, key: str, body: bytes) -> None:
        """An object is stored when there is none."""
        wish = {"Bucket": BUCKET, "Key": key, "Body": body, "IfNoneMatch": "*"}
        if key in self.model.current():
            assert refusal(lambda: self.s3.put_object(**wish))[0] == "PreconditionFailed"
        else:
            self.note(key, body, self.s3.put_object(**wish))

    @rule(source=KEYS, key=KEYS)
    def copy(self, source: str, key: str) -> None:
        """An object is copied to another key."""
        body = self.model.current().get(source)
        wish = {"Bucket": BUCKET, "Key": key, "CopySource": {"Bucket": BUCKET, "Key": source}}
        if body is None:
            assert refusal(lambda: self.s3.copy_object(**wish))[0] == "NoSuchKey"
        elif source == key:
            assert refusal(lambda: self.s3.copy_object(**wish))[0] == "InvalidRequest"
        else:
            self.note(key, body, self.s3.copy_object(**wish))

    @rule(key=KEYS, bodies=st.lists(BODIES, min_size=1, max_size=1))
    def upload(self, key: str, bodies: list[bytes]) -> None:
        """An object is stored in parts."""
        upload = {"Bucket": BUCKET, "Key": key}
        upload["UploadId"] = self.s3.create_multipart_upload(**upload)["UploadId"]
        parts = [
            {
                "PartNumber": number,
                "ETag": self.s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"],
            }
            for number, body in enumerate(bodies, start=1)
        ]
        answer = self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        self.note(key, b"".join(bodies), answer)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=3, unique=True))
    def delete(self, keys: list[str]) -> None:
        """Keys are deleted."""
        objects = [{"Key": key} for key in keys]
        answer = self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
        assert [one["Key"] for one in answer["Deleted"]] == keys
        for one in answer["Deleted"]:
            if self.model.versioning:
                self.note(one["Key"], None, {"VersionId": one["DeleteMarkerVersionId"]})
            else:
                self.model.remove(one["Key"], "null")

    @rule(data=st.data())
    def delete_version(self, data: st.DataObject) -> None:
        """One version is removed for good."""
        there = [(key, one) for key, versions in self.model.keys.items() for one in versions]
        if there:
            key, version = data.draw(st.sampled_from(there))
            answer = self.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version.id)
            assert bool(answer.get("DeleteMarker")) == (version.body is None)
            self.model.remove(key, version.id)

    @rule(prefix=PREFIXES, delimiter=st.sampled_from(["", "/"]), size=st.integers(1, 4))
    def list_in_pages(self, prefix: str, delimiter: str, size: int) -> None:
        """The keys are listed, page by page."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=prefix, Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
        keys: list[str] = []
        prefixes: list[str] = []
        for page in pages:
            keys += [one["Key"] for one in page.get("Contents", ())]
            prefixes += [one["Prefix"] for one in page.get("CommonPrefixes", ())]
        assert (keys, prefixes) == self.model.folded(prefix, delimiter)

    @invariant()
    def the_same_objects(self) -> None:
        """Every key has the bytes that the model says, and no other key is there."""
        if not hasattr(self, "model"):
            return
        listed = self.s3.list_objects(Bucket=BUCKET).get("Contents", ())
        found = {
            one["Key"]: self.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed
        }
        assert found == self.model.current()

    @invariant()
    def the_same_versions(self) -> None:
        """Every version is there, in order, and the newest is marked."""
        if not hasattr(self, "model"):
            return
        answer = self.s3.list_object_versions(Bucket=BUCKET)
        found = {
            (one["Key"], one["VersionId"], one["IsLatest"], "Size" in one)
            for one in answer.get("Versions", []) + answer.get("DeleteMarkers", [])
        }
        assert found == {
            (key, one.id, one is versions[-1], one.body is not None)
            for key, versions in self.model.keys.items()
            for one in versions
        }


def test_s3_is_what_the_model_says(open_server: Server) -> None:
    Machine.server = open_server
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
