"""Archives that mean harm: none of them writes outside, grows without bound, or makes a device."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oficina.engine.hosting.archives import ArchiveRefused, Limits, unpack


def member(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", data: bytes = b""
) -> tuple[tarfile.TarInfo, bytes]:
    """An entry of an archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data)
    return info, data


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """An archive of entries as they are given, however odd."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return whole.getvalue()


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[..., Path]:
    """Unpacks bytes and gives the folder."""

    def run(data: bytes, limits: Limits | None = None) -> Path:
        path = tmp_path / "model.tar.gz"
        path.write_bytes(data)
        with path.open("rb") as file:
            unpack(file, tmp_path / "inside" / "model", limits or Limits())
        return tmp_path / "inside" / "model"

    return run


def test_files_folders_and_inner_links_are_unpacked(unpacked: Callable[..., Path]) -> None:
    folder = unpacked(
        packed(
            member("./a/b.txt", data=b"hello"),
            member("./empty", tarfile.DIRTYPE),
            member("a/link", tarfile.SYMTYPE, "b.txt"),
            member("hard", tarfile.LNKTYPE, "a/b.txt"),
            member("late/up", tarfile.SYMTYPE, "../a/b.txt"),
        )
    )
    assert (folder / "a" / "link").read_bytes() == b"hello"
    assert (folder / "late" / "up").read_bytes() == b"hello"
    assert (folder / "hard").read_bytes() == b"hello"
    assert (folder / "empty").is_dir()


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([member("../evil", data=b"x")], "leads outside"),
        ([member("a/../../evil", data=b"x")], "leads outside"),
        ([member("/tmp/evil", data=b"x")], "leads outside"),
        ([member("link", tarfile.SYMTYPE, "/etc/passwd")], "leads outside"),
        ([member("link", tarfile.SYMTYPE, "../../evil")], "leads outside"),
        (
            [member("d", tarfile.SYMTYPE, ".."), member("d/evil", data=b"x")],
            "outside|file and a folder|twice",
        ),
        (
            [member("a/b/c", tarfile.SYMTYPE, "../.."), member("e", tarfile.SYMTYPE, "a/b/c/../evil")],
            "leads outside",
        ),
        ([member("d", tarfile.SYMTYPE, ".."), member("d/e", tarfile.SYMTYPE, "x")], "leads outside"),
        ([member("hard", tarfile.LNKTYPE, "../../etc/passwd")], "leads outside or to nothing"),
        ([member("hard", tarfile.LNKTYPE, "/etc/passwd")], "leads outside or to nothing"),
        ([member("pipe", tarfile.FIFOTYPE)], "neither a file nor a folder"),
        ([member("null", tarfile.CHRTYPE)], "neither a file nor a folder"),
        ([member("disk", tarfile.BLKTYPE)], "neither a file nor a folder"),
        ([member("a", data=b"x"), member("a/b", data=b"x")], "both a file and a folder"),
    ],
)
def test_what_leads_outside_or_is_no_file_is_refused(
    unpacked: Callable[..., Path],
    tmp_path: Path,
    members: list[tuple[tarfile.TarInfo, bytes]],
    sentence: str,
) -> None:
    with pytest.raises(ArchiveRefused, match=sentence):
        unpacked(packed(*members))
    assert not [path for path in tmp_path.rglob("evil") if "model" not in path.parts]


def test_a_bomb_is_refused_before_it_is_written(unpacked: Callable[..., Path], tmp_path: Path) -> None:
    bomb = packed(member("zeros", data=bytes(64 << 20)))
    with pytest.raises(ArchiveRefused, match="unpacks to more than"):
        unpacked(bomb, Limits(floor=1 << 20, ratio=100))
    assert sum(path.stat().st_size for path in (tmp_path / "inside").rglob("*") if path.is_file()) == 0


def test_too_many_entries_are_refused(unpacked: Callable[..., Path]) -> None:
    with pytest.raises(ArchiveRefused, match="more than 10 entries"):
        unpacked(packed(*(member(f"f{number}") for number in range(11))), Limits(entries=10))


def test_a_header_larger_than_memory_is_refused(unpacked: Callable[..., Path]) -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 4 << 30
    with pytest.raises(ArchiveRefused, match="larger than 1 MiB"):
        unpacked(gzip.compress(info.tobuf() + bytes(4096)))


@pytest.mark.parametrize(
    "data",
    [b"", b"not gzip", gzip.compress(b"no tar" * 200), packed(member("a", data=os.urandom(100_000)))[:-5000]],
    ids=["empty", "not gzip", "not tar", "cut short"],
)
def test_what_is_no_whole_archive_is_refused(unpacked: Callable[..., Path], data: bytes) -> None:
    with pytest.raises(ArchiveRefused, match="not a whole tar archive"):
        unpacked(data)


def test_an_archive_that_takes_longer_than_it_may_is_refused(unpacked: Callable[..., Path]) -> None:
    with pytest.raises(
        ArchiveRefused, match="longer than the 0 seconds of ModelDataDownloadTimeoutInSeconds"
    ):
        unpacked(packed(member("a", data=b"x")), Limits(seconds=0))
