"""QualityCheck and ClarifyCheck steps through boto3: baselines, violations, and what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.analyzers import CLARIFY, QUALITY, teach
from tests.jobs import IMAGE, ROLE, Bench, processing_input, processing_output
from tests.lines import Line, get
from tests.servers import Server

OUT = "/opt/ml/processing/output"
DATA = "/opt/ml/processing/input/baseline_dataset_input"


@pytest.fixture(scope="module")
def analyzer(open_server: Server) -> str:
    """The URI of an analyzer that is there."""
    return teach(open_server, "own-quality-analyzer", QUALITY)


@pytest.fixture
def line(bench: Bench) -> Line:
    """An empty pipeline, and a dataset."""
    bench.put("data/rows.csv", "1,5\n2,4\n")
    return Line(bench)


def quality(line: Line, image: str, name: str = "Quality", **members: Any) -> dict[str, Any]:
    """A step as the SDKs write it: its job, and the flags beside it."""
    arguments = {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": image},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.c5.xlarge", "VolumeSizeInGB": 20}
        },
        "ProcessingInputs": [processing_input("baseline_dataset_input", "s3://workbench/data", DATA)],
        "ProcessingOutputConfig": {
            "Outputs": [processing_output("quality_check_output", f"s3://workbench/{name}", OUT)]
        },
        "Environment": {
            "dataset_format": '{"csv": {"header": false}}',
            "dataset_source": DATA,
            "output_path": OUT,
            "publish_cloudwatch_metrics": "Disabled",
        },
    }
    flags = {
        "CheckType": "DATA_QUALITY",
        "ModelPackageGroupName": None,
        "SkipCheck": True,
        "FailOnViolation": None,
        "RegisterNewBaseline": True,
        "SuppliedBaselineStatistics": None,
        "SuppliedBaselineConstraints": None,
    }
    return line.add({"Name": name, "Type": "QualityCheck", "Arguments": arguments, **flags, **members})


def supplied(bench: Bench, largest: dict[str, float]) -> dict[str, Any]:
    """An earlier baseline of files, and the flags of a check against it."""
    body = json.dumps({"largest": largest})
    return {
        "SkipCheck": False,
        "RegisterNewBaseline": False,
        "SuppliedBaselineConstraints": bench.put("earlier/limits.json", body),
        "SuppliedBaselineStatistics": bench.put("earlier/statistics.json", body),
    }


def test_a_first_run_calculates_the_baseline_and_uses_it(line: Line, analyzer: str) -> None:
    quality(line, analyzer)

    execution = line.run()

    told = line.told(execution)["Quality"]["Metadata"]["QualityCheck"]
    job = line.bench.sagemaker.describe_processing_job(ProcessingJobName=told["CheckJobArn"].split("/")[1])
    assert told == {
        "CheckType": "DATA_QUALITY",
        "SkipCheck": True,
        "RegisterNewBaseline": True,
        "CheckJobArn": job["ProcessingJobArn"],
        "CalculatedBaselineConstraints": "s3://workbench/Quality/constraints.json",
        "CalculatedBaselineStatistics": "s3://workbench/Quality/statistics.json",
        "BaselineUsedForDriftCheckConstraints": "s3://workbench/Quality/constraints.json",
        "BaselineUsedForDriftCheckStatistics": "s3://workbench/Quality/statistics.json",
    }
    assert json.loads(line.bench.get("Quality/statistics.json"))["largest"] == {"_c0": 2.0, "_c1": 5.0}
    assert job["ProcessingJobName"].startswith(
        f"pipelines-{execution['PipelineExecutionArn'][-12:]}-Quality-"
    )


def test_a_check_is_held_against_the_baseline_that_is_supplied(line: Line, analyzer: str) -> None:
    quality(line, analyzer, **supplied(line.bench, {"_c0": 9, "_c1": 9}))

    step = line.told(line.run())["Quality"]

    told = step["Metadata"]["QualityCheck"]
    assert (step["StepStatus"], told["SkipCheck"], told["RegisterNewBaseline"]) == ("Succeeded", False, False)
    assert told["BaselineUsedForDriftCheckConstraints"] == "s3://workbench/earlier/limits.json"
    assert told["CalculatedBaselineConstraints"] == "s3://workbench/Quality/constraints.json"
    assert "ViolationReport" not in told
    job = line.bench.sagemaker.describe_processing_job(ProcessingJobName=told["CheckJobArn"].split("/")[1])
    assert job["Environment"]["baseline_constraints"] == "/opt/ml/processing/baseline/constraints/limits.json"
    assert [item["InputName"] for item in job["ProcessingInputs"][1:]] == ["constraints", "baseline"]


@pytest.mark.parametrize("fails", [None, True, False])
def test_a_violation_fails_the_step_unless_it_is_not_to(
    line: Line, analyzer: str, fails: bool | None
) -> None:
    quality(line, analyzer, **supplied(line.bench, {"_c0": 1, "_c1": 9}), FailOnViolation=fails)

    execution = line.run()

    step = line.told(execution)["Quality"]
    report = "s3://workbench/Quality/constraint_violations.json"
    assert step["Metadata"]["QualityCheck"]["ViolationReport"] == report
    if fails is False:
        assert step["StepStatus"] == "Succeeded"
    else:
        assert step["FailureReason"] == f"ClientError: Quality check failed. See violation report: {report}"
        assert execution["PipelineExecutionStatus"] == "Failed"


def test_the_report_of_an_earlier_run_is_not_this_ones(line: Line, open_server: Server) -> None:
    report = '(out / "constraint_violations.json")'
    silent = teach(open_server, "silent-analyzer", QUALITY.replace(report, f"if violations: {report}"))
    quality(line, silent, **supplied(line.bench, {"_c0": 9, "_c1": 9}))
    old = {"violations": [{"feature_name": "_c0"}]}
    line.bench.put("Quality/constraint_violations.json", json.dumps(old))

    assert line.run()["PipelineExecutionStatus"] == "Succeeded"
    assert json.loads(line.bench.get("Quality/constraint_violations.json")) == old


def test_the_baseline_of_the_latest_approved_package_is_used(line: Line, analyzer: str) -> None:
    sagemaker, bench = line.bench.sagemaker, line.bench
    sagemaker.create_model_package_group(ModelPackageGroupName="models")
    for number, status in ((1, "Approved"), (2, "Approved"), (3, "Rejected")):
        body = json.dumps({"largest": {"_c0": number * 9, "_c1": 9}})
        files = {
            name: {
                "S3Uri": bench.put(f"v{number}/{name}.json", body),
                "ContentType": "application/json",
            }
            for name in ("Statistics", "Constraints")
        }
        sagemaker.create_model_package(
            ModelPackageGroupName="models",
            ModelApprovalStatus=status,
            DriftCheckBaselines={"ModelDataQuality": files},
            InferenceSpecification={
                "Containers": [{"Image": IMAGE}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )
    quality(line, analyzer, SkipCheck=False, RegisterNewBaseline=True, ModelPackageGroupName="models")
    line.add(
        {
            "Name": "Say",
            "Type": "Fail",
            "Arguments": {"ErrorMessage": get("Steps.Quality.BaselineUsedForDriftCheckStatistics")},
        }
    )

    execution = line.run()

    told = line.told(execution)["Quality"]["Metadata"]["QualityCheck"]
    job = sagemaker.describe_processing_job(ProcessingJobName=told["CheckJobArn"].split("/")[1])
    uris = [item["S3Input"]["S3Uri"] for item in job["ProcessingInputs"][1:]]
    assert uris == ["s3://workbench/v2/Constraints.json", "s3://workbench/v2/Statistics.json"]
    assert told["ModelPackageGroupName"] == "models"
    assert execution["FailureReason"] == "s3://workbench/Quality/statistics.json"


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "Neither SuppliedBaselineConstraints nor ModelPackageGroupName was given."),
        ({"ModelPackageGroupName": "nothing"}, "The model package group nothing:"),
        ({"ModelPackageGroupName": "empty"}, "The model package group empty has no approved version."),
    ],
)
def test_without_an_earlier_baseline_the_step_says_so(
    line: Line, analyzer: str, members: dict[str, Any], sentence: str
) -> None:
    line.bench.sagemaker.create_model_package_group(ModelPackageGroupName="empty")
    quality(line, analyzer, SkipCheck=True, RegisterNewBaseline=False, **members)

    step = line.told(line.run())["Quality"]

    assert step["StepStatus"] == "Failed"
    assert step["FailureReason"].startswith("ClientError: Step Quality needs an earlier baseline of DATA")
    assert sentence in step["FailureReason"]
    assert not line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]


def test_an_analyzer_that_is_not_there_is_told(line: Line) -> None:
    quality(line, "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer")

    step = line.told(line.run())["Quality"]

    assert step["StepStatus"] == "Failed"
    assert "does not come with oficina yet" in step["FailureReason"]
    assert "oficina image add sagemaker-model-monitor-analyzer" in step["FailureReason"]
    assert not line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]


def test_a_job_that_leaves_no_baseline_fails_its_step(line: Line, open_server: Server) -> None:
    idle = teach(open_server, "idle-analyzer", "pass")
    quality(line, idle)

    assert (
        "did not write s3://workbench/Quality/constraints.json"
        in (line.told(line.run())["Quality"]["FailureReason"])
    )


def test_a_check_is_taken_from_the_cache_until_a_flag_changes(line: Line, analyzer: str) -> None:
    line.parameters.append({"Name": "Renew", "Type": "Boolean", "DefaultValue": True})
    cache: dict[str, Any] = {"CacheConfig": {"Enabled": True, "ExpireAfter": "PT1H"}}
    flags: dict[str, Any] = {"RegisterNewBaseline": get("Parameters.Renew"), **cache}
    quality(line, analyzer, **{**supplied(line.bench, {"_c0": 9, "_c1": 9}), **flags})
    first = line.told(line.run())["Quality"]

    hit = line.told(line.ended(line.start()))["Quality"]
    other = line.told(line.ended(line.start(Renew="false")))["Quality"]

    assert "CacheHitResult" in hit
    assert hit["Metadata"] == first["Metadata"]
    assert "CacheHitResult" not in other
    assert other["Metadata"]["QualityCheck"]["BaselineUsedForDriftCheckConstraints"].endswith("limits.json")


def clarify(line: Line, image: str, kind: str, config: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A ClarifyCheck step as the SDKs write it."""
    place = "/opt/ml/processing/input"
    arguments = {
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": image},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.c5.xlarge", "VolumeSizeInGB": 20}
        },
        "ProcessingInputs": [
            processing_input(
                "analysis_config",
                line.bench.put("config/analysis_config.json", json.dumps(config)),
                f"{place}/config",
            ),
            processing_input("dataset", "s3://workbench/data", f"{place}/data"),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [processing_output("analysis_result", "s3://workbench/clarify", OUT)]
        },
    }
    flags = {"CheckType": kind, "SkipCheck": False, "RegisterNewBaseline": False}
    return line.add({"Name": "Clarify", "Type": "ClarifyCheck", "Arguments": arguments, **flags, **members})


