"""Model packages of one account read and served by another, as far as their group's policy goes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import shops
from tests.jobs import ROLE
from tests.refusals import refusal
from tests.registry import group, register
from tests.servers import Server
from tests.shops import Shop, variant
from tests.waiting import wait_until


@pytest.fixture
def other(open_server: Server) -> str:
    """Another account."""
    return f"{random.randrange(10**11, 10**12)}"


@pytest.fixture
def guest(open_server: Server, other: str) -> Callable[[str], Any]:
    """Makes clients of the other account."""
    return lambda service: open_server.client(service, other)


def share(shop: Shop, account: str, principal: object, actions: list[str], effect: str = "Allow") -> None:
    """Puts a policy as AWS's guide writes it: one statement for the group, one for its versions."""
    arn = f"arn:aws:sagemaker:us-east-1:{account}"
    said = {"Effect": effect, "Principal": principal}
    of_group = {
        "Action": "sagemaker:DescribeModelPackageGroup",
        "Resource": f"{arn}:model-package-group/models",
    }
    of_versions = {"Action": actions, "Resource": f"{arn}:model-package/models/*"}
    whole = {"Version": "2012-10-17", "Statement": [{**said, **of_group}, {**said, **of_versions}]}
    shop.sagemaker.put_model_package_group_policy(
        ModelPackageGroupName="models", ResourcePolicy=json.dumps(whole)
    )


def test_a_version_of_another_account_is_read_approved_and_served_where_the_policy_allows_it(
    shop: Shop, account: str, other: str, guest: Callable[[str], Any]
) -> None:
    group(shop)
    arn, sagemaker = register(shop), guest("sagemaker")
    root = {"AWS": f"arn:aws:iam::{other}:root"}
    actions = ["DescribeModelPackage", "ListModelPackages", "UpdateModelPackage", "CreateModel"]
    share(shop, account, root, [f"sagemaker:{name}" for name in actions])

    whole = f"arn:aws:sagemaker:us-east-1:{account}:model-package-group/models"
    told = sagemaker.describe_model_package_group(ModelPackageGroupName=whole)
    assert told["ModelPackageGroupArn"] == whole
    (summary,) = sagemaker.list_model_packages(ModelPackageGroupName=whole)["ModelPackageSummaryList"]
    assert summary["ModelPackageArn"] == arn
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] == "Approved"
    batch = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn])
    assert list(batch["ModelPackageSummaries"]) == [arn]

    containers = [{"ModelPackageName": arn}]
    sagemaker.create_model(ModelName="m", Containers=containers, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(EndpointConfigName="e", ProductionVariants=[variant("m")])
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="e")
    try:
        wait_until(
            lambda: sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] != "Creating",
            "no endpoint",
        )
        endpoint = sagemaker.describe_endpoint(EndpointName="e")
        assert endpoint["EndpointStatus"] == "InService", endpoint
        answer = guest("sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=b"tell")
        assert json.loads(answer["Body"].read())["mark"] == "m"
    finally:
        sagemaker.delete_endpoint(EndpointName="e")


def test_what_the_policy_does_not_say_is_refused(
    shop: Shop, account: str, other: str, guest: Callable[[str], Any]
) -> None:
    group(shop)
    arn, sagemaker = register(shop), guest("sagemaker")

    def describe() -> Any:
        return sagemaker.describe_model_package(ModelPackageName=arn)

    code, sentence, status = refusal(describe)
    assert (code, status) == ("AccessDeniedException", 400)
    assert (
        f"is not authorized to perform: sagemaker:DescribeModelPackage on resource: {arn} because" in sentence
    )

    everybody: dict[str, Any] = {"AWS": "*"}
    for principal, actions, effect, seen in (
        ({"AWS": other}, ["sagemaker:DescribeModelPackage"], "Allow", True),
        (everybody, ["sagemaker:Describe*"], "Allow", True),
        (everybody, ["sagemaker:CreateModel"], "Allow", False),
        (everybody, ["sagemaker:*"], "Deny", False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, ["sagemaker:*"], "Allow", False),
        ({"Service": "sagemaker.amazonaws.com"}, ["sagemaker:*"], "Allow", False),
    ):
        share(shop, account, principal, actions, effect)
        if seen:
            assert describe()["ModelPackageArn"] == arn
        else:
            assert refusal(describe)[0] == "AccessDeniedException"

    share(shop, account, everybody, ["sagemaker:DescribeModelPackage"])
    for ask in (
        lambda: sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved"),
        lambda: sagemaker.create_model(
            ModelName="m", Containers=[{"ModelPackageName": arn}], ExecutionRoleArn=ROLE
        ),
    ):
        assert refusal(ask)[0] == "AccessDeniedException"
    shop.sagemaker.delete_model_package_group_policy(ModelPackageGroupName="models")
    batch = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn])
    assert batch["BatchDescribeModelPackageErrorMap"][arn]["ErrorCode"] == "AccessDeniedException"
    with pytest.raises(ClientError, match="AccessDenied"):
        sagemaker.describe_model_package(ModelPackageName=arn.replace("models", "nothing"))


def test_a_version_is_registered_in_the_group_of_another_account_where_its_policy_allows_it(
    shop: Shop, account: str, other: str, guest: Callable[[str], Any]
) -> None:
    group(shop)
    whole = f"arn:aws:sagemaker:us-east-1:{account}:model-package-group/models"
    visitor = Shop.of(guest)
    caller = guest("sts").get_caller_identity()["Arn"]

    def register_there(**members: Any) -> str:
        return register(visitor, whole, **members)

    refused = (
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: sagemaker:CreateModelPackage on resource: {whole} "
        "because no resource-based policy allows the sagemaker:CreateModelPackage action",
        400,
    )
    assert refusal(register_there) == refused
    root = {"AWS": f"arn:aws:iam::{other}:root"}
    share(shop, account, root, ["sagemaker:DescribeModelPackage"])
    assert refusal(register_there) == refused
    share(shop, account, root, ["sagemaker:CreateModelPackage"])
    first = register_there(ClientToken="once")
    assert register_there(ClientToken="once") == first
    assert first == f"arn:aws:sagemaker:us-east-1:{account}:model-package/models/1"
    assert visitor.sagemaker.list_model_packages()["ModelPackageSummaryList"] == []
    assert refusal(lambda: visitor.sagemaker.describe_model_package(ModelPackageName=first))[0] == refused[0]

    told = shop.sagemaker.describe_model_package(ModelPackageName=first)
    assert (told["ModelPackageGroupName"], told["CreatedBy"]["IamIdentity"]["Arn"]) == ("models", caller)
    assert register(shop).endswith("/2")
    shop.sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Approved")
    visitor.put("m/model.tar.gz", shops.archive({"server.py": shops.PROGRAM, "of": b"visitor"}))
    shop.s3.delete_object(Bucket=shops.BUCKET, Key="m/model.tar.gz")
    containers = [{"ModelPackageName": first}]
    shop.sagemaker.create_model(ModelName="m", Containers=containers, ExecutionRoleArn=ROLE)
    shop.open("e", variant("m"))
    answer = shop.runtime.invoke_endpoint(EndpointName="e", Body=b"tell")
    assert json.loads(answer["Body"].read())["mark"] == "m"
