"""The domain, the user, the space and the app that every account begins with, in each of its regions."""

from __future__ import annotations

from oficina.services.context import Context
from oficina.services.sagemaker import apps, domains, spaces, user_profiles
from oficina.services.sagemaker.api import sagemaker
from oficina.services.seeds import first_time

NAME = "oficina"
"""The name of the domain, of its user and of the space."""
IMAGES_ACCOUNT = "885854791233"
"""The account of the SageMaker Distribution images (contracts, surface §3.4)."""


def execution_role(ctx: Context) -> str:
    """The ARN of the account's execution role."""
    return f"arn:aws:iam::{ctx.account}:role/service-role/{ctx.config.execution_role}"


@sagemaker.seed
def sow(ctx: Context) -> None:
    """Makes them, with Docker access enabled as the course expects."""
    if not first_time(ctx, "studio"):
        return
    settings = {"ExecutionRole": execution_role(ctx)}
    identity = domains.domain_id(ctx.account, ctx.region)
    domains.make(
        ctx,
        identity,
        {
            "DomainName": NAME,
            "AuthMode": "IAM",
            "DefaultUserSettings": {**settings, "StudioWebPortal": "ENABLED"},
            "DefaultSpaceSettings": settings,
            "DomainSettings": {"DockerSettings": {"EnableDockerAccess": "ENABLED"}},
        },
    )
    profile = {"DomainId": identity, "UserProfileName": NAME, "UserSettings": settings}
    user_profiles.create_user_profile(ctx, profile)
    spaces.create_space(ctx, _space(identity))
    apps.create_app(ctx, _app(ctx, identity))


def _space(identity: str) -> dict[str, object]:
    return {
        "DomainId": identity,
        "SpaceName": NAME,
        "SpaceDisplayName": NAME,
        "SpaceSettings": {
            "AppType": "JupyterLab",
            "JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": "ml.t3.medium"}},
            "SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 5}},
        },
        "OwnershipSettings": {"OwnerUserProfileName": NAME},
        "SpaceSharingSettings": {"SharingType": "Private"},
    }


def _app(ctx: Context, identity: str) -> dict[str, object]:
    images = f"arn:aws:sagemaker:{ctx.region}:{IMAGES_ACCOUNT}"
    return {
        "DomainId": identity,
        "SpaceName": NAME,
        "AppType": "JupyterLab",
        "AppName": "default",
        "ResourceSpec": {
            "SageMakerImageArn": f"{images}:image/sagemaker-distribution-cpu",
            "SageMakerImageVersionArn": f"{images}:image-version/sagemaker-distribution-cpu/1",
            "SageMakerImageVersionAlias": "3.4",
            "InstanceType": "ml.t3.medium",
        },
    }
