"""Inputs: links that a job may write to, pipes, environments that it may install into."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from oficina.runners import process
from tests.runners.conftest import PYTHON, MakeJob

Blobs = Callable[..., str]


def snapshot(folder: Path) -> dict[str, str]:
    """Every file below a folder with its content's hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_an_input_is_there_and_what_the_job_does_to_it_stays_in_the_job(
    make_job: MakeJob, blobs: Blobs
) -> None:
    lower = blobs(a="one", b="two")
    script = "cd /opt/ml/input/data/train; cat a b; echo 1 > a; rm b; echo 3 > c; chmod 777 a; ls; cat a"
    job = make_job(script, inputs=[process.Input(target="/opt/ml/input/data/train", lower=lower)])
    assert job.run().succeeded
    assert job.log() == ["onetwoa", "c", "1"]
    assert {path.name: path.read_text() for path in Path(lower).iterdir()} == {"a": "one", "b": "two"}
    assert job.notes() == {}


def test_the_folder_around_an_input_is_writable(make_job: MakeJob, blobs: Blobs) -> None:
    entry = process.Input(target="/opt/ml/input/data/train", lower=blobs(a="1"))
    assert (
        make_job("touch /opt/ml/input/sm_training.env /opt/ml/input/data/x", inputs=[entry]).run().succeeded
    )


def test_an_input_inside_another_is_seen(make_job: MakeJob, blobs: Blobs) -> None:
    inputs = [
        process.Input(target="/opt/ml/processing/in/inner", lower=blobs(b="inner")),
        process.Input(target="/opt/ml/processing/in", lower=blobs(a="outer")),
    ]
    job = make_job("cd /opt/ml/processing/in; cat a inner/b", inputs=inputs)
    assert job.run().succeeded
    assert job.log() == ["outerinner"]


def test_an_input_of_one_host_is_not_seen_by_another(make_job: MakeJob, blobs: Blobs) -> None:
    inputs = [
        process.Input(target="/opt/ml/input/data/train", lower=blobs(a="1"), host="algo-1"),
        process.Input(target="/opt/ml/input/data/train", lower=blobs(b="2"), host="algo-2"),
    ]
    job = make_job("ls /opt/ml/input/data/train", hosts=["algo-1", "algo-2"], inputs=inputs)
    assert job.run().succeeded
    assert (job.log("algo-1"), job.log("algo-2")) == (["a"], ["b"])


def test_an_input_where_an_output_is_comes_out_again(make_job: MakeJob, blobs: Blobs) -> None:
    job = make_job(
        "cd /opt/ml/checkpoints; cat old; echo new > new",
        inputs=[process.Input(target="/opt/ml/checkpoints", lower=blobs(old="old"))],
        outputs=[process.Output(source="/opt/ml/checkpoints", name="checkpoints", kind="tree")],
    )
    ended = job.run()
    assert ended.outputs == ["checkpoints"]
    assert snapshot(job.path("checkpoints")).keys() == {"old", "new"}


def test_an_input_of_many_files_is_mounted_not_copied(make_job: MakeJob, blobs: Blobs) -> None:
    lower = blobs(**{f"f{number}": "x" for number in range(500)})
    job = make_job(
        "ls /opt/ml/input/data/train | wc -l",
        inputs=[process.Input(target="/opt/ml/input/data/train", lower=lower)],
    )
    assert job.run().succeeded
    assert job.log() == ["500"]
    assert list(job.path("input/data/train").iterdir()) == []


def test_a_pipe_gives_all_files_epoch_after_epoch(make_job: MakeJob, blobs: Blobs) -> None:
    lower = Path(blobs(a="one\n", b="two\n"))
    pipe = process.Pipe(target="/opt/ml/input/data/train", files=[str(lower / "a"), str(lower / "b")])
    job = make_job("cd /opt/ml/input/data; for e in 0 1 2; do cat train_$e; done", pipes=[pipe])
    assert job.run().succeeded
    assert job.log() == ["one", "two"] * 3


def test_a_pipe_read_in_part_begins_again_in_the_next_epoch(make_job: MakeJob, blobs: Blobs) -> None:
    lower = Path(blobs(a="first\n" + "x" * 1_000_000))
    pipe = process.Pipe(target="/opt/ml/input/data/train", files=[str(lower / "a")])
    job = make_job(
        "cd /opt/ml/input/data; head -n 1 train_0; head -n 1 train_1; wc -c < train_2", pipes=[pipe]
    )
    assert job.run().succeeded
    assert job.log() == ["first", "first", "1000006"]


def test_a_pipe_that_nobody_reads_does_not_keep_the_job(make_job: MakeJob, blobs: Blobs) -> None:
    pipe = process.Pipe(target="/opt/ml/input/data/train", files=[blobs(a="1") + "/a"])
    assert make_job(":", pipes=[pipe]).run().succeeded


def wheel(path: Path) -> Path:
    """A small package to install without a network."""
    name = path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(name, "w") as archive:
        archive.writestr("tiny.py", "VALUE = 42\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr(
            "tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\n")
    return name


def test_pip_install_in_a_job_leaves_the_environment_untouched(make_job: MakeJob, home: Path) -> None:
    env = home / "images" / "one"
    subprocess.run([PYTHON, "-m", "venv", str(env)], check=True)
    before = snapshot(env)
    packages = home / "wheels"
    packages.mkdir()
    wheel(packages)
    job = make_job(
        f"pip install -q --no-index --find-links /opt/ml/input/data/wheels tiny && "
        f"python -c 'import tiny; print(tiny.VALUE)' && pip uninstall -q -y pip && test ! -e {env}/bin/pip",
        env={
            "PATH": f"{env}/bin:/usr/bin:/bin",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        },
        inputs=[process.Input(target="/opt/ml/input/data/wheels", lower=str(packages))],
        layers=[process.Layer(target=str(env), lower=[str(env)])],
    )
    assert job.run().succeeded, job.log()
    assert job.log() == ["42"]
    assert snapshot(env) == before


def test_of_two_layers_the_first_wins(make_job: MakeJob, home: Path) -> None:
    for name, text in (("top", "top"), ("base", "base")):
        (home / name).mkdir()
        (home / name / "f").write_text(text)
        (home / name / name).write_text(text)
    layer = process.Layer(target=f"{home}/env", lower=[f"{home}/top", f"{home}/base"])
    job = make_job(f"cd {home}/env; cat f; echo; ls", layers=[layer])
    assert job.run().succeeded
    assert job.log() == ["top", "base", "f", "top"]
