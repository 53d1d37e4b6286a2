"""Notebook jobs as a user of SDK v2 writes them: parameters, files beside the notebook, two in a row."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import boto3
import sagemaker
from sagemaker.workflow.notebook_job_step import NotebookJobStep
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution:2.0"
FIRST = ["import os\n\nimport hello", 'who, times = "nobody", "1"']
GREET = (
    "print(hello.words(who) * int(times), open('end.txt').read(), os.environ['MOOD'], os.environ['SET_UP'])"
)

session = PipelineSession()
role = sagemaker.get_execution_role()
folder = Path(tempfile.mkdtemp())


def notebook(name: str, *cells: str) -> str:
    """A notebook file of cells of code, the second one with the tag `parameters`; its path."""
    whole = [
        {
            "id": f"cell-{place}",
            "cell_type": "code",
            "execution_count": None,
            "metadata": {"tags": ["parameters"]} if place == 1 else {},
            "outputs": [],
            "source": text,
        }
        for place, text in enumerate(cells)
    ]
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps({"cells": whole, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return str(path)


(folder / "package").mkdir()
(folder / "package" / "hello.py").write_text('def words(name):\n    return f"hello {name} "\n')
(folder / "end.txt").write_text("and good night")
(folder / "prepare.sh").write_text("export SET_UP=ready PYTHONPATH=$PYTHONPATH:$PWD/package\n")
who = ParameterString("Who", "all")
greet = NotebookJobStep(
    name="Greet",
    notebook_job_name="greeting",
    input_notebook=notebook("greet", *FIRST, GREET),
    image_uri=IMAGE,
    kernel_name="python3",
    role=role,
    parameters={"who": who, "times": "2"},
    environment_variables={"MOOD": "glad"},
    initialization_script=str(folder / "prepare.sh"),
    additional_dependencies=[str(folder / "package"), str(folder / "end.txt")],
)
tell = NotebookJobStep(
    name="Tell",
    input_notebook=notebook("tell", "pass", 'made = where = ""', "print(made, where)"),
    image_uri=IMAGE,
    kernel_name="python3",
    role=role,
    parameters={
        "made": greet.properties.OutputNotebookName,
        "where": greet.properties.NotebookJobOutputLocationPrefix,
    },
)


def text(job: dict[str, Any]) -> str:
    """What the cells of a job's output notebook have printed, and the errors in them."""
    place = urlparse(
        f"{job['OutputDataConfig']['S3OutputPath']}/{job['TrainingJobName']}/output/output.tar.gz"
    )
    data = boto3.client("s3").get_object(Bucket=place.netloc, Key=place.path[1:])["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = sorted(archive.getnames())
        whole = json.load(archive.extractfile(job["Environment"]["SM_OUTPUT_NOTEBOOK_NAME"]))
    outputs = [output for cell in whole["cells"] for output in cell.get("outputs", [])]
    said = [output.get("evalue") or "".join(output.get("text", "")) for output in outputs]
    return f"{names} {said}"


pipeline = Pipeline("notebooks-v2", parameters=[who], steps=[greet, tell], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start(parameters={"Who": "world"})
execution.wait(delay=1, max_attempts=1800)
print("status", execution.describe()["PipelineExecutionStatus"])
for step in reversed(execution.list_steps()):
    name = step["Metadata"]["TrainingJob"]["Arn"].split("/")[-1]
    job = boto3.client("sagemaker").describe_training_job(TrainingJobName=name)
    print(step["StepName"], step["StepStatus"], job["TrainingJobStatus"], text(job))
