"""A job's own requirements: installed by pip once, put in place for the next job."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oficina.config import Config
from oficina.runners.images import Catalog, Image
from oficina.runners.images.layers import Layers
from tests.package_index import index
from tests.runners.conftest import Job
from tests.waiting import wait_until

MakeJob = Callable[..., Job]
AGAIN = "Using what was installed before for the same requirements"
WANTS = {"/opt/ml/code/requirements.txt": "tabulate==0.9.0  # a table\n"}
USES = 'python -c "import tabulate; print(tabulate.__version__, tabulate.__file__)"'
READ = "pip install -r requirements.txt"


class OwnLayers(Catalog):
    """The shared environments, with a folder of layers that is one test's own."""

    def layers(self) -> Layers:
        """Beside the shared one, so that it is on the same disk."""
        shared = super().layers().folder
        return Layers(shared.with_name(f"layers-{self.config.home.parent.name}-{os.getpid()}")).prepare()

    def kept(self) -> list[Path]:
        """The layers that the next job may use."""
        return [path for path in self.layers().ready.iterdir() if path.is_dir()]


@pytest.fixture
def catalog(home: Path, cache: Path) -> Iterator[OwnLayers]:
    own = OwnLayers(Config(home=home, cache=cache))
    yield own
    shutil.rmtree(own.layers().folder)


@pytest.fixture
def plain(built: Callable[[str], Image]) -> Image:
    return built("sagemaker-base-python:1.0")


def install(line: str = READ, then: str = USES) -> list[str]:
    return ["/bin/sh", "-c", f"cd /opt/ml/code && {line} && {then}"]


