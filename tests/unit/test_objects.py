"""Objects as the engine sees them, on a store in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine import inputs
from oficina.engine.inputs import InputMissing, Item
from oficina.errors import AwsError
from oficina.store.listing import Wish, after_all
from oficina.store.store import Store

ACCOUNT = "123456789012"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with a bucket named ``b``."""
    made = Store(Config(home=tmp_path / "home"), Clock())
    made.buckets.create(ACCOUNT, "b", "us-east-1")
    yield made
    made.close()


def write(store: Store, *keys: str) -> None:
    """Objects whose bytes are their keys."""
    for key in keys:
        store.objects.write(ACCOUNT, "b", key, key.encode())


def items(store: Store, prefix: str = "") -> list[Item]:
    """The objects below a prefix, as a job's input."""
    found = store.objects.iterate(ACCOUNT, "b", prefix)
    return [Item(inputs.local_name(one.key, prefix), one, "b") for one in found]


def test_a_file_becomes_an_object_without_a_copy(store: Store) -> None:
    path = store.folder("jobs") / "model"
    path.write_bytes(b"bytes")
    inode = path.stat().st_ino
    made = store.objects.adopt(ACCOUNT, "b", "model", path, "text/plain", Metadata={"a": "1"})
    assert not path.exists()
    stored = store.objects.path(made).stat()
    assert (stored.st_ino, stored.st_mode & 0o777) == (inode, 0o444)
    assert made.etag == "4b3a6218bb3e3a7303e8a171a60fcf92"
    assert made.facts["ContentType"] == "text/plain"
    assert store.objects.read(ACCOUNT, "b", "model") == b"bytes"


def test_a_link_that_a_job_left_does_not_bring_in_the_hosts_file(store: Store, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    trap = store.folder("jobs") / "trap"
    trap.symlink_to(secret)
    with pytest.raises(OSError, match="symbolic"):
        store.objects.adopt(ACCOUNT, "b", "k", trap)
    assert store.objects.find(ACCOUNT, "b", "k") is None


def test_a_file_with_a_second_name_is_copied(store: Store) -> None:
    first, second = store.folder("jobs") / "first", store.folder("jobs") / "second"
    first.write_text("one")
    os.link(first, second)
    store.objects.adopt(ACCOUNT, "b", "k", first)
    second.write_text("changed")
    assert store.objects.read(ACCOUNT, "b", "k") == b"one"


def test_a_copy_has_the_bytes_of_its_moment(store: Store) -> None:
    path = store.folder("jobs") / "growing"
    path.write_text("one")
    store.objects.copy_in(ACCOUNT, "b", "k", path)
    path.write_text("one and two")
    assert store.objects.read(ACCOUNT, "b", "k") == b"one"


def test_a_linked_object_is_the_same_file_and_outlives_its_key(store: Store, tmp_path: Path) -> None:
    write(store, "in/a", "in/b/c")
    inputs.link(store, items(store, "in"), tmp_path / "input")
    assert (tmp_path / "input" / "b" / "c").read_text() == "in/b/c"
    assert (tmp_path / "input" / "a").stat().st_nlink == 2
    store.objects.remove(ACCOUNT, "b", "in/a")
    assert (tmp_path / "input" / "a").read_text() == "in/a"
    assert (tmp_path / "input" / "a").stat().st_nlink == 1


def test_an_object_replaced_before_it_is_linked_is_linked_as_it_is_now(store: Store, tmp_path: Path) -> None:
    write(store, "k")
    old = store.objects.get(ACCOUNT, "b", "k")
    store.objects.write(ACCOUNT, "b", "k", b"new")
    store.objects.link(old, tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == b"new"
    store.objects.remove(ACCOUNT, "b", "k")
    with pytest.raises(FileNotFoundError):
        store.objects.link(old, tmp_path / "other")


@pytest.mark.parametrize("keys", [("in/a", "in/a/b"), ("in/x//y", "in/x/y"), ("in/" + "n" * 300,)])
def test_keys_that_cannot_be_files_are_refused_with_a_sentence(
    store: Store, tmp_path: Path, keys: tuple[str, ...]
) -> None:
    write(store, *keys)
    with pytest.raises(InputMissing, match="in/"):
        inputs.link(store, items(store, "in/"), tmp_path / "input")


def test_a_hostile_key_stays_inside_the_folder(store: Store, tmp_path: Path) -> None:
    write(store, "in/../../../escaped", "in//absolute")
    inputs.link(store, items(store, "in/"), tmp_path / "a" / "b" / "input")
    found = [str(path.relative_to(tmp_path / "a" / "b")) for path in (tmp_path / "a").rglob("*")]
    assert all(name.startswith("input") or name == "." for name in found)
    assert not (tmp_path / "escaped").exists()


def test_bytes_are_on_disk_once_however_many_objects_have_them(store: Store) -> None:
    write(store, "k")
    found = store.objects.get(ACCOUNT, "b", "k")
    bucket = store.buckets.get(ACCOUNT, "b")
    copy = store.versions.add(
        bucket, "copy", blob=found.blob, size=found.size, etag=found.etag, facts=found.facts
    )
    store.objects.remove(ACCOUNT, "b", "k")
    assert store.objects.path(copy).exists()
    store.objects.remove(ACCOUNT, "b", "copy")
    assert not store.objects.path(copy).exists()


def test_a_change_that_is_taken_back_takes_no_bytes_with_it(store: Store) -> None:
    write(store, "k")

    def fail() -> None:
        with store.versions.transaction():
            store.objects.remove(ACCOUNT, "b", "k")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.objects.read(ACCOUNT, "b", "k") == b"k"


def test_a_sweep_takes_only_what_no_row_means(store: Store) -> None:
    write(store, "k")
    stray = store.blobs.folder / "ab" / "ab00"
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("x")
    half = store.blobs.incoming / "half"
    half.write_text("x")
    assert store.blobs.sweep(0, store.versions.referred_on) == 0
    assert store.blobs.sweep(stray.stat().st_ctime + 1e9, store.versions.referred_on) == 2
    assert not stray.exists()
    assert not half.exists()
    assert store.objects.read(ACCOUNT, "b", "k") == b"k"


def test_what_is_not_there_is_said(store: Store) -> None:
    assert store.objects.find(ACCOUNT, "b", "no") is None
    assert not store.objects.has_bucket(ACCOUNT, "no")
    with pytest.raises(AwsError, match="NoSuchKey"):
        store.objects.read(ACCOUNT, "b", "no")
    with pytest.raises(AwsError, match="NoSuchBucket"):
        list(store.objects.iterate(ACCOUNT, "no", ""))
    path = store.folder("jobs") / "output"
    path.write_text("precious")
    with pytest.raises(AwsError, match="NoSuchBucket"):
        store.objects.adopt(ACCOUNT, "no", "k", path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("a", "b"), ("a/", "a0"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", None), ("", None)],
)
def test_the_text_after_all_with_a_prefix(prefix: str, expected: str | None) -> None:
    assert after_all(prefix) == expected


def test_a_delimiter_steps_over_what_it_folds(store: Store) -> None:
    bucket = store.buckets.get(ACCOUNT, "b")
    with store.versions.transaction():
        for number in range(3000):
            store.versions.add(
                bucket, f"{number % 3}/{number:05d}", blob=f"no-{number}", size=0, etag="", facts={}
            )
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    store.database.reader.set_progress_handler(count, 100)
    page = store.listing.current(bucket, Wish(delimiter="/"))
    assert page.prefixes == ["0/", "1/", "2/"]
    assert steps < 20
