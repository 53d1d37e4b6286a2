"""The model registry for tests: groups, and packages that the small model server serves."""

from __future__ import annotations

from typing import Any

from tests.shops import IMAGE, PROGRAM, Shop, archive


def group(shop: Shop, name: str = "models", **members: Any) -> str:
    """A group of model packages."""
    shop.sagemaker.create_model_package_group(ModelPackageGroupName=name, **members)
    return name


def specification(shop: Shop, mark: str = "m", **members: Any) -> dict[str, Any]:
    """An inference specification with a model's real data; MARK in its environment is its name."""
    data = shop.put(f"{mark}/model.tar.gz", archive({"server.py": PROGRAM}))
    container = {"Image": IMAGE, "ModelDataUrl": data, "Environment": {"MARK": mark}, **members}
    return {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
    }


def register(shop: Shop, name: str = "models", **members: Any) -> str:
    """The ARN of a new version."""
    request = {"InferenceSpecification": specification(shop), **members}
    made = shop.sagemaker.create_model_package(ModelPackageGroupName=name, **request)
    arn: str = made["ModelPackageArn"]
    return arn
