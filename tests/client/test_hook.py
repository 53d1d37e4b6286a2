"""The start-up hook: what it wraps, what it leaves, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from oficina.commands import env
from tests.jobs import Bench
from tests.servers import surroundings

HERE = "http://127.0.0.1:4600"
STS = "https://sts.us-east-1.amazonaws.com"


def python(program: str, path: str = "", **variables: str) -> str:
    """What a Python with the hook prints."""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings(PYTHONPATH=f"{env.SHIM}:{path}".rstrip(":"), **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout.strip()


def endpoint(url: str | None, **variables: str) -> str:
    """The endpoint of an STS client that was made with ``url``."""
    return python(
        "import botocore.session as s; print(s.Session().create_client('sts', region_name='us-east-1', "
        f"endpoint_url={url!r}, aws_access_key_id='a', aws_secret_access_key='b').meta.endpoint_url)",
        **variables,
    )


def test_an_explicit_address_of_aws_gives_way_to_the_variable() -> None:
    assert endpoint(STS, AWS_ENDPOINT_URL=HERE) == HERE


def test_a_variable_of_one_service_goes_before() -> None:
    other = "http://127.0.0.1:4601"
    assert endpoint(STS, AWS_ENDPOINT_URL=HERE, AWS_ENDPOINT_URL_STS=other) == other


def test_an_address_of_the_users_own_stays() -> None:
    assert endpoint("http://127.0.0.1:9", AWS_ENDPOINT_URL=HERE) == "http://127.0.0.1:9"
    assert endpoint("https://amazonaws.com.example", AWS_ENDPOINT_URL=HERE) == "https://amazonaws.com.example"


def test_without_the_variable_nothing_changes() -> None:
    assert endpoint(STS) == STS
    assert endpoint(STS, AWS_ENDPOINT_URL=HERE, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS="true") == STS


def test_another_sitecustomize_runs_as_well(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("MINE = True\nprint('mine')\n")
    printed = python("import sitecustomize; print(sitecustomize.MINE)", path=str(tmp_path))
    assert printed.split() == ["mine", "True"]


def test_it_imports_nothing_of_a_client() -> None:
    heavy = "{'botocore', 'pyarrow', 'typing', 're', 'oficina_endpoints'}"
    assert python(f"import sys; print({heavy} & set(sys.modules))", PYTHONNOUSERSITE="1") == "set()"


def test_a_module_that_is_not_installed_is_missing_as_ever() -> None:
    assert python("try:\n import pyarrow.fs\nexcept ImportError as e:\n print(e.name)") == "pyarrow"


@pytest.mark.parametrize(
    ("packages", "tag"),
    [
        ({"numpy": "1.26.4", "pandas": "2.3.3"}, ""),
        ({"numpy": "2.0.1", "pandas": "2.3.3"}, ":3.0-numpy2"),
        ({"numpy": "2.4.6", "pandas": "3.1.1"}, ":3.0-pandas3"),
        ({"numpy": "2.4.6"}, ":3.0-numpy2"),
        ({"numpy": "next"}, ""),
    ],
)
def test_a_remote_function_has_an_image_that_reads_its_clients_arrays_and_frames(
    tmp_path: Path, packages: dict[str, str], tag: str
) -> None:
    assert image_of(tmp_path, ENV_IMAGE, packages) == f"{ENV_IMAGE}{tag}"


def test_an_image_that_the_user_named_stays(tmp_path: Path) -> None:
    assert image_of(tmp_path, f"{ENV_IMAGE}:2.0", {"pandas": "3.1.1"}) == f"{ENV_IMAGE}:2.0"


ENV_IMAGE = env.IMAGE.format(region="us-east-1")


def image_of(folder: Path, image: str, packages: dict[str, str]) -> str:
    """The default image after an import of the SDK, beside packages of these versions."""
    (folder / "sagemaker" / "core" / "remote_function").mkdir(parents=True)
    (folder / "sagemaker" / "core" / "remote_function" / "__init__.py").touch()
    for name, version in packages.items():
        facts = folder / f"{name}-{version}.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    program = "import os, sagemaker.core.remote_function; print(os.environ['SAGEMAKER_INTERNAL_IMAGE_URI'])"
    return python(program, path=str(folder), SAGEMAKER_INTERNAL_IMAGE_URI=image)


def test_a_jobs_python_finds_the_hook_compiled(bench: Bench) -> None:
    bench.train("import os, oficina_front; print(os.path.exists(oficina_front.__cached__))")

    assert bench.log("job-1") == "True"
