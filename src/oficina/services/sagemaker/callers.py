"""Who did it: the ``UserContext`` that SageMaker keeps with what somebody made or changed."""

from __future__ import annotations

from oficina.services.context import Context
from oficina.services.sagemaker import studio
from oficina.services.sagemaker.domains import USER_PROFILE, domain_id
from oficina.store.kinds import Document


def user_context(ctx: Context) -> Document:
    """The caller as ``CreatedBy`` and ``LastModifiedBy`` show it (contracts, surface §7.6).

    The account's default caller works in Studio, so that a user profile stands with it.
    """
    found: Document = {"IamIdentity": {"Arn": ctx.caller.arn, "PrincipalId": ctx.caller.user_id}}
    if not ctx.caller.arn.endswith(f"/{ctx.config.execution_role}/{studio.NAME}"):
        return found
    domain = domain_id(ctx.account, ctx.region)
    profile = ctx.docs.find(USER_PROFILE, studio.NAME, parent=domain)
    if profile is not None:
        found |= {name: profile[name] for name in ("UserProfileArn", "UserProfileName", "DomainId")}
    return found
