"""Script mode and processing in the scikit-learn image, with the source in an object store."""

from __future__ import annotations

import http.server
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oficina.runners import process
from oficina.runners.images import Image
from tests.runners.conftest import Job

MakeJob = Callable[..., Job]

TRAIN = """
import argparse, json, os
import joblib, numpy as np
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("-C", type=float)
parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
arguments = parser.parse_args()
rows = np.loadtxt(os.path.join(arguments.train, "rows.csv"), delimiter=",")
model = LogisticRegression(C=arguments.C).fit(rows[:, 1:], rows[:, 0])
joblib.dump(model, os.path.join(arguments.model_dir, "model.joblib"))
print(f"train accuracy: {model.score(rows[:, 1:], rows[:, 0])};")
print(os.environ["SM_HPS"])

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], str]]:
    """An object store on a socket: put a source tar there; the answer is the store's address."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(tmp_path / "objects"))

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def put(files: dict[str, str]) -> str:
        path = tmp_path / "objects" / "bucket" / "source" / "sourcedir.tar.gz"
        path.parent.mkdir(parents=True)
        with tarfile.open(path, "w:gz") as tar:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield put
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def train(
    built: Callable[[str], Image], make_job: MakeJob, bucket: Callable[[dict[str, str]], str]
) -> Callable[..., tuple[Job, process.Exit]]:
    """Run a program as SDK v2's estimator would."""
    image = built("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3")

    def run(
        program: str, hyperparameters: dict[str, Any] | None = None, **files: str
    ) -> tuple[Job, process.Exit]:
        address = bucket(
            {"train.py": program, **{name.replace("_txt", ".txt"): text for name, text in files.items()}}
        )
        told = {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "s3://bucket/source/sourcedir.tar.gz",
            "sagemaker_region": "us-east-1",
            "sagemaker_container_log_level": 20,
            "sagemaker_job_name": "job",
            **(hyperparameters or {}),
        }
        resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
        channel = {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        config = "/opt/ml/input/config"
        job = make_job(
            image,
            list(image.train),
            env={
                "AWS_ENDPOINT_URL": address,
                "S3_ENDPOINT_URL": address,
                "AWS_ACCESS_KEY_ID": "key",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "TRAINING_JOB_NAME": "job",
            },
            files={
                f"{config}/hyperparameters.json": json.dumps({k: json.dumps(v) for k, v in told.items()}),
                f"{config}/resourceconfig.json": json.dumps(resources),
                f"{config}/inputdataconfig.json": json.dumps({"train": channel}),
                "/opt/ml/input/data/train/rows.csv": "0,1,1\n0,1,2\n1,5,5\n1,6,5\n",
            },
            outputs=[process.Output(source="/opt/ml/model", name="model.tar.gz")],
        )
        return job, job.run()

    return run


def test_a_script_trains_with_its_hyperparameters_and_leaves_its_model(
    train: Callable[..., tuple[Job, process.Exit]],
) -> None:
    job, ended = train(TRAIN, {"C": 0.5})

    assert ended.hosts["algo-1"].exit_code == 0, "\n".join(job.log())
    assert "train accuracy: 1.0;" in job.log()
    assert '{"C":0.5}' in job.log()
    assert (job.path("model") / "model.joblib").is_file()


def test_a_script_that_fails_says_why_in_the_failure_file(
    train: Callable[..., tuple[Job, process.Exit]],
) -> None:
    job, ended = train("raise ValueError('these rows are wrong')\n")

    assert ended.hosts["algo-1"].exit_code == 1
    assert ended.failure is not None
    assert ended.failure.startswith(
        'ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: these rows are wrong"'
    )
    assert "ValueError: these rows are wrong" in job.log()


def test_a_scripts_exit_code_is_in_the_failure_file(train: Callable[..., tuple[Job, process.Exit]]) -> None:
    _, ended = train("import sys; sys.exit(7)\n")

    assert ended.hosts["algo-1"].exit_code == 1, "AWS's toolkit ends with 1 whatever the program's code was"
    assert ended.failure is not None
    assert "ExitCode 7" in ended.failure


def test_requirements_beside_the_script_are_there_when_it_starts(
    train: Callable[..., tuple[Job, process.Exit]],
) -> None:
    job, ended = train(
        "import tabulate; print('tabulate', tabulate.__version__)\n", requirements_txt="tabulate==0.9.0\n"
    )
    assert ended.hosts["algo-1"].exit_code == 0, "\n".join(job.log())
    assert "tabulate 0.9.0" in job.log()


def test_a_processing_script_has_the_images_packages(
    built: Callable[[str], Image], make_job: MakeJob
) -> None:
    image = built("sagemaker-scikit-learn:1.2-1-cpu-py3")
    code = "/opt/ml/processing/input/code/preprocess.py"
    script = "import sys, joblib, numpy, pandas, sklearn; print(sklearn.__version__, sys.argv[1:])\n"
    job = make_job(image, ["python3", code, "--ratio", "0.2"], files={code: script})

    assert job.run().hosts["algo-1"].exit_code == 0, "\n".join(job.log())
    assert job.log()[-1].endswith("['--ratio', '0.2']")


@pytest.mark.parametrize("uri", ["sagemaker-scikit-learn:1.2-1", "sagemaker-xgboost:1.7-1"])
def test_packages_of_the_images_time_find_pkg_resources(built: Callable[[str], Image], uri: str) -> None:
    python = built(uri).path / "bin" / "python"
    program = "import pkg_resources; print(pkg_resources.get_distribution('numpy').project_name)"
    words: list[str | Path] = [python, "-W", "ignore", "-I", "-c", program]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "numpy\n"
