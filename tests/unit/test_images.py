"""Which image a URI means, and what is said when it means none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from oficina.config import Config
from oficina.runners.images import Catalog, Client, ImageUnknown, Reference, compiler
from oficina.runners.images.definition import Definition
from oficina.runners.images.interpreters import choose, fits, installed, running
from oficina.runners.images.reference import bare, numbers, python_of

ECR = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(Config(home=tmp_path))


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("tabulate\n")
    return path


@pytest.mark.parametrize(
    ("uri", "path", "tag"),
    [
        (f"{ECR}/sagemaker-xgboost:1.7-1", "sagemaker-xgboost", "1.7-1"),
        (f"{ECR}/sagemaker-xgboost:1.7-1@{DIGEST}", "sagemaker-xgboost", "1.7-1"),
        (f"{ECR}/sagemaker-xgboost@{DIGEST}", "sagemaker-xgboost", None),
        (f"{ECR}.cn/mine", "mine", None),
        (
            "public.ecr.aws/sagemaker/sagemaker-distribution:latest-cpu",
            "sagemaker/sagemaker-distribution",
            "latest-cpu",
        ),
        ("sagemaker-xgboost:3.0-5", "sagemaker-xgboost", "3.0-5"),
        ("team/model:2", "team/model", "2"),
        ("localhost:5000/model", "model", None),
        ("python", "python", None),
    ],
)
def test_a_uri_is_a_repository_and_a_tag_wherever_it_is_stored(uri: str, path: str, tag: str | None) -> None:
    reference = Reference.parse(uri)
    assert (reference.path, reference.tag) == (path, tag)
    assert reference.repository == path.rpartition("/")[2]


def test_what_aws_appends_to_a_tag_is_no_part_of_its_version() -> None:
    assert [
        bare(tag) for tag in ("1.7-1-cpu-py3", "1.4-2-py312", "3.1.0-cpu", "latest-gpu", "2.6-cpu-py310")
    ] == [
        "1.7-1",
        "1.4-2",
        "3.1.0",
        "latest",
        "2.6",
    ]
    assert python_of("1.4-2-cpu-py312") == (3, 12)
    assert python_of("1.7-1-cpu-py3") is None
    assert numbers("1.7-1") == (1, 7, 1)
    assert numbers("latest") == ()


@pytest.mark.parametrize(
    ("uri", "name", "tag"),
    [
        (f"{ECR}/sagemaker-xgboost:1.7-1", "xgboost", "1.7-1"),
        (f"{ECR}/sagemaker-xgboost:1.5-1-cpu-py3", "xgboost", "1.7-1"),
        (f"{ECR}/sagemaker-xgboost:3.2-0", "xgboost", "3.0-5"),
        (f"{ECR}/xgboost:latest", "xgboost", "1.7-1"),
        (f"{ECR}/xgboost:1", "xgboost", "1.7-1"),
        (
            "111122223333.dkr.ecr.sa-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "sklearn",
            "1.2-1",
        ),
        (f"{ECR}/sagemaker-scikit-learn:0.23-1-cpu-py3", "sklearn", "1.2-1"),
        (f"{ECR}/sagemaker-scikit-learn:1.4-2-cpu-py312", "sklearn", "1.4-2"),
        (f"{ECR}/sagemaker-scikit-learn:1.5-1", "sklearn", "1.4-2"),
        (f"{ECR}/sagemaker-scikit-learn@{DIGEST}", "sklearn", "1.4-2"),
        ("public.ecr.aws/sagemaker/sagemaker-distribution:3.1.0-cpu", "distribution", "3.0"),
        ("public.ecr.aws/sagemaker/sagemaker-distribution:2.6-cpu", "distribution", "2.0"),
        (f"{ECR}/sagemaker-base-python-310:1.0", "python", "1.0"),
        ("python:3.12-slim", "python", "1.0"),
    ],
)
def test_awss_uris_mean_the_images_that_come_along(uri: str, name: str, tag: str, catalog: Catalog) -> None:
    image = catalog.resolve(uri)
    assert (image.name, image.tag) == (name, tag)


def test_a_neighbour_that_stands_in_says_so(catalog: Catalog) -> None:
    assert catalog.resolve("sagemaker-xgboost:1.5-1").note == (
        "sagemaker-xgboost:1.5-1 runs with the packages of 1.7-1"
    )
    assert catalog.resolve("sagemaker-xgboost:1.7-1-cpu-py3").note == ""
    former = catalog.resolve("xgboost:latest")
    assert former.note == "xgboost:0.72-1 runs with the packages of 1.7-1"
    assert former.environment["OFICINA_IMAGE_TAG"] == "0.72-1"


@pytest.mark.parametrize(("sdk", "tag"), [(2, "2.0"), (3, "3.0"), (None, "3.0"), (9, "3.0")])
def test_without_a_tag_the_image_has_the_sdk_of_the_client(
    sdk: int | None, tag: str, catalog: Catalog
) -> None:
    image = catalog.resolve(f"{ECR}/sagemaker-distribution-prod", Client(sdk=sdk))
    assert image.tag == tag
    assert catalog.resolve("sagemaker-distribution:3.1.0", Client(sdk=2)).tag == "3.0"
    assert catalog.resolve("sagemaker-distribution:3.0-pandas3", Client(sdk=2)).tag == "3.0-pandas3"


@pytest.mark.parametrize("python", sorted({each.version for each in installed()} | {running().version}))
def test_an_image_runs_on_the_python_of_the_client(python: tuple[int, int], catalog: Catalog) -> None:
    image = catalog.resolve("sagemaker-distribution:2.0", Client(python=python))
    told = [str(image.python), "-c", "import sys; print(*sys.version_info[:2])"]
    said = subprocess.run(told, capture_output=True, text=True, check=True).stdout.split()
    fitting = python if fits(python, ">=3.9") else running().version
    assert said == [str(part) for part in fitting]


def test_the_arguments_of_a_remote_function_tell_of_its_client() -> None:
    words = ["--region", "us-east-1", "--client_python_version", "3.12", "--client_sagemaker_pysdk_version"]
    assert Client.of([*words, "3.27.0"]) == Client(python=(3, 12), sdk=3)
    assert Client.of([*words, "2.257.7.dev0"]) == Client(python=(3, 12), sdk=2)
    assert Client.of(["--client_python_version"]) == Client()
    assert Client.of(["--client_python_version", "three", "--more"]) == Client()


def test_an_unknown_image_says_what_to_type(catalog: Catalog) -> None:
    with pytest.raises(ImageUnknown) as caught:
        catalog.resolve(f"{ECR}/team/fraud:7")
    assert "oficina image add team/fraud --requirements FILE" in str(caught.value)
    assert "sagemaker-xgboost" in str(caught.value)


def test_an_unknown_tag_lists_the_tags_there_are(catalog: Catalog) -> None:
    with pytest.raises(ImageUnknown) as caught:
        catalog.resolve(f"{ECR}/sagemaker-scikit-learn:7.1-1")
    assert "it has 1.2-1, 1.4-2" in str(caught.value)
    assert "oficina image add sagemaker-scikit-learn:7.1-1 --requirements FILE" in str(caught.value)


def test_an_image_of_the_users_own_has_a_meaning_in_every_account(
    catalog: Catalog, requirements: Path
) -> None:
    catalog.registry.add("fraud", requirements, ("python", "-m", "fraud"))

    image = catalog.resolve(f"{ECR}/team/fraud:7")
    assert image.name == "fraud"
    assert image.tag == "7"
    assert image.train == ("python", "-m", "fraud", "train")
    assert image.serve == ("python", "-m", "fraud", "serve")
    assert image.process == ("python", "-m", "fraud")


def test_a_users_tag_goes_before_the_users_repository_and_before_awss(
    catalog: Catalog, requirements: Path
) -> None:
    catalog.registry.add("fraud", requirements)
    catalog.registry.add("fraud:2", requirements)
    catalog.registry.add("sagemaker-scikit-learn:7.1-1", requirements)

    assert catalog.resolve("fraud:1").name == "fraud"
    assert catalog.resolve("fraud:2").name == "fraud:2"
    assert catalog.resolve(f"{ECR}/sagemaker-scikit-learn:7.1-1").name == "sagemaker-scikit-learn:7.1-1"
    assert catalog.resolve(f"{ECR}/sagemaker-scikit-learn:1.4-2").name == "sklearn"


def test_an_image_that_is_removed_has_no_meaning_any_more(catalog: Catalog, requirements: Path) -> None:
    catalog.registry.add("fraud", requirements)
    requirements.unlink()
    assert [own.name for own in catalog.registry.images()] == ["fraud"]

    catalog.registry.remove("fraud")
    with pytest.raises(ImageUnknown):
        catalog.resolve("fraud:1")
    with pytest.raises(ImageUnknown, match="There is no image fraud of yours"):
        catalog.registry.remove("fraud")


def test_files_that_a_requirements_file_names_are_taken_in(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "base.txt").write_text("six\n")
    top = tmp_path / "top.txt"
    top.write_text("-r base.txt\n-c limits.txt\ntabulate\n")

    own = catalog.registry.add("mine", top)
    assert own.requirements == f"six\n\n-c {tmp_path}/limits.txt\ntabulate\n"


def test_a_missing_requirements_file_is_told(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(ImageUnknown, match="There is no file"):
        catalog.registry.add("mine", tmp_path / "none.txt")


def test_the_digest_follows_the_pins_and_the_sources(catalog: Catalog, requirements: Path) -> None:
    catalog.registry.add("mine", requirements)
    first = catalog.resolve("mine:1").digest
    assert catalog.resolve(f"{ECR}/mine:2").digest == first

    requirements.write_text("tabulate==0.9.0\n")
    catalog.registry.add("mine", requirements)
    assert catalog.resolve("mine:1").digest != first


def test_a_constraint_on_python_is_kept() -> None:
    assert fits((3, 12), ">=3.11,<3.13")
    assert not fits((3, 13), ">=3.11,<3.13")
    assert fits((3, 11), "==3.11")
    with pytest.raises(ValueError, match="write it like"):
        fits((3, 11), "3.11")
    assert choose(">=3.11") == running()
    assert choose(">=3.99") is None


@pytest.mark.parametrize(
    "path", sorted(Path(__file__).parents[2].glob("images/*/image.toml")), ids=lambda p: p.parent.name
)
def test_every_image_is_defined_with_pins_that_have_hashes_and_no_address(path: Path) -> None:
    definition = Definition.read(path)
    assert definition.repositories
    for tag in definition.tags.values():
        text = (path.parent / tag.requirements).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "pip==" in text


def test_without_headers_the_one_c_module_of_script_mode_becomes_a_python_module(tmp_path: Path) -> None:
    variables = compiler.stand_in(tmp_path)
    module = tmp_path / "gethostname.cpython-311-x86_64-linux-gnu.so"
    subprocess.run([variables["LDSHARED"], "-shared", "a.o", "-o", str(module)], check=True)
    assert module.read_bytes() == b""

    compiler.mend(tmp_path)
    assert not module.exists()
    assert (tmp_path / "gethostname.py").read_text().startswith('"""Stands in for the C module')
