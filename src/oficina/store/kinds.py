"""What a kind of resource is: its names, its ARN, and the sentences for "not there" and "already there"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oficina import arns
from oficina.errors import AwsError

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    The SDKs decide on the code and on the sentence of an error, so both stand here
    (contracts, surface §7.1); ``{name}``, ``{arn}`` and ``{account}`` are filled in.
    """

    name: str
    """AWS's word, which is also the stem of its members: ``TrainingJob`` → ``TrainingJobName``."""
    arn: str
    """How the resource part of its ARN begins: ``training-job`` → ``…:training-job/name``."""
    service: str = "sagemaker"
    missing: tuple[str, str] = ("ValidationException", "Requested resource not found.")
    taken: tuple[str, str] = ("ResourceInUse", "{name} already exists")
    everywhere: bool = False
    """Whether the resource is the same in all regions."""
    lower: bool = True
    """Whether the name stands in lower case in the ARN."""
    joint: str = "/"
    """What stands between ``arn`` and the name."""
    members: dict[str, str] = field(default_factory=dict)
    """Members that differ from the stem's: any of ``name``, ``arn``, ``status``."""

    def member(self, part: str) -> str:
        """The member that holds the ``name``, ``arn`` or ``status``."""
        return self.members.get(part) or self.name + part.capitalize()

    def make_arn(self, region: str, account: str, name: str, parent: str = "") -> str:
        """The ARN of a resource of this kind."""
        if self.lower:
            name, parent = name.lower(), parent.lower()
        path = self.joint.join(part for part in (self.arn, parent, name) if part)
        return arns.make(self.service, "" if self.everywhere else region, account, path)

    def not_found(self, name: str, arn: str) -> AwsError:
        """The error for a resource that is not there."""
        return _say(self.missing, name, arn)

    def already_there(self, name: str, arn: str) -> AwsError:
        """The error for a name that is taken."""
        return _say(self.taken, name, arn)


def _say(error: tuple[str, str], name: str, arn: str) -> AwsError:
    parts = arns.parse(arn)
    return AwsError(error[0], error[1].format(name=name, arn=arn, account=parts.account if parts else ""))
