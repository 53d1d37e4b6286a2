"""The model registry's kinds, and what the many ways to name a group or a package mean.

AWS takes a name, a name with a version (``group/3``) or an ARN (botocore, ``VersionedArnOrName``).
"""

from __future__ import annotations

from dataclasses import dataclass

from oficina import arns
from oficina.services.context import Context
from oficina.store.kinds import Document, Kind

GROUP = Kind(
    "ModelPackageGroup",
    arn="model-package-group",
    missing=("ValidationException", "ModelPackageGroup {arn} does not exist."),
    taken=("ValidationException", "Model Package Group already exists: {arn}"),
    lower=False,
)
PACKAGE = Kind(
    "ModelPackage",
    arn="model-package",
    missing=("ValidationException", "ModelPackage {arn} does not exist."),
    taken=("ValidationException", "Model Package already exists: {arn}"),
    lower=False,
)


DATA_OWNER = "_data_owner"
"""The member of a package with the account whose buckets its data lie in, when that is not its own."""


@dataclass(frozen=True, slots=True)
class PackageName:
    """Which package: a version of a group, or a package of its own."""

    arn: str
    name: str
    version: int | None

    @property
    def key(self) -> str:
        """The name of its row: a version has nine digits, so that rows by name are rows by version."""
        return self.name if self.version is None else f"{self.version:09d}"

    @property
    def parent(self) -> str:
        """The parent of its row."""
        return "" if self.version is None else self.name

    def find(self, ctx: Context) -> Document | None:
        """The package, None when it is not there."""
        found = ctx.docs.find(PACKAGE, self.key, self.parent)
        return found if found is not None and found["ModelPackageArn"] == self.arn else None

    def get(self, ctx: Context) -> Document:
        """The package. Raises AwsError "… does not exist."."""
        found = self.find(ctx)
        if found is None:
            raise PACKAGE.not_found(self.name, self.arn)
        return found

    def update(self, ctx: Context, changes: Document) -> Document:
        """Changes members of the package; gives the whole."""
        return ctx.docs.update(PACKAGE, self.key, changes, parent=self.parent)


def package_name(ctx: Context, text: str) -> PackageName:
    """What a text names: a name, ``group/version`` or an ARN."""
    arn = arns.parse(text)
    path = text if arn is None else arn.resource.partition("/")[2]
    name, _, version = path.partition("/")
    number = int(version) if version.isdecimal() else None
    return PackageName(
        text if arn is not None else ctx.arn("sagemaker", f"model-package/{path}"), name, number
    )


def group_name(ctx: Context, text: str) -> tuple[str, str]:
    """Name and ARN of the group that a text names."""
    arn = arns.parse(text)
    if arn is None:
        return text, ctx.docs.arn(GROUP, text)
    return arn.resource.rpartition("/")[2], text


def find_group(ctx: Context, text: str) -> Document:
    """The group that a text names. Raises AwsError "… does not exist."."""
    name, arn = group_name(ctx, text)
    group = ctx.docs.find(GROUP, name)
    if group is None or group["ModelPackageGroupArn"] != arn:
        raise GROUP.not_found(name, arn)
    return group
