"""Lineage under kill -9: a job's component is told with the job, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.jobs import Bench
from tests.servers import Server, dying

ACCOUNT = "555566667777"
PROGRAM = "open('/opt/ml/model/m', 'w').write('m')\nprint('auc:0.5')\n"
METRICS = {"MetricDefinitions": [{"Name": "auc", "Regex": r"auc:(\S+)"}]}


def bench_of(server: Server) -> Bench:
    """An account of the server, as its clients see it."""
    return Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))


@pytest.mark.parametrize("where", ["launched", "collected", "recorded"])
def test_a_server_killed_at_any_point_tells_a_jobs_lineage_once(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    bench = bench_of(server)
    bench.s3.create_bucket(Bucket=bench.bucket)
    request = bench.training(PROGRAM, algorithm=METRICS)
    with dying():
        bench.sagemaker.create_training_job(**request)
    server.ended()

    bench = bench_of(start_server(home, "--open"))
    job = bench.trained("job-1")

    components = bench.sagemaker.list_trial_components(SourceArn=job["TrainingJobArn"])
    (component,) = components["TrialComponentSummaries"]
    assert component["Status"]["PrimaryStatus"] == "Completed"
    told = bench.sagemaker.describe_trial_component(TrialComponentName="job-1-aws-training-job")
    assert [(each["MetricName"], each["Count"]) for each in told["Metrics"]] == [("auc", 1)]
    edges = bench.sagemaker.query_lineage(StartArns=[told["TrialComponentArn"]], IncludeEdges=True)["Edges"]
    assert sorted(each["AssociationType"] for each in edges) == ["ContributedTo", "ContributedTo", "Produced"]
