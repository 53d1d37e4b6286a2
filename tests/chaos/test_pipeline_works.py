"""Checks and deployments of a pipeline under kill -9 of the server: one job, one update, the same end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import shops
from tests.analyzers import QUALITY, teach
from tests.client.test_pipeline_checks import quality, supplied
from tests.jobs import Bench
from tests.lines import Line, execution_of
from tests.servers import Server, dying
from tests.shops import Shop, variant

ACCOUNT = "444455556666"


def bench_of(server: Server) -> Bench:
    """An account's clients."""
    return Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))


def executed(line: Line) -> dict[str, Any]:
    """The one execution of the pipeline, once it has ended, whatever server began it."""
    return line.ended(execution_of(line.bench.sagemaker))


@pytest.mark.parametrize("where", ["step-named", "step-made", "recorded", "step-ended"])
def test_a_check_computes_once_and_keeps_its_baseline(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    bench.put("data/rows.csv", "1,5\n2,4\n")
    line = Line(bench)
    quality(line, teach(server, "analyzer", QUALITY), **supplied(bench, {"_c0": 9, "_c1": 9}))
    bench.put("Quality/constraint_violations.json", json.dumps({"violations": [{"old": True}]}))
    line.create()
    with dying():
        line.start()
    server.ended()

    line.bench = bench_of(start_server(home, "--open"))

    execution = executed(line)
    step = line.told(execution)["Quality"]
    assert (execution["PipelineExecutionStatus"], step["AttemptCount"]) == ("Succeeded", 1)
    assert step["Metadata"]["QualityCheck"]["BaselineUsedForDriftCheckConstraints"].endswith("limits.json")
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 1


@pytest.mark.parametrize("where", ["step-named", "step-made", "step-ended"])
def test_an_endpoint_is_updated_once(start_server: Callable[..., Server], tmp_path: Path, where: str) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    shops.teach(server)
    shop = Shop.of(lambda service: server.client(service, ACCOUNT))
    shop.model("old")
    shop.model("new")
    shop.open("one", variant("old"))
    shop.config("next", variant("new"))
    server.kill()
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    line = Line(bench_of(server))
    arguments = {"EndpointName": "one", "EndpointConfigName": "next"}
    line.add({"Name": "Deploy", "Type": "Endpoint", "Arguments": arguments})
    line.create()
    with dying():
        line.start()
    server.ended()

    server = start_server(home, "--open")

    line.bench = bench_of(server)
    assert executed(line)["PipelineExecutionStatus"] == "Succeeded"
    endpoint = line.bench.sagemaker.describe_endpoint(EndpointName="one")
    assert endpoint["EndpointConfigName"] == "next"
    line.bench.sagemaker.delete_endpoint(EndpointName="one")