@pytest.mark.parametrize(("methods", "status"), [(["shap"], "Succeeded"), (["pdp"], "Failed")])
def test_clarify_gets_the_model_and_is_held_against_its_baseline(
    line: Line, open_server: Server, methods: list[str], status: str
) -> None:
    image = teach(open_server, "own-clarify", CLARIFY)
    config = {"methods": {"shap": {}}, "predictor": {"instance_type": "ml.m5.large"}}
    earlier = line.bench.put("earlier/analysis.json", json.dumps({"methods": methods}))
    line.parameters.append({"Name": "Model", "Type": "String", "DefaultValue": "churn"})
    clarify(
        line,
        image,
        "MODEL_EXPLAINABILITY",
        config,
        ModelName=get("Parameters.Model"),
        SuppliedBaselineConstraints=earlier,
    )

    step = line.told(line.run())["Clarify"]

    assert step["StepStatus"] == status
    told = step["Metadata"]["ClarifyCheck"]
    assert told["CalculatedBaselineConstraints"] == "s3://workbench/clarify/analysis.json"
    assert told["BaselineUsedForDriftCheckConstraints"] == earlier
    analysed = json.loads(line.bench.get("clarify/analysis.json"))
    assert analysed["predictor"] == {"instance_type": "ml.m5.large", "model_name": "churn"}
    if status == "Failed":
        report = "s3://workbench/clarify/constraint_violations.json"
        assert step["FailureReason"] == f"ClientError: Clarify check failed. See violation report: {report}"


def test_a_violation_report_that_is_not_json_fails_the_step(line: Line, open_server: Server) -> None:
    broken = QUALITY.replace('json.dumps({"violations": violations})', '"not json"')
    quality(
        line,
        teach(open_server, "broken-analyzer", broken),
        **supplied(line.bench, {"_c0": 9, "_c1": 9}),
    )

    assert "constraint_violations.json is not JSON" in line.told(line.run())["Quality"]["FailureReason"]
