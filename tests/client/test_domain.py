"""Studio's domain, users, spaces and apps as boto3 meets them, over a real socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

SageMaker = Any


@pytest.fixture
def sagemaker(aws: Callable[..., Any]) -> SageMaker:
    """A client with an account of its own."""
    return aws("sagemaker")


@pytest.fixture
def domain(sagemaker: SageMaker) -> str:
    """The id of the domain that an account begins with."""
    return str(sagemaker.list_domains()["Domains"][0]["DomainId"])


def error(failure: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """The code and the sentence of an error."""
    found = failure.value.response["Error"]
    return found["Code"], found["Message"]


def test_an_account_begins_with_a_domain_that_lets_docker_in(
    sagemaker: SageMaker, domain: str, account: str
) -> None:
    found = sagemaker.describe_domain(DomainId=domain)
    assert re.fullmatch("d-[a-z0-9]{12}", domain)
    assert found["Status"] == "InService"
    assert found["DomainSettings"]["DockerSettings"]["EnableDockerAccess"] == "ENABLED"
    role = f"arn:aws:iam::{account}:role/service-role/AmazonSageMaker-ExecutionRole-oficina"
    assert found["DefaultUserSettings"]["ExecutionRole"] == role


def test_the_space_and_its_app_are_there(sagemaker: SageMaker, domain: str) -> None:
    (space,) = sagemaker.list_spaces(DomainIdEquals=domain)["Spaces"]
    name = space["SpaceName"]
    owner = sagemaker.describe_space(DomainId=domain, SpaceName=name)["OwnershipSettings"]
    profile = sagemaker.describe_user_profile(DomainId=domain, UserProfileName=owner["OwnerUserProfileName"])
    assert profile["UserSettings"]["ExecutionRole"].startswith("arn:aws:iam::")
    app = sagemaker.describe_app(DomainId=domain, SpaceName=name, AppType="JupyterLab", AppName="default")
    assert app["Status"] == "InService"
    assert app["ResourceSpec"]["InstanceType"] == "ml.t3.medium"
    assert app["AppArn"].endswith(f":app/{domain}/{name}/jupyterlab/default")


def test_regions_have_domains_of_their_own(aws: Callable[..., Any], domain: str) -> None:
    (other,) = aws("sagemaker", "sa-east-1").list_domains()["Domains"]
    assert other["DomainId"] != domain


@pytest.mark.parametrize(
    ("call", "members"),
    [
        ("describe_domain", {"DomainId": "d-none"}),
        ("describe_user_profile", {"DomainId": "d-none", "UserProfileName": "x"}),
        ("describe_space", {"DomainId": "d-none", "SpaceName": "x"}),
        (
            "describe_app",
            {"DomainId": "d-none", "SpaceName": "x", "AppType": "JupyterLab", "AppName": "default"},
        ),
        ("describe_studio_lifecycle_config", {"StudioLifecycleConfigName": "x"}),
    ],
)
def test_what_is_not_there_is_not_found(sagemaker: SageMaker, call: str, members: dict[str, str]) -> None:
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        getattr(sagemaker, call)(**members)


def test_a_missing_notebook_instance_is_told_as_aws_tells_it(sagemaker: SageMaker) -> None:
    with pytest.raises(ClientError) as failure:
        sagemaker.describe_notebook_instance(NotebookInstanceName="x")
    assert error(failure) == ("ValidationException", "RecordNotFound")


def test_an_update_changes_what_it_names_and_leaves_the_rest(sagemaker: SageMaker, domain: str) -> None:
    sagemaker.update_domain(
        DomainId=domain,
        DomainSettingsForUpdate={"DockerSettings": {"EnableDockerAccess": "DISABLED"}},
        DefaultUserSettings={"StudioWebPortal": "DISABLED"},
    )
    found = sagemaker.describe_domain(DomainId=domain)
    assert found["DomainSettings"]["DockerSettings"]["EnableDockerAccess"] == "DISABLED"
    assert found["DefaultUserSettings"]["StudioWebPortal"] == "DISABLED"
    assert found["DefaultUserSettings"]["ExecutionRole"]


def test_a_domain_lives_and_ends_with_what_is_in_it(sagemaker: SageMaker) -> None:
    made = sagemaker.create_domain(
        DomainName="mine",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": "arn:aws:iam::123456789012:role/r"},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    domain = made["DomainId"]
    assert sagemaker.list_tags(ResourceArn=made["DomainArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    sagemaker.create_user_profile(DomainId=domain, UserProfileName="ana")
    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        sagemaker.create_user_profile(DomainId=domain, UserProfileName="ana")
    app = {"DomainId": domain, "UserProfileName": "ana", "AppType": "JupyterServer", "AppName": "default"}
    sagemaker.create_app(**app)
    assert len(sagemaker.list_apps(DomainIdEquals=domain, UserProfileNameEquals="ana")["Apps"]) == 1
    with pytest.raises(sagemaker.exceptions.ResourceInUse) as failure:
        sagemaker.delete_user_profile(DomainId=domain, UserProfileName="ana")
    assert "App(s) are associated" in error(failure)[1]
    sagemaker.delete_app(**app)
    with pytest.raises(sagemaker.exceptions.ResourceInUse):
        sagemaker.delete_domain(DomainId=domain)
    sagemaker.delete_user_profile(DomainId=domain, UserProfileName="ana")
    sagemaker.delete_domain(DomainId=domain, RetentionPolicy={"HomeEfsFileSystem": "Delete"})
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_domain(DomainId=domain)


def test_an_app_has_one_owner(sagemaker: SageMaker, domain: str) -> None:
    with pytest.raises(ClientError) as failure:
        sagemaker.create_app(DomainId=domain, AppType="JupyterLab", AppName="x")
    assert error(failure)[0] == "ValidationException"


def test_a_lifecycle_script_is_kept(sagemaker: SageMaker) -> None:
    sagemaker.create_studio_lifecycle_config(
        StudioLifecycleConfigName="s",
        StudioLifecycleConfigContent="ZWNobw==",
        StudioLifecycleConfigAppType="JupyterLab",
    )
    listed = sagemaker.list_studio_lifecycle_configs(AppTypeEquals="JupyterLab")
    assert [one["StudioLifecycleConfigName"] for one in listed["StudioLifecycleConfigs"]] == ["s"]
    found = sagemaker.describe_studio_lifecycle_config(StudioLifecycleConfigName="s")
    assert found["StudioLifecycleConfigContent"] == "ZWNobw=="
    sagemaker.delete_studio_lifecycle_config(StudioLifecycleConfigName="s")


def test_images_and_their_use_in_apps_are_kept(sagemaker: SageMaker) -> None:
    sagemaker.create_image(ImageName="i", RoleArn="arn:aws:iam::123456789012:role/role-of-images")
    assert sagemaker.describe_image(ImageName="i")["ImageStatus"] == "CREATED"
    assert [one["ImageName"] for one in sagemaker.list_images(SortBy="IMAGE_NAME")["Images"]] == ["i"]
    sagemaker.create_app_image_config(
        AppImageConfigName="c", JupyterLabAppImageConfig={"ContainerConfig": {"ContainerEntrypoint": ["x"]}}
    )
    found = sagemaker.describe_app_image_config(AppImageConfigName="c")
    assert found["JupyterLabAppImageConfig"]["ContainerConfig"]["ContainerEntrypoint"] == ["x"]
    sagemaker.delete_app_image_config(AppImageConfigName="c")
    sagemaker.delete_image(ImageName="i")
