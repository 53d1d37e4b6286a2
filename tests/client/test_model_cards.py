"""Model cards through boto3: versions, status, and a PDF that can be read."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest

from tests.jobs import Bench
from tests.refusals import refusal

CONTENT = json.dumps(
    {
        "model_overview": {"model_id": "arn:aws:sagemaker:us-east-1:1:model/m", "model_name": "m (1)"},
        "intended_uses": {"purpose_of_model": "to test", "risk_rating": "Low"},
        "evaluation_details": [
            {
                "name": "auc",
                "metric_groups": [
                    {"name": "all", "metric_data": [{"name": "auc", "type": "number", "value": 0.9}]}
                ],
            }
        ],
    }
)
METRIC = {"name": "m", "type": "guess", "value": 1}


@pytest.fixture
def card(bench: Bench) -> str:
    """The ARN of a card named ``card``."""
    made = bench.sagemaker.create_model_card(
        ModelCardName="card", Content=CONTENT, ModelCardStatus="Draft", Tags=[{"Key": "k", "Value": "v"}]
    )
    arn: str = made["ModelCardArn"]
    return arn


def test_a_card_is_described_by_name_and_by_arn(bench: Bench, card: str) -> None:
    for name in ("card", card):
        found = bench.sagemaker.describe_model_card(ModelCardName=name)
        assert (found["ModelCardName"], found["ModelCardVersion"]) == ("card", 1)
        assert (found["Content"], found["ModelCardStatus"]) == (CONTENT, "Draft")
        assert found["CreatedBy"]["UserProfileName"] == "oficina"
    assert bench.sagemaker.list_tags(ResourceArn=card)["Tags"] == [{"Key": "k", "Value": "v"}]
    shown = bench.sagemaker.describe_model_card(ModelCardName="card", IncludedData="MetadataOnly")
    assert "to test" not in shown["Content"]
    assert json.loads(shown["Content"])["intended_uses"] == {"risk_rating": "Low"}


def test_new_content_is_a_new_version_and_the_old_one_stays(bench: Bench, card: str) -> None:
    bench.sagemaker.update_model_card(ModelCardName="card", Content="{}")
    bench.sagemaker.update_model_card(ModelCardName="card", ModelCardStatus="Approved")
    versions = bench.sagemaker.list_model_card_versions(ModelCardName="card")["ModelCardVersionSummaryList"]
    assert [(one["ModelCardVersion"], one["ModelCardStatus"]) for one in versions] == [
        (2, "Approved"),
        (1, "Draft"),
    ]
    assert bench.sagemaker.describe_model_card(ModelCardName="card")["Content"] == "{}"
    first = bench.sagemaker.describe_model_card(ModelCardName=card, ModelCardVersion=1)
    assert (first["Content"], first["ModelCardStatus"]) == (CONTENT, "Draft")
    listed = bench.sagemaker.list_model_cards(ModelCardStatus="Approved", NameContains="car")
    assert [one["ModelCardArn"] for one in listed["ModelCardSummaries"]] == [card]


def test_what_is_no_card_is_refused(bench: Bench, card: str) -> None:
    deep = '{"intended_uses": ' + "[" * 5_000 + "]" * 5_000 + "}"
    for content in ("", "no", "[1]", '{"strange": 1}', deep, '{"intended_uses": "\\ud800"}'):
        call = partial(bench.sagemaker.update_model_card, ModelCardName="card", Content=content)
        assert refusal(call)[0] == "ValidationException"
    both = partial(bench.sagemaker.update_model_card, Content="{}", ModelCardStatus="Draft")
    assert "in a single call" in refusal(partial(both, ModelCardName="card"))[1]
    create = partial(bench.sagemaker.create_model_card, Content="{}", ModelCardStatus="Draft")
    assert refusal(partial(create, ModelCardName="card"))[:2] == (
        "ConflictException",
        f"Model card {card} already exists.",
    )
    for version in (2, -1, 2**31 - 1):
        call = partial(bench.sagemaker.describe_model_card, ModelCardName="card", ModelCardVersion=version)
        assert refusal(call)[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"model_overview": "text"}, "model_overview must be an object"),
        ({"model_overview": {"model_name": 5}}, "model_overview.model_name must be a string"),
        ({"model_overview": {"model_artifact": "s3://b"}}, "model_overview.model_artifact must be a list"),
        ({"intended_uses": {"risk_rating": "Huge"}}, "risk_rating must be one of High, Medium, Low, Unknown"),
        ({"evaluation_details": [{}]}, "evaluation_details[0].name is missing"),
        (
            {
                "evaluation_details": [
                    {"name": "e", "metric_groups": [{"name": "g", "metric_data": [METRIC]}]}
                ]
            },
            "evaluation_details[0].metric_groups[0].metric_data[0].type must be one of number, string",
        ),
    ],
)
def test_content_that_does_not_follow_the_schema_is_refused(
    bench: Bench, content: dict[str, Any], place: str
) -> None:
    create = partial(bench.sagemaker.create_model_card, ModelCardName="wrong", ModelCardStatus="Draft")
    code, message = refusal(partial(create, Content=json.dumps(content)))[:2]
    assert code == "ValidationException"
    assert place in message


def test_search_finds_a_card_by_its_model(bench: Bench, card: str) -> None:
    one = {"Name": "ModelId", "Operator": "Equals", "Value": "arn:aws:sagemaker:us-east-1:1:model/m"}
    found = bench.sagemaker.search(Resource="ModelCard", SearchExpression={"Filters": [one]})["Results"]
    assert [record["ModelCard"]["ModelCardArn"] for record in found] == [card]


def exported(bench: Bench, name: str, **members: Any) -> dict[str, Any]:
    """An export job that has ended."""
    output = {"S3OutputPath": f"s3://{bench.bucket}/cards/"}
    request = {"ModelCardName": "card", "OutputConfig": output, **members}
    made = bench.sagemaker.create_model_card_export_job(ModelCardExportJobName=name, **request)
    job: dict[str, Any] = bench.sagemaker.describe_model_card_export_job(
        ModelCardExportJobArn=made["ModelCardExportJobArn"]
    )
    return job


def test_a_card_is_exported_as_a_pdf(bench: Bench, card: str) -> None:
    bench.sagemaker.update_model_card(ModelCardName="card", Content="{}")
    job = exported(bench, "first", ModelCardVersion=1)
    assert (job["Status"], job["ModelCardVersion"]) == ("Completed", 1)
    assert job["ModelCardExportJobArn"] == f"{card}/export-job/first"
    uri = job["ExportArtifacts"]["S3ExportArtifacts"]
    assert uri == f"s3://{bench.bucket}/cards/first.pdf"
    data = bench.get("cards/first.pdf")
    assert data.startswith(b"%PDF-1.4")
    assert rb"(Purpose of model: to test) Tj" in data
    assert rb"(Model name: m \(1\)) Tj" in data
    start = int(re.findall(rb"startxref\n(\d+)", data)[0])
    assert data[start:].startswith(b"xref")
    listed = bench.sagemaker.list_model_card_export_jobs(ModelCardName="card", StatusEquals="Completed")
    assert [one["ModelCardExportJobName"] for one in listed["ModelCardExportJobSummaries"]] == ["first"]


def test_an_export_to_no_bucket_fails_and_says_why(bench: Bench, card: str) -> None:
    job = exported(bench, "lost", OutputConfig={"S3OutputPath": "s3://no-such-bucket-here/x"})
    assert job["Status"] == "Failed"
    assert "bucket" in job["FailureReason"]
    assert job["ModelCardArn" if "ModelCardArn" in job else "ModelCardName"] in ("card", card)


def test_a_deleted_card_is_gone_with_versions_and_jobs(bench: Bench, card: str) -> None:
    job = exported(bench, "first")
    bench.sagemaker.delete_model_card(ModelCardName="card")
    for call in (
        partial(bench.sagemaker.describe_model_card, ModelCardName="card"),
        partial(bench.sagemaker.list_model_card_versions, ModelCardName="card"),
        partial(
            bench.sagemaker.describe_model_card_export_job,
            ModelCardExportJobArn=job["ModelCardExportJobArn"],
        ),
    ):
        assert refusal(call)[0] == "ResourceNotFound"
    bench.sagemaker.create_model_card(ModelCardName="card", Content="{}", ModelCardStatus="Draft")
    versions = bench.sagemaker.list_model_card_versions(ModelCardName="card")["ModelCardVersionSummaryList"]
    assert [one["ModelCardVersion"] for one in versions] == [1]
