"""The registry under kill -9: a pipeline registers one version, an export writes its file, events stay."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.jobs import IMAGE, ROLE, Bench
from tests.lines import execution_of
from tests.servers import Server, dying
from tests.waiting import wait_until

ACCOUNT = "555566667777"


def bench_of(server: Server) -> Bench:
    """The account's clients."""
    return Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))


def definition() -> str:
    """One step that registers a model in a group that is not there."""
    arguments = {
        "ModelPackageGroupName": "line",
        "InferenceSpecification": {"Containers": [{"Image": IMAGE}]},
        "ModelApprovalStatus": "Approved",
    }
    step = {"Name": "register", "Type": "RegisterModel", "Arguments": arguments}
    return json.dumps({"Version": "2020-12-01", "Steps": [step]})


@pytest.mark.parametrize("where", ["step-named", "step-made", "step-ended"])
def test_a_pipeline_registers_one_version(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    sagemaker = server.client("sagemaker", ACCOUNT)
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=definition(), RoleArn=ROLE)
    with dying():
        sagemaker.start_pipeline_execution(PipelineName="line")
    server.ended()

    sagemaker = start_server(home, "--open").client("sagemaker", ACCOUNT)
    arn = execution_of(sagemaker)

    def ended() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(ended, "the execution did not succeed")
    (version,) = sagemaker.list_model_packages(ModelPackageGroupName="line")["ModelPackageSummaryList"]
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert step["Metadata"]["RegisterModel"]["Arn"] == version["ModelPackageArn"]
    assert told(home) == [version["ModelPackageArn"]]


def told(home: Path) -> list[str]:
    """The packages that events in the outbox tell of."""
    with sqlite3.connect(f"file:{home / 'oficina.db'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT detail FROM outbox ORDER BY id").fetchall()
    details: list[dict[str, Any]] = [json.loads(row[0]) for row in rows]
    return [detail["ModelPackageArn"] for detail in details]


def test_an_export_job_ends_after_a_crash(start_server: Callable[..., Server], tmp_path: Path) -> None:
    home = tmp_path / "home"
    bench = bench_of(server := start_server(home, "--open", OFICINA_CHAOS="card-exported"))
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.sagemaker.create_model_card(ModelCardName="card", Content="{}", ModelCardStatus="Draft")
    with dying():
        bench.sagemaker.create_model_card_export_job(
            ModelCardName="card",
            ModelCardExportJobName="job",
            OutputConfig={"S3OutputPath": f"s3://{bench.bucket}/cards"},
        )
    server.ended()

    bench = bench_of(start_server(home, "--open"))

    def ended() -> bool:
        (job,) = bench.sagemaker.list_model_card_export_jobs(ModelCardName="card")[
            "ModelCardExportJobSummaries"
        ]
        return bool(job["Status"] == "Completed")

    wait_until(ended, "the export job did not complete")
    assert bench.get("cards/job.pdf").startswith(b"%PDF")
