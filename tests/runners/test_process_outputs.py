"""Outputs: what is packed and how."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

from oficina.runners import process
from tests.runners.conftest import Job, MakeJob


def members(job: Job, name: str = "model.tar.gz") -> dict[str, bytes | str | None]:
    """The members of a package in their order: a file's bytes, a link's target, None for a folder."""
    found: dict[str, bytes | str | None] = {}
    with tarfile.open(job.folder / "out" / name) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            found[member.name] = file.read() if file else member.linkname if member.issym() else None
    return found


def test_the_model_is_packed_with_names_relative_to_its_folder(make_job: MakeJob) -> None:
    job = make_job("cd /opt/ml/model; echo b > b; mkdir -p code; echo a > code/a; echo a > a; chmod 755 a")
    assert job.run().outputs == ["model.tar.gz"]
    assert list(members(job).items()) == [("a", b"a\n"), ("b", b"b\n"), ("code", None), ("code/a", b"a\n")]
    with tarfile.open(job.folder / "out/model.tar.gz") as archive:
        assert [member.mode for member in archive][:2] == [0o755, 0o644]


def test_the_same_content_packs_to_the_same_bytes(make_job: MakeJob) -> None:
    script = "cd /opt/ml/model; for n in 3 1 2; do echo $n > $n; touch -d @0 $n; done"
    first, second = make_job(script), make_job(script)
    first.run()
    second.run()
    packages = [(job.folder / "out/model.tar.gz").read_bytes() for job in (first, second)]
    assert packages[0] == packages[1]


def test_links_are_kept_inside_and_left_out_when_they_lead_outside(make_job: MakeJob, home: Path) -> None:
    (home / "secret").write_text("secret")
    job = make_job(
        "cd /opt/ml/model; mkdir d; echo a > a; ln -s ../a d/inside; ln -s /etc/passwd absolute; "
        f"ln -s ../../../../../secret climbing; ln -s {home} folder; mkfifo pipe"
    )
    job.run()
    assert members(job) == {"a": b"a\n", "d": None, "d/inside": "../a"}
    assert "/opt/ml/model/absolute" in job.notes()["outputs"]


def test_a_model_folder_replaced_by_a_link_is_not_followed(make_job: MakeJob) -> None:
    job = make_job("rmdir /opt/ml/model; ln -s /etc /opt/ml/model")
    assert job.run().succeeded
    assert members(job) == {}


def test_hosts_are_merged_and_the_first_wins(make_job: MakeJob) -> None:
    job = make_job(
        "cd /opt/ml/model; hostname > same; hostname > $(hostname); mkdir d; hostname > d/$(hostname)",
        hosts=["algo-1", "algo-2"],
    )
    job.run()
    assert members(job) == {
        "algo-1": b"algo-1\n",
        "d": None,
        "d/algo-1": b"algo-1\n",
        "same": b"algo-1\n",
        "algo-2": b"algo-2\n",
        "d/algo-2": b"algo-2\n",
    }


def test_a_tree_is_left_in_place(make_job: MakeJob) -> None:
    output = process.Output(source="/opt/ml/processing/out", name="out", kind="tree")
    job = make_job(
        "echo x > /opt/ml/processing/out/f", directories=["/opt/ml/processing/out"], outputs=[output]
    )
    assert job.run().outputs == ["out"]
    assert job.path("processing/out/f").read_text() == "x\n"
    assert not (job.folder / "out" / "out").exists()


def test_a_tree_is_readable_afterwards_and_a_link_is_none(make_job: MakeJob) -> None:
    outputs = [
        process.Output(source="/opt/ml/processing/out", name="out", kind="tree"),
        process.Output(source="/opt/ml/processing/link", name="link", kind="tree"),
    ]
    script = (
        "cd /opt/ml/processing; ln -s /etc link; mkdir -p out/d; echo x > out/d/f; chmod 000 out/d/f out/d"
    )
    job = make_job(script, directories=["/opt/ml/processing/out"], outputs=outputs)
    assert job.run().outputs == ["out"]
    assert job.path("processing/out/d/f").read_text() == "x\n"
    assert job.notes()["outputs"].endswith("/opt/ml/processing/link")


def test_the_output_of_a_job_that_failed_is_packed_too(make_job: MakeJob) -> None:
    job = make_job("echo x > /opt/ml/model/f; exit 1")
    assert job.run().outputs == ["model.tar.gz"]
    assert members(job) == {"f": b"x\n"}


def test_what_the_job_locked_is_packed(make_job: MakeJob) -> None:
    job = make_job("cd /opt/ml/model; mkdir d; echo x > d/f; chmod 000 d/f d")
    assert job.run().succeeded
    assert members(job) == {"d": None, "d/f": b"x\n"}


def test_a_sparse_or_growing_file_does_not_break_the_package(make_job: MakeJob) -> None:
    job = make_job("truncate -s 5M /opt/ml/model/sparse; echo x > /opt/ml/model/z")
    assert job.run().succeeded
    assert len(members(job)["sparse"] or b"") == 5 << 20
    assert os.path.getsize(job.folder / "out/model.tar.gz") < 1 << 20
