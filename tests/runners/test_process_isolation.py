"""What a job sees of the machine, and what it cannot."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from oficina.runners import process
from tests.runners.conftest import PYTHON, MakeJob


def test_the_environment_is_what_the_spec_says(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    env = {"B": "two words", "A": "ä=1"}
    job = make_job(command=["/usr/bin/env"], env=env, host_env={"algo-1": {"C": "3"}})
    job.run()
    assert sorted(job.log()) == ["A=ä=1", "B=two words", "C=3", "HOME=/tmp/home"]


def test_process_1_shows_nothing_of_the_caller(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    job = make_job("tr '\\0' '\\n' < /proc/1/environ; ls -l /proc/1/fd /proc/1/cwd 2>&1")
    job.run()
    assert "SECRET" not in "".join(job.log())
    assert str(job.folder) not in "".join(job.log())


def test_tmp_is_private_and_writable(make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job(f"test -e {tmp_path} && exit 1; touch /tmp/mine /var/tmp/mine /dev/shm/mine $HOME/mine")
    assert job.run().succeeded
    assert not Path("/tmp/mine").exists()
    assert not Path("/dev/shm/mine").exists()


def test_home_and_other_jobs_are_out_of_sight(make_job: MakeJob, home: Path) -> None:
    (home / "oficina.db").write_text("facts")
    other = make_job("echo up; sleep 1000").launch().says("up")
    job = make_job(f"ls {home}; ls {other.folder}; ps ax | grep -c 'sleep 100[0]'")
    job.run()
    assert "oficina.db" not in " ".join(job.log())
    assert job.log()[-1] == "0"


def test_a_folder_that_is_laid_anew_can_be_added_to_and_keeps_what_is_there(make_job: MakeJob) -> None:
    there = sorted(os.listdir("/home"))
    job = make_job("ls /home; touch /home/mine && ln -s /opt/ml /home/link", laid_anew=["/home"])
    assert job.run().succeeded
    assert job.log() == there == sorted(os.listdir("/home"))


@pytest.mark.parametrize("place", ["/opt", "/var", "home"])
def test_a_home_in_any_place_is_hidden_and_its_environment_shown(
    make_job: MakeJob, tmp_path: Path, place: str
) -> None:
    parent = tmp_path if place == "home" else Path(place)
    if not os.access(parent, os.W_OK):
        parent = tmp_path
    home = parent / f"oficina-test-{os.getpid()}"
    (home / "image" / "bin").mkdir(parents=True)
    try:
        (home / "image" / "bin" / "python").symlink_to(PYTHON)
        (home / "keys.json").write_text("{}")
        job = make_job(
            f"ls {home}; {home}/image/bin/python -c 'print(1 + 1)' && touch {home}/image/new",
            home=str(home),
            layers=[process.Layer(target=f"{home}/image", lower=[f"{home}/image"])],
        )
        assert job.run().succeeded, job.log()
        assert job.log() == ["image", "2"]
        assert os.listdir(home / "image") == ["bin"]
    finally:
        shutil.rmtree(home)


@pytest.mark.parametrize(
    "path", ["/etc/x", "/usr/x", "/x", "/srv/x", "/run/x", "/proc/sys/kernel/domainname"]
)
def test_the_machine_is_read_only(make_job: MakeJob, path: str) -> None:
    assert make_job(f"echo x > {path}").run().exit_code != 0
    assert path.startswith("/proc") or not os.path.exists(path)


def test_the_machine_cannot_be_made_writable_from_inside(make_job: MakeJob, home: Path) -> None:
    script = (
        f"mount -o remount,rw / ; umount {home}; umount /tmp; unshare -m true; mknod /tmp/d b 254 0; true"
    )
    job = make_job(script)
    job.run()
    log = "\n".join(job.log())
    assert log.count("ermitted") + log.count("denied") + log.count("ot permitted") >= 3, log
    assert not (job.folder / "hosts/algo-1/tmp/d").exists()


def test_what_is_to_be_hidden_is_hidden_and_what_is_to_stay_stays(make_job: MakeJob, tmp_path: Path) -> None:
    secret, wanted = tmp_path / "secret", tmp_path / "secret" / "wanted"
    wanted.mkdir(parents=True)
    (secret / "key").write_text("key")
    (wanted / "file").write_text("content")
    job = make_job(
        f"ls {secret}; cat {wanted}/file; echo x > {wanted}/file", hide=[str(secret)], readonly=[str(wanted)]
    )
    job.run()
    assert job.log()[:2] == ["wanted", "content" + job.log()[1][7:]]
    assert (wanted / "file").read_text() == "content"


def test_a_hidden_file_is_empty_and_one_that_is_not_there_does_no_harm(make_job: MakeJob) -> None:
    job = make_job("wc -c < /etc/passwd", hide=["/etc/passwd", "/no/such/file"])
    assert job.run().succeeded
    assert job.log() == ["0"]


def test_the_program_is_root_inside_and_may_change_owners(make_job: MakeJob) -> None:
    job = make_job("id -u; touch /tmp/f; chown 1234:1234 /tmp/f && echo changed")
    job.run()
    assert job.log() == ["0", "changed"]


def test_an_archive_of_another_user_unpacks(make_job: MakeJob) -> None:
    script = (
        "cd /tmp; mkdir in; echo x > in/f; tar --owner=1234 --group=1234 -czf a.tgz in; rm -r in; "
        "tar -xzf a.tgz && cat in/f"
    )
    job = make_job(script)
    assert job.run().succeeded
    assert job.log() == ["x"]


def test_the_interpreter_behind_an_environment_is_reachable(make_job: MakeJob, home: Path) -> None:
    job = make_job("$PYTHON -c 'import json, ssl, sys; print(sys.prefix)'")
    assert job.run().succeeded
    assert job.log() == [sys.base_prefix]


def test_two_jobs_have_their_own_opt_ml(make_job: MakeJob) -> None:
    first = make_job("echo first > /opt/ml/model/m; echo written; sleep 1000").launch().says("written")
    second = make_job("ls /opt/ml/model")
    assert second.run().succeeded
    assert second.log() == []
    assert first.path("model/m").read_text() == "first\n"


def test_files_and_folders_are_there_before_the_start(make_job: MakeJob) -> None:
    target = "/opt/ml/input/config/hyperparameters.json"
    job = make_job(
        f"cat {target}; ls -d /opt/ml/checkpoints",
        files=[
            process.File(target=target, text='{"a": "ü"}\n'),
            process.File(target="/opt/ml/x", text="", host="algo-2"),
        ],
        directories=["/opt/ml/checkpoints"],
    )
    assert job.run().succeeded
    assert job.log() == ['{"a": "ü"}', "/opt/ml/checkpoints"]
    assert not job.path("x").exists()
