"""The model registry through boto3: what is registered is what is told, approved and served."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.jobs import ROLE
from tests.refusals import refusal
from tests.registry import group, register, specification
from tests.servers import Server
from tests.shops import BUCKET, IMAGE, Shop, variant

ARN = "arn:aws:sagemaker:us-east-1:{account}:{what}"


def describe(shop: Shop, arn: str, **members: Any) -> dict[str, Any]:
    """A package."""
    found: dict[str, Any] = shop.sagemaker.describe_model_package(ModelPackageName=arn, **members)
    return found


def listed(shop: Shop, **members: Any) -> list[str]:
    """The ends of the ARNs of a list."""
    found = shop.sagemaker.list_model_packages(**members)["ModelPackageSummaryList"]
    return [one["ModelPackageArn"].partition("model-package/")[2] for one in found]


def events(server: Server, account: str) -> list[dict[str, Any]]:
    """What waits in the outbox of an account."""
    with sqlite3.connect(f"file:{server.home / 'oficina.db'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT detail_type, detail FROM outbox WHERE account=?", (account,))
        return [{"type": kind, **json.loads(detail)} for kind, detail in rows]


def test_versions_count_up_in_a_group(shop: Shop, account: str) -> None:
    group(shop)
    arns = [register(shop), register(shop)]
    assert arns == [ARN.format(account=account, what=f"model-package/models/{n}") for n in (1, 2)]
    shop.sagemaker.delete_model_package(ModelPackageName=arns[1])
    assert register(shop).endswith("/3")
    assert listed(shop, ModelPackageGroupName="models") == ["models/1", "models/3"]


def test_a_version_is_described_as_aws_does(shop: Shop, account: str) -> None:
    group(shop)
    package = describe(shop, register(shop))
    assert "ModelPackageName" not in package
    assert package["ModelPackageGroupName"] == "models"
    assert package["ModelPackageVersion"] == 1
    assert package["ModelPackageStatus"] == "Completed"
    assert package["ModelPackageStatusDetails"] == {"ValidationStatuses": [], "ImageScanStatuses": []}
    assert package["CertifyForMarketplace"] is False
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    assert package["SkipModelValidation"] == "None"
    assert package["CreatedBy"]["IamIdentity"]["Arn"].endswith(
        ":assumed-role/" + ROLE.split("/")[-1] + "/oficina"
    )
    assert package["CreatedBy"]["UserProfileName"] == "oficina"
    assert package["CreatedBy"]["DomainId"].startswith("d-")
    assert package["ModelCard"]["ModelCardStatus"] == "Draft"
    overview = json.loads(package["ModelCard"]["ModelCardContent"])["model_overview"]
    assert overview == {"model_artifact": [f"s3://{BUCKET}/m/model.tar.gz"]}


def test_digest_and_etag_are_those_of_the_real_bytes(shop: Shop) -> None:
    group(shop)
    (container,) = describe(shop, register(shop))["InferenceSpecification"]["Containers"]
    data = shop.s3.get_object(Bucket=BUCKET, Key="m/model.tar.gz")["Body"].read()
    assert container["ModelDataETag"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
    shop.open("one", variant(shop.model("plain")))
    endpoint = shop.sagemaker.describe_endpoint(EndpointName="one")
    resolved = endpoint["ProductionVariants"][0]["DeployedImages"][0]["ResolvedImage"]
    assert resolved.endswith(f"@{container['ImageDigest']}")


def test_every_member_of_the_request_is_echoed(shop: Shop) -> None:
    group(shop)
    report = {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/report.json"}
    members: dict[str, Any] = {
        "ModelPackageDescription": "the best",
        "ModelApprovalStatus": "Rejected",
        "MetadataProperties": {"CommitId": "abc", "GeneratedBy": json.dumps({"ModelVersion": "3"})},
        "ModelMetrics": {"ModelQuality": {"Statistics": report}, "Bias": {"Report": report}},
        "DriftCheckBaselines": {"ModelDataQuality": {"Constraints": report}},
        "CustomerMetadataProperties": {"auc": "0.9"},
        "Domain": "MACHINE_LEARNING",
        "Task": "CLASSIFICATION",
        "SamplePayloadUrl": f"s3://{BUCKET}/sample.tar.gz",
        "ModelLifeCycle": {"Stage": "Development", "StageStatus": "Ready", "StageDescription": "x"},
        "ModelCard": {"ModelCardContent": '{"business_details": {}}', "ModelCardStatus": "PendingReview"},
        "SkipModelValidation": "All",
    }
    package = describe(shop, register(shop, **members))
    assert {name: package[name] for name in members} == members


def test_approval_is_told_with_its_reason_and_by_whom(shop: Shop) -> None:
    group(shop)
    arn = register(shop)
    before = describe(shop, arn)
    shop.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good enough"
    )
    after = describe(shop, arn)
    assert (after["ModelApprovalStatus"], after["ApprovalDescription"]) == ("Approved", "good enough")
    assert after["LastModifiedBy"] == before["CreatedBy"]
    assert after["LastModifiedTime"] > before["CreationTime"]
    assert after["CreationTime"] == before["CreationTime"]


def test_a_version_without_data_is_completed_later_and_served(shop: Shop) -> None:
    group(shop)
    arn = shop.sagemaker.create_model_package(
        ModelPackageGroupName="models", MetadataProperties={"GeneratedBy": '{"ModelVersion": "1"}'}
    )["ModelPackageArn"]
    shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    container = {"ModelPackageName": arn}
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.create_model(ModelName="m", Containers=[container], ExecutionRoleArn=ROLE)
    )
    assert code == "ValidationException"
    assert "has no InferenceSpecification" in sentence
    shop.sagemaker.update_model_package(
        ModelPackageArn=arn,
        InferenceSpecification=specification(shop),
        CustomerMetadataProperties={"auc": "0.9"},
    )
    shop.sagemaker.create_model(ModelName="m", Containers=[container], ExecutionRoleArn=ROLE)
    shop.open("one", variant("m"))
    assert shop.ask("one")["mark"] == "m"


def test_only_an_approved_version_becomes_a_model(shop: Shop) -> None:
    group(shop)
    arn = register(shop)
    container = {"ModelPackageName": arn, "Environment": {"GREETING": "hello"}}
    for status in ("PendingManualApproval", "Rejected"):
        shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus=status)
        code, sentence, _ = refusal(
            lambda: shop.sagemaker.create_model(
                ModelName="m", PrimaryContainer=container, ExecutionRoleArn=ROLE
            )
        )
        assert code == "ValidationException"
        assert f"approval status {status}" in sentence
    shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    shop.sagemaker.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    model = shop.sagemaker.describe_model(ModelName="m")
    assert model["PrimaryContainer"]["ModelPackageName"] == arn
    shop.sagemaker.delete_model_package(ModelPackageName=arn)
    shop.open("one", variant("m"))
    said = shop.ask("one")
    assert (said["mark"], said["environment"]["GREETING"]) == ("m", "hello")


def test_a_package_is_deleted_while_an_endpoint_is_made_of_it(shop: Shop) -> None:
    group(shop)
    arn = register(shop, ModelApprovalStatus="Approved")
    shop.sagemaker.create_model(
        ModelName="m", PrimaryContainer={"ModelPackageName": arn}, ExecutionRoleArn=ROLE
    )
    shop.sagemaker.create_endpoint(EndpointName="one", EndpointConfigName=shop.config("one", variant("m")))
    shop.sagemaker.delete_model_package(ModelPackageName=arn)
    assert shop.settled("one")["EndpointStatus"] == "InService"
    assert shop.ask("one")["mark"] == "m"


def test_an_additional_specification_is_chosen_by_name(shop: Shop) -> None:
    group(shop)
    arn = register(shop, ModelApprovalStatus="Approved")
    other = {"Name": "small", **specification(shop, "other")}
    shop.sagemaker.update_model_package(ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=[other])
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.update_model_package(
            ModelPackageArn=arn, AdditionalInferenceSpecificationsToAdd=[other]
        )
    )
    assert (code, "unique" in sentence) == ("ValidationException", True)
    container = {"ModelPackageName": arn, "InferenceSpecificationName": "small"}
    shop.sagemaker.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    shop.open("one", variant("m"))
    assert shop.ask("one")["mark"] == "other"


def test_metadata_is_added_changed_and_removed(shop: Shop) -> None:
    group(shop)
    arn = register(shop, CustomerMetadataProperties={"a": "1", "b": "2"})
    shop.sagemaker.update_model_package(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"b": "3", "c": "4"},
        CustomerMetadataPropertiesToRemove=["a", "never"],
    )
    assert describe(shop, arn)["CustomerMetadataProperties"] == {"b": "3", "c": "4"}
    shop.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["b", "c"])
    assert "CustomerMetadataProperties" not in describe(shop, arn)
    many = {f"k{n}": "v" for n in range(50)}
    shop.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties=many)
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.update_model_package(
            ModelPackageArn=arn, CustomerMetadataProperties={"one-more": "v"}
        )
    )
    assert (code, "at most 50" in sentence) == ("ValidationException", True)


def test_an_unversioned_package_needs_no_approval(shop: Shop, account: str) -> None:
    request = {"ModelPackageName": "own", "InferenceSpecification": specification(shop)}
    arn = shop.sagemaker.create_model_package(**request, ModelApprovalStatus="PendingManualApproval")[
        "ModelPackageArn"
    ]
    assert arn == ARN.format(account=account, what="model-package/own")
    package = describe(shop, "own")
    assert package["ModelPackageName"] == "own"
    assert "ModelApprovalStatus" not in package
    assert refusal(lambda: shop.sagemaker.create_model_package(**request))[:2] == (
        "ValidationException",
        f"Model Package already exists: {arn}",
    )
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    )
    assert (code, "does not apply" in sentence) == ("ValidationException", True)
    container = {"ModelPackageName": "own"}
    shop.sagemaker.create_model(ModelName="m", PrimaryContainer=container, ExecutionRoleArn=ROLE)


def test_packages_are_listed_by_group_type_name_approval_and_time(shop: Shop) -> None:
    group(shop, "one")
    group(shop, "two")
    first = register(shop, "one")
    register(shop, "one", ModelApprovalStatus="Approved")
    register(shop, "two")
    shop.sagemaker.create_model_package(
        ModelPackageName="own-one", InferenceSpecification=specification(shop)
    )
    assert listed(shop) == ["own-one"]
    assert listed(shop, ModelPackageType="Versioned") == ["one/1", "one/2", "two/1"]
    assert listed(shop, ModelPackageType="Both", NameContains="ONE") == ["one/1", "one/2", "own-one"]
    assert listed(shop, ModelPackageGroupName="one", ModelApprovalStatus="Approved") == ["one/2"]
    assert listed(shop, ModelPackageGroupName="one", SortBy="Name", SortOrder="Descending") == [
        "one/2",
        "one/1",
    ]
    moment = describe(shop, first)["CreationTime"]
    assert listed(shop, ModelPackageType="Both", CreationTimeAfter=moment) == ["one/2", "two/1", "own-one"]
    assert listed(shop, ModelPackageType="Both", CreationTimeBefore=moment) == []
    pages = shop.sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageType="Both", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["ModelPackageSummaryList"]) for page in pages] == [3, 1]
    (summary,) = shop.sagemaker.list_model_packages(ModelPackageGroupName="two")["ModelPackageSummaryList"]
    assert sorted(summary) == [
        "CreationTime",
        "ModelApprovalStatus",
        "ModelPackageArn",
        "ModelPackageGroupName",
        "ModelPackageStatus",
        "ModelPackageVersion",
    ]


def test_groups_are_listed_described_and_deleted_when_empty(shop: Shop, account: str) -> None:
    arn = ARN.format(account=account, what="model-package-group/B-two")
    group(shop, "a-one")
    group(shop, "B-two", ModelPackageGroupDescription="d", Tags=[{"Key": "k", "Value": "v"}])
    assert shop.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    found = shop.sagemaker.list_model_package_groups(NameContains="TWO")["ModelPackageGroupSummaryList"]
    assert [one["ModelPackageGroupArn"] for one in found] == [arn]
    described = shop.sagemaker.describe_model_package_group(ModelPackageGroupName=arn)
    assert described["ModelPackageGroupDescription"] == "d"
    assert described["ModelPackageGroupStatus"] == "Completed"
    assert refusal(lambda: group(shop, "B-two"))[:2] == (
        "ValidationException",
        f"Model Package Group already exists: {arn}",
    )
    package = register(shop, arn)
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.delete_model_package_group(ModelPackageGroupName="B-two")
    )
    assert (code, "still contains Model Packages" in sentence) == ("ConflictException", True)
    shop.sagemaker.delete_model_package(ModelPackageName=package)
    shop.sagemaker.delete_model_package_group(ModelPackageGroupName="B-two")
    assert refusal(lambda: shop.sagemaker.describe_model_package_group(ModelPackageGroupName="B-two"))[
        :2
    ] == ("ValidationException", f"ModelPackageGroup {arn} does not exist.")
    for call in (
        lambda: shop.sagemaker.list_model_packages(ModelPackageGroupName="B-two"),
        lambda: register(shop, "B-two"),
    ):
        assert refusal(call)[1] == f"ModelPackageGroup {arn} does not exist."


def test_a_package_that_is_not_there_is_said_so(shop: Shop, account: str) -> None:
    group(shop)
    register(shop)
    for name in ("models/2", "none", "arn:aws:sagemaker:eu-west-1:123456789012:model-package/models/1"):
        arn = name if name.startswith("arn:") else ARN.format(account=account, what=f"model-package/{name}")
        for call in (shop.sagemaker.describe_model_package, shop.sagemaker.delete_model_package):
            found = refusal(partial(call, ModelPackageName=name))
            assert found[:2] == ("ValidationException", f"ModelPackage {arn} does not exist.")


def test_a_request_that_names_both_or_neither_is_refused(shop: Shop) -> None:
    group(shop)
    spec = specification(shop)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"ModelPackageName": "x", "ModelPackageGroupName": "models"}, "Both ModelPackageName and"),
        ({}, "Missing ARN."),
        ({"ModelPackageName": "x", "InferenceSpecification": None}, "needs an InferenceSpecification"),
        ({"ModelPackageGroupName": "models", "Tags": [{"Key": "a", "Value": "b"}]}, "Tags cannot"),
        ({"ModelPackageGroupName": "models", "SourceUri": "s3://x/y"}, "cannot be provided together"),
    ]
    for members, expected in cases:
        request = {"InferenceSpecification": spec, **members}
        request = {name: value for name, value in request.items() if value is not None}
        code, sentence, status = refusal(partial(shop.sagemaker.create_model_package, **request))
        assert (code, status) == ("ValidationException", 400)
        assert expected in sentence


def test_model_data_that_is_not_there_is_refused(shop: Shop) -> None:
    group(shop)
    spec = specification(shop)
    for url in (f"s3://{BUCKET}/none.tar.gz", "s3://no-such-bucket/x", "https://example.com/x"):
        spec["Containers"][0]["ModelDataUrl"] = url
        found = refusal(lambda: register(shop, InferenceSpecification=spec))
        assert found[:2] == ("ValidationException", f"Could not find model data at {url}.")


def test_a_folder_of_model_data_is_registered(shop: Shop) -> None:
    group(shop)
    shop.put("folder/a", b"1")
    source = {"S3Uri": f"s3://{BUCKET}/folder/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}
    package = describe(shop, register(shop, InferenceSpecification={"Containers": [container]}))
    (told,) = package["InferenceSpecification"]["Containers"]
    assert told["ModelDataSource"]["S3DataSource"] == source


def test_a_source_uri_brings_the_specification_of_a_package_or_a_model(shop: Shop) -> None:
    group(shop)
    first = register(shop)
    shop.model("plain")
    model = shop.sagemaker.describe_model(ModelName="plain")["ModelArn"]
    containers = []
    for uri in (first, model):
        arn = shop.sagemaker.create_model_package(ModelPackageGroupName="models", SourceUri=uri)
        package = describe(shop, arn["ModelPackageArn"])
        assert package["SourceUri"] == uri
        containers += package["InferenceSpecification"]["Containers"]
    assert [one["Environment"]["MARK"] for one in containers] == ["m", "plain"]
    assert all(one["ModelDataETag"] for one in containers)


def test_a_token_makes_one_package_however_often_it_is_sent(shop: Shop) -> None:
    group(shop)
    request = {"ModelPackageGroupName": "models", "InferenceSpecification": specification(shop)}
    made = {
        shop.sagemaker.create_model_package(**request, ClientToken="token-1")["ModelPackageArn"]
        for _ in range(3)
    }
    assert len(made) == 1
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.create_model_package(**request, ClientToken="token-1", Task="OTHER")
    )
    assert (code, "another request" in sentence) == ("ConflictException", True)


def test_packages_that_are_registered_at_once_get_numbers_of_their_own(shop: Shop) -> None:
    group(shop)
    spec = specification(shop)
    with ThreadPoolExecutor(8) as pool:
        arns = list(pool.map(lambda _: register(shop, InferenceSpecification=spec), range(24)))
    assert sorted(int(arn.rpartition("/")[2]) for arn in arns) == list(range(1, 25))
    assert listed(shop, ModelPackageGroupName="models", SortBy="Name", MaxResults=12)[-1] == "models/12"


def test_several_versions_are_described_at_once(shop: Shop) -> None:
    group(shop)
    arns = [register(shop), register(shop)]
    absent = arns[0].replace("/1", "/9")
    found = shop.sagemaker.batch_describe_model_package(ModelPackageArnList=[*arns, absent])
    assert {arn: one["ModelPackageVersion"] for arn, one in found["ModelPackageSummaries"].items()} == {
        arns[0]: 1,
        arns[1]: 2,
    }
    error = found["BatchDescribeModelPackageErrorMap"][absent]
    assert error == {
        "ErrorCode": "ValidationException",
        "ErrorResponse": f"ModelPackage {absent} does not exist.",
    }


def test_search_finds_packages_and_groups(shop: Shop) -> None:
    group(shop)
    register(shop)
    register(shop, ModelApprovalStatus="Approved", CustomerMetadataProperties={"auc": "0.9"})

    def search(resource: str, name: str, value: str) -> list[dict[str, Any]]:
        expression = {"Filters": [{"Name": name, "Operator": "Equals", "Value": value}]}
        found = shop.sagemaker.search(Resource=resource, SearchExpression=expression)
        return [record[resource] for record in found["Results"]]

    assert [
        one["ModelPackageGroupName"] for one in search("ModelPackageGroup", "ModelPackageGroupName", "models")
    ] == ["models"]
    assert len(search("ModelPackage", "ModelPackageGroupName", "models")) == 2
    (approved,) = search("ModelPackage", "ModelApprovalStatus", "Approved")
    assert approved["ModelPackageVersion"] == 2
    (found,) = search("ModelPackage", "CustomerMetadataProperties.auc", "0.9")
    assert found["ModelPackageArn"] == approved["ModelPackageArn"]


def test_the_card_of_a_version_is_changed_in_parts(shop: Shop) -> None:
    group(shop)
    arn = register(shop)
    content = json.dumps({"intended_uses": {"risk_rating": "Low", "purpose_of_model": "secret"}})
    shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardContent": content})
    shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Approved"})
    assert describe(shop, arn)["ModelCard"] == {"ModelCardContent": content, "ModelCardStatus": "Approved"}
    shop.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelCard={"ModelCardContent": "null", "ModelCardStatus": "Archived"}
    )
    assert describe(shop, arn)["ModelCard"] == {"ModelCardContent": content, "ModelCardStatus": "Archived"}
    public = describe(shop, arn, IncludedData="MetadataOnly")["ModelCard"]["ModelCardContent"]
    assert json.loads(public) == {"intended_uses": {"risk_rating": "Low"}}
    for wrong in ("not json", "[]", '{"strange": 1}', '{"model_package_details": {}}'):
        card = {"ModelCardContent": wrong}
        found = refusal(partial(shop.sagemaker.update_model_package, ModelPackageArn=arn, ModelCard=card))
        assert found[0] == "ValidationException"


def test_every_change_leaves_an_event(shop: Shop, open_server: Server, account: str) -> None:
    group(shop)
    arn = register(shop)
    shop.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good"
    )
    refusal(
        lambda: shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelCard={"ModelCardContent": "no"})
    )
    first, second = events(open_server, account)
    assert {event["type"] for event in (first, second)} == {"SageMaker Model Package State Change"}
    assert (first["ModelPackageGroupName"], first["ModelPackageVersion"]) == ("models", 1)
    assert first["ModelApprovalStatus"] == "PendingManualApproval"
    assert "UpdatedModelPackageFields" not in first
    assert second["ModelApprovalStatus"] == "Approved"
    assert second["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert second["InferenceSpecification"]["Containers"][0]["Image"] == IMAGE
    assert second["CreationTime"].endswith("Z")


def test_a_group_has_a_resource_policy(shop: Shop) -> None:
    group(shop)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    shop.sagemaker.put_model_package_group_policy(ModelPackageGroupName="models", ResourcePolicy=policy)
    found = shop.sagemaker.get_model_package_group_policy(ModelPackageGroupName="models")
    assert found["ResourcePolicy"] == policy
    shop.sagemaker.delete_model_package_group_policy(ModelPackageGroupName="models")
    code, sentence, _ = refusal(
        lambda: shop.sagemaker.get_model_package_group_policy(ModelPackageGroupName="models")
    )
    assert (code, "Cannot find" in sentence) == ("ValidationException", True)


@pytest.mark.parametrize("policy", ["no", "[]"])
def test_a_policy_that_is_none_is_refused(shop: Shop, policy: str) -> None:
    group(shop)
    found = refusal(
        lambda: shop.sagemaker.put_model_package_group_policy(
            ModelPackageGroupName="models", ResourcePolicy=policy
        )
    )
    assert found[0] == "ValidationException"


def test_the_life_cycle_is_told_searched_and_audited(open_server: Server, shop: Shop, account: str) -> None:
    group(shop)
    arn, other = register(shop), register(shop)
    assert "ModelLifeCycle" not in describe(shop, arn)
    for stage, status in (("Development", "Approved"), ("QA", "OnHold")):
        life = {"Stage": stage, "StageStatus": status, "StageDescription": f"to {stage}"}
        shop.sagemaker.update_model_package(ModelPackageArn=arn, ModelLifeCycle=life)
    assert describe(shop, arn)["ModelLifeCycle"] == life

    (summary,) = [
        one
        for one in shop.sagemaker.list_model_packages(ModelPackageGroupName="models")[
            "ModelPackageSummaryList"
        ]
        if one["ModelPackageArn"] == arn
    ]
    assert summary["ModelLifeCycle"] == life
    filters = [{"Name": "ModelLifeCycle.Stage", "Value": "QA"}]
    found = shop.sagemaker.search(Resource="ModelPackage", SearchExpression={"Filters": filters})["Results"]
    assert [one["ModelPackage"]["ModelPackageArn"] for one in found] == [arn]

    *_, told = events(open_server, account)
    assert told["ModelLifeCycle"] == life
    assert told["UpdatedModelPackageFields"] == ["ModelLifeCycle"]

    listed_actions = shop.sagemaker.list_actions(ActionType="ModelLifeCycle", SortOrder="Ascending")
    actions = [
        shop.sagemaker.describe_action(ActionName=one["ActionName"])
        for one in listed_actions["ActionSummaries"]
    ]
    assert [one["Properties"] for one in actions] == [
        {"Stage": "Development", "StageStatus": "Approved"},
        {"Stage": "QA", "StageStatus": "OnHold"},
    ]
    assert {one["Source"]["SourceUri"] for one in actions} == {arn} != {other}
    assert actions[1]["Description"] == "to QA"
