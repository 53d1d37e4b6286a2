"""The file systems and command lines that people put between themselves and S3, unmodified."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import CLIENTS, Server, run_client
from tests.waiting import PATIENCE

FILES = Path(__file__).parent / "programs" / "files.py"
Cli = Callable[..., str]


@pytest.mark.parametrize(("client", "more"), [("client-v2", ()), ("client-data", ("--arrow",))])
def test_file_systems_work_on_a_bucket(verified_server: Server, client: str, more: tuple[str, ...]) -> None:
    program = (str(FILES), f"files-{client}", *more)
    assert run_client(client, program, verified_server.environment()).split()[-1] == "well"


@pytest.fixture
def aws(verified_server: Server, tmp_path: Path) -> Cli:
    """The AWS command line in an empty folder, with a bucket of the test's own as the word ``{b}``."""
    bucket = f"cli-{random.randrange(10**9)}"
    environment = {**verified_server.environment(), "HOME": str(tmp_path / "home")}

    def run(*words: str, expect: int = 0, stdin: str | None = None) -> str:
        ended = subprocess.run(
            [str(CLIENTS / "client-v2" / "bin" / "aws"), *(word.format(b=bucket) for word in words)],
            env=environment,
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert ended.returncode == expect, ended.stderr
        return ended.stdout + ended.stderr

    run("s3", "mb", "s3://{b}")
    return run


def write(folder: Path, *names: str) -> None:
    """Small files whose bytes are their names."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_a_second_sync_has_nothing_to_do_and_a_third_follows_changes(aws: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    write(folder, "a", "sub/b", "sub/c d")
    assert aws("s3", "sync", "folder", "s3://{b}/f").count("upload:") == 3
    assert aws("s3", "sync", "folder", "s3://{b}/f") == ""
    (folder / "a").unlink()
    write(folder, "sub/new")
    changes = aws("s3", "sync", "folder", "s3://{b}/f", "--delete")
    assert (changes.count("upload:"), changes.count("delete:")) == (1, 1)
    aws("s3", "sync", "s3://{b}/f", "back")
    back = tmp_path / "back"
    assert sorted(str(path.relative_to(back)) for path in back.rglob("*") if path.is_file()) == [
        "sub/b",
        "sub/c d",
        "sub/new",
    ]
    assert aws("s3", "sync", "s3://{b}/f", "back") == ""


def test_objects_are_copied_moved_and_removed(aws: Cli, tmp_path: Path) -> None:
    write(tmp_path, "one")
    aws("s3", "cp", "one", "s3://{b}/x/one", "--metadata", "who=me", "--content-type", "text/x-test")
    aws("s3", "cp", "s3://{b}/x/one", "s3://{b}/x/two")
    aws("s3", "mv", "s3://{b}/x/two", "s3://{b}/y/three")
    assert aws("s3", "cp", "s3://{b}/y/three", "-") == "one"
    aws("s3", "cp", "-", "s3://{b}/piped", stdin="through a pipe")
    assert aws("s3", "cp", "s3://{b}/piped", "-") == "through a pipe"
    head = json.loads(aws("s3api", "head-object", "--bucket", "{b}", "--key", "y/three"))
    assert (head["ContentType"], head["Metadata"]) == ("text/x-test", {"who": "me"})
    assert [line.split()[-1] for line in aws("s3", "ls", "s3://{b}").splitlines()] == ["x/", "y/", "piped"]
    aws("s3", "rm", "s3://{b}", "--recursive", "--exclude", "y/*")
    assert aws("s3", "ls", "s3://{b}", "--recursive").split()[-1] == "y/three"
    summary = aws("s3", "ls", "s3://{b}", "--recursive", "--summarize", "--human-readable")
    assert "Total Objects: 1" in summary


def test_large_files_go_in_parts_and_come_back_whole(aws: Cli, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(21 * 1024 * 1024 + 3))
    aws("s3", "cp", "large", "s3://{b}/large")
    aws("s3", "cp", "s3://{b}/large", "s3://{b}/copy")
    aws("s3", "cp", "s3://{b}/copy", "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
    etag = json.loads(aws("s3api", "head-object", "--bucket", "{b}", "--key", "large"))["ETag"]
    assert etag.endswith('-3"')


def test_what_is_wrong_is_said(aws: Cli) -> None:
    assert "NoSuchBucket" in aws("s3", "ls", "s3://{b}-other", expect=255)
    assert "404" in aws("s3", "cp", "s3://{b}/nothing", "here", expect=1)
    assert aws("s3", "ls", "s3://{b}/nothing", expect=1) == ""
    aws("s3api", "put-object", "--bucket", "{b}", "--key", "k")
    assert "BucketNotEmpty" in aws("s3", "rb", "s3://{b}", expect=1)
