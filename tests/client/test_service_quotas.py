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