@pytest.mark.parametrize(
    "line",
    [
        READ,
        "pip3 install --quiet --no-cache-dir -r requirements.txt",
        "python -m pip install -r requirements.txt -U",
        "python3 -m pip install tabulate==0.9.0",
    ],
)
def test_the_second_job_with_the_same_requirements_does_not_start_pip(
    line: str, plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    first = make_job(plain, install(line), files=WANTS)
    first.run()
    assert first.log()[-1].startswith("0.9.0 ")
    assert len(catalog.kept()) == 1

    second = make_job(plain, install(line), files=WANTS)
    second.run()

    assert second.log()[-1] == first.log()[-1]
    assert "Downloading" not in "".join(second.log())
    assert ("quiet" in line) or AGAIN in second.log()
    assert not list(plain.path.glob("lib/python*/site-packages/tabulate*")), "the image is as it was"


def test_a_program_that_runs_pip_within_itself_goes_on(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    program = """
import runpy, sys
sys.argv[1:] = ["install", "-r", "/opt/ml/code/requirements.txt"]
try:
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
except SystemExit as end:
    print("it ended with", end.code)
import tabulate
print(tabulate.__version__)
"""
    for _ in range(2):
        job = make_job(plain, ["python", "-c", program], files=WANTS)
        job.run()
        assert "it ended with 0" in job.log()
        assert job.log()[-1] == "0.9.0"
    assert AGAIN in job.log()


def test_an_upgrade_takes_the_old_package_away_in_the_second_job_too(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    line = "pip install 'cloudpickle==3.0.0'"
    then = (
        'python -c "import cloudpickle, importlib.metadata as m; '
        "print(cloudpickle.__version__, [d.version for d in m.distributions() if d.name == 'cloudpickle'])\""
    )
    for _ in range(2):
        job = make_job(plain, install(line, then), files=WANTS)
        job.run()
        assert job.log()[-1] == "3.0.0 ['3.0.0']", job.log()
    assert AGAIN in job.log()


WHEEL = """
import os, zipfile
os.makedirs("wheels")
facts = {"METADATA": "Metadata-Version: 2.1\\nName: xgboost\\nVersion: 9.9\\n", "RECORD": ""}
facts["WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
with zipfile.ZipFile("wheels/xgboost-9.9-py3-none-any.whl", "w") as wheel:
    wheel.writestr("xgboost/__init__.py", "__version__ = '9.9'")
    for name, text in facts.items():
        wheel.writestr(f"xgboost-9.9.dist-info/{name}", text)
"""


def test_another_xgboost_takes_the_place_of_the_image_s_though_that_has_another_name(
    built: Callable[[str], Image], catalog: OwnLayers, make_job: MakeJob
) -> None:
    image = built("sagemaker-xgboost:3.0-5")
    line = "python wheel.py && PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels pip install xgboost==9.9"
    then = (
        'python -c "import os, xgboost, importlib.metadata as m; '
        "there = [d.metadata['Name'] for d in m.distributions() if 'xgboost' in d.metadata['Name']]; "
        "print(xgboost.__version__, there, os.path.exists(os.path.join(xgboost.__path__[0], 'core.py')))\""
    )
    for _ in range(2):
        job = make_job(image, install(line, then), files={"/opt/ml/code/wheel.py": WHEEL})
        job.run()
        assert job.log()[-1] == "9.9 ['xgboost'] False", job.log()
    assert AGAIN in job.log()


def test_pip_leaves_the_image_s_xgboost_as_it_was_when_it_wants_something_else(
    built: Callable[[str], Image], catalog: OwnLayers, make_job: MakeJob
) -> None:
    image = built("sagemaker-xgboost:3.0-5")
    packages = "cd $(python -c 'import site; print(site.getsitepackages()[0])')"
    look = f"{packages} && ls -d xgboost* && cat xgboost*/RECORD"
    job = make_job(
        image,
        install(f"({look}) > before && {READ} && ({look}) > after", "cmp before after && echo same"),
        files=WANTS,
    )
    job.run()

    assert job.log()[-1] == "same", job.log()


def test_what_is_installed_by_path_is_left_to_pip(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    project = {
        "/opt/ml/code/pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n[project]\nname = "mine"\nversion = "1"\n'
        "[tool.setuptools]\npy-modules = ['mine']\n",
        "/opt/ml/code/mine.py": "here = True\n",
    }
    job = make_job(
        plain, install("pip install .", 'python -c "import mine; print(mine.here)"'), files=project
    )
    job.run()

    assert job.log()[-1] == "True", job.log()
    assert catalog.kept() == []


def test_a_requirement_that_does_not_exist_fails_with_pips_words_and_leaves_nothing(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    job = make_job(plain, install("pip install 'tabulate==99.9'"), files=WANTS)
    ended = job.run()

    assert ended.hosts["algo-1"].exit_code == 1
    assert "No matching distribution found for tabulate==99.9" in "".join(job.log())
    assert catalog.kept() == []


def test_an_index_that_fails_for_a_moment_fails_no_job(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    with index("503", "half", "closed") as address:
        line = f"pip install --index-url {address} --extra-index-url {address} small==1.0"
        job = make_job(plain, install(line, 'python -c "import small; print(small.here)"'), files=WANTS)
        ended = job.run()

    assert ended.hosts["algo-1"].exit_code == 0, job.log()
    assert job.log()[-1] == "True"


def test_two_jobs_at_once_leave_one_whole_layer(plain: Image, catalog: OwnLayers, make_job: MakeJob) -> None:
    jobs = [make_job(plain, install(), files=WANTS).launch() for _ in range(2)]
    for job in jobs:
        job.wait()
        assert job.log()[-1].startswith("0.9.0 "), job.log()

    (layer,) = catalog.kept()
    check_whole(layer)
    assert not [name for name in os.listdir(catalog.layers().incoming) if name != "pip"]


@pytest.mark.parametrize("moment", [0.0, 0.4, 0.7, 0.9, 1.1])
def test_a_killed_job_leaves_a_whole_layer_or_none(
    moment: float, plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    job = make_job(plain, install("echo begins && pip install tabulate==0.9.0"), files=WANTS)
    job.launch().says("begins")
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began > moment, "the moment at which the job is killed")
    os.kill(job.pid(), 9)
    job.wait()

    for layer in catalog.kept():
        check_whole(layer)
    again = make_job(plain, install("pip install tabulate==0.9.0"), files=WANTS)
    again.run()
    assert again.log()[-1].startswith("0.9.0 "), again.log()


def test_a_damaged_layer_is_made_anew(plain: Image, catalog: OwnLayers, make_job: MakeJob) -> None:
    incoming = catalog.layers().incoming
    make_job(plain, install(), files=WANTS).run()
    next(incoming.glob("*/files/**/tabulate/__init__.py")).write_text("")
    assert catalog.kept() == []

    job = make_job(plain, install(), files=WANTS)
    job.run()
    assert job.log()[-1].startswith("0.9.0 "), job.log()
    assert AGAIN not in job.log()
    (layer,) = catalog.kept()
    check_whole(layer)


def test_a_job_cannot_change_what_the_next_one_gets(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    make_job(plain, install(), files=WANTS).run()
    spoil = "python -c \"import tabulate; open(tabulate.__file__, 'w').write('spoilt')\""
    spoiler = make_job(plain, install(then=spoil), files=WANTS)
    spoiler.run()
    assert "Read-only file system" in "".join(spoiler.log())

    # pip may change everything: it works on copies.
    changer = make_job(plain, install(then=f"pip install tabulate==0.8.10 && {USES}"), files=WANTS)
    changer.run()
    assert AGAIN in changer.log()
    assert changer.log()[-1].startswith("0.8.10 ")
    again = make_job(plain, install(), files=WANTS)
    again.run()
    assert again.log()[-1].startswith("0.9.0 "), again.log()


def test_a_package_that_adds_to_one_of_the_image_is_put_in_place_too(
    plain: Image, catalog: OwnLayers, make_job: MakeJob
) -> None:
    line = "pip install zope.event==5.0 && pip install zope.interface==7.2 && pip install zope.event==5.0"
    then = 'python -c "import zope.event, zope.interface; print(zope.event, zope.interface)"'
    logs = []
    for _ in range(2):
        job = make_job(plain, install(line, then), files=WANTS)
        job.run()
        logs.append(job.log())
    assert logs[1][-1] == logs[0][-1]
    assert logs[1].count(AGAIN) == 3


def check_whole(layer: Path) -> None:
    """Every file of the manifest is there with its size, and the links' targets are."""
    key = layer.name.partition("-")[0]
    manifest = json.loads((layer.parent / f"{key}.json").read_text())
    assert manifest["folder"] == layer.name
    assert manifest["files"] or manifest["links"]
    for name, size, _ in manifest["files"]:
        assert (layer / "files" / name).stat().st_size == size, name
    for name in manifest["links"]:
        assert (layer / "files" / name).is_dir(), name
