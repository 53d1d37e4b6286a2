"""The execution role that every account begins with."""

from __future__ import annotations

import orjson

from oficina.services.context import Context
from oficina.services.iam.api import arn_of, iam
from oficina.services.iam.policies import AWS_PREFIX
from oficina.services.iam.roles import ROLE
from oficina.services.seeds import first_time

TRUST = orjson.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
).decode()
"""Who may assume the execution role: SageMaker (SDK v3 looks for its name)."""

ATTACHED = (
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerCanvasFullAccess",
    "AmazonSageMakerPipelinesIntegrations",
    "AmazonS3FullAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "CloudWatchLogsFullAccess",
)


@iam.seed
def sow(ctx: Context) -> None:
    """Makes the execution role, with the id that the default caller shows."""
    if not first_time(ctx, "iam", everywhere=True):
        return
    path, name = "/service-role/", ctx.config.execution_role
    ctx.docs.create(
        ROLE,
        {
            "Path": path,
            "RoleName": name,
            "RoleId": "AROA" + ctx.account.rjust(16, "A")[:16],
            "AssumeRolePolicyDocument": TRUST,
            "Description": "The role that jobs, endpoints and notebooks of this account work under.",
            "MaxSessionDuration": 12 * 3600,
            "CreateDate": ctx.clock.now(),
            "AttachedPolicies": [
                {"PolicyName": policy, "PolicyArn": AWS_PREFIX + policy} for policy in ATTACHED
            ],
        },
        arn=arn_of(ctx.account, "role", path, name),
    )
