"""Service Quotas through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

NAME = "ml.m5.large for training warm pool usage"


@pytest.fixture
def quotas(aws: Callable[..., Any]) -> Any:
    """A client of the test's own account."""
    return aws("service-quotas")


def test_a_quota_is_found_by_its_name_and_told_by_its_code(quotas: Any, account: str) -> None:
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    every = {quota["QuotaName"]: quota for page in pages for quota in page["Quotas"]}
    assert len({quota["QuotaCode"] for quota in every.values()}) == len(every)

    code = every[NAME]["QuotaCode"]
    told = quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"]

    assert told["QuotaName"] == NAME
    assert told["Value"] == 100
    assert told["QuotaArn"] == f"arn:aws:servicequotas:us-east-1:{account}:sagemaker/{code}"
    assert quotas.get_aws_default_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"] == told


@pytest.mark.parametrize(("service", "code"), [("ec2", "L-1216C47A"), ("sagemaker", "L-00000000")])
def test_what_is_not_there_is_said(quotas: Any, service: str, code: str) -> None:
    with pytest.raises(quotas.exceptions.NoSuchResourceException):
        quotas.get_service_quota(ServiceCode=service, QuotaCode=code)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("L-CCE2AFA6", "ml.m5.xlarge for training job usage"),
        ("L-0307F515", "ml.m5.xlarge for processing job usage"),
        ("L-7939E4EC", "ml.m5.xlarge for transform job usage"),
        ("L-4C5C5CA8", "ml.g4dn.xlarge for transform job usage"),
        ("L-03767DF9", "ml.m5.4xlarge for training warm pool usage"),
        ("L-E9EE5599", "ml.c5.xlarge for endpoint usage"),
    ],
)
def test_a_code_is_the_one_that_aws_gives(quotas: Any, code: str, name: str) -> None:
    assert quotas.get_service_quota(ServiceCode="sagemaker", QuotaCode=code)["Quota"]["QuotaName"] == name


def test_a_quota_is_raised_at_once_and_its_default_stays(quotas: Any) -> None:
    which = {"ServiceCode": "sagemaker", "QuotaCode": "L-CCE2AFA6"}
    change = quotas.request_service_quota_increase(**which, DesiredValue=150)["RequestedQuota"]
    assert change["Status"] == "APPROVED"

    assert quotas.get_service_quota(**which)["Quota"]["Value"] == 150
    assert quotas.get_aws_default_service_quota(**which)["Quota"]["Value"] == 100
    told = quotas.get_requested_service_quota_change(RequestId=change["Id"])["RequestedQuota"]
    assert told["DesiredValue"] == 150
    history = quotas.list_requested_service_quota_change_history_by_quota(**which)["RequestedQuotas"]
    assert [each["Id"] for each in history] == [change["Id"]]
    with pytest.raises(quotas.exceptions.IllegalArgumentException):
        quotas.request_service_quota_increase(**which, DesiredValue=10)
