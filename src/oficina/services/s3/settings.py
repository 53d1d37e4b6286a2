"""What a bucket is told and tells again: CORS, policy, encryption, tagging and the like.

Kept and returned as AWS does; oficina acts on none of them but versioning (buckets.py) and, for readers
who sign nothing, the policy and the block of public access (public.py).
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import acl
from oficina.services.s3.api import Answer, Request, bucket_of, malformed, owner_of, s3
from oficina.services.s3.public import blocks_policies, is_public, lets_everyone_in
from oficina.services.s3.tags import check_tags

_MISSING = {
    "cors": ("NoSuchCORSConfiguration", "The CORS configuration does not exist"),
    "policy": ("NoSuchBucketPolicy", "The bucket policy does not exist"),
    "tagging": ("NoSuchTagSet", "The TagSet does not exist"),
    "lifecycle": ("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"),
    "public": (
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
    ),
    "ownership": ("OwnershipControlsNotFoundError", "The bucket ownership controls were not found"),
    "website": (
        "NoSuchWebsiteConfiguration",
        "The specified bucket does not have a website configuration",
    ),
    "replication": (
        "ReplicationConfigurationNotFoundError",
        "The replication configuration was not found",
    ),
    "lock": (
        "ObjectLockConfigurationNotFoundError",
        "Object Lock configuration does not exist for this bucket",
    ),
}
_ENCRYPTION = {
    "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
}
"""What every bucket of AWS has (since January 2023)."""
_PUBLIC = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_OWNERSHIP = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
_MOST_CORS_RULES = 100
"""S3 user guide, "Elements of a CORS configuration"."""
_METHODS = ("GET", "PUT", "HEAD", "POST", "DELETE")


def keep(ctx: Context, request: Request, name: str, body: Any) -> None:
    """Keeps what the bucket is told under a name. Raises AwsError MalformedXML for nothing."""
    if body is None:
        raise malformed()
    ctx.store.buckets.set_setting(bucket_of(ctx, request), name, body)


def kept(ctx: Context, request: Request, name: str, default: Any = None) -> Any:
    """What the bucket was told under a name. Raises AwsError when nothing was and there is no default."""
    bucket = bucket_of(ctx, request)
    body = ctx.store.buckets.setting(bucket, name)
    if (body == {} and name in _MISSING) or (body is None and default is None):
        code, sentence = _MISSING[name]
        raise AwsError(code, sentence, 404, BucketName=bucket.name)
    return default if body is None else body


def _forget(ctx: Context, request: Request, name: str) -> None:
    ctx.store.buckets.set_setting(bucket_of(ctx, request), name, None)


@s3.operation
def put_bucket_cors(ctx: Context, request: Request) -> None:
    """Keeps the rules for browsers of other origins."""
    rules = (request.get("CORSConfiguration") or {}).get("CORSRules")
    if not rules or len(rules) > _MOST_CORS_RULES:
        raise malformed()
    for rule in rules:
        if not rule.get("AllowedOrigins") or not rule.get("AllowedMethods"):
            raise malformed()
        for method in rule["AllowedMethods"]:
            if method not in _METHODS:
                raise AwsError(
                    "InvalidRequest",
                    f"Found unsupported HTTP method in CORS config. Unsupported method is {method}",
                )
    keep(ctx, request, "cors", request["CORSConfiguration"])


@s3.operation
def get_bucket_cors(ctx: Context, request: Request) -> Answer:
    """The rules for browsers of other origins."""
    return {"_root": "CORSConfiguration", **kept(ctx, request, "cors")}


@s3.operation
def delete_bucket_cors(ctx: Context, request: Request) -> None:
    """Forgets the rules for browsers of other origins."""
    _forget(ctx, request, "cors")


@s3.operation
def put_bucket_policy(ctx: Context, request: Request) -> None:
    """Keeps a policy, which must be a JSON object with statements, and not public where that is blocked."""
    text = request.get("Policy") or ""
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad_policy("Policies must be valid JSON and the first byte must be '{'") from error
    if not isinstance(policy, dict):
        raise _bad_policy("Policies must be valid JSON and the first byte must be '{'")
    if not policy.get("Statement"):
        raise _bad_policy("Missing required field Statement")
    bucket = bucket_of(ctx, request)
    if lets_everyone_in(text) and blocks_policies(ctx, bucket):
        raise AwsError(
            "AccessDenied",
            f"User: {ctx.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are blocked by the BlockPublicPolicy '
            "block public access setting.",
            403,
        )
    keep(ctx, request, "policy", text)


def _bad_policy(sentence: str) -> AwsError:
    return AwsError("MalformedPolicy", sentence)


@s3.operation
def get_bucket_policy(ctx: Context, request: Request) -> Answer:
    """The policy, letter by letter."""
    return {"Policy": kept(ctx, request, "policy"), "_headers": [("Content-Type", "application/json")]}


@s3.operation
def get_bucket_policy_status(ctx: Context, request: Request) -> Answer:
    """Whether the policy lets everyone in."""
    kept(ctx, request, "policy")
    return {"PolicyStatus": {"IsPublic": is_public(ctx, bucket_of(ctx, request))}}


@s3.operation
def delete_bucket_policy(ctx: Context, request: Request) -> None:
    """Forgets the policy."""
    _forget(ctx, request, "policy")


@s3.operation
def put_bucket_encryption(ctx: Context, request: Request) -> None:
    """Keeps how new objects are to be encrypted."""
    configuration = request.get("ServerSideEncryptionConfiguration") or {}
    for rule in configuration.get("Rules") or ():
        algorithm = (rule.get("ApplyServerSideEncryptionByDefault") or {}).get("SSEAlgorithm")
        if algorithm not in (None, "AES256", "aws:kms", "aws:kms:dsse"):
            raise malformed()
        rule.setdefault("BucketKeyEnabled", False)
    keep(ctx, request, "encryption", configuration if configuration.get("Rules") else None)


@s3.operation
def get_bucket_encryption(ctx: Context, request: Request) -> Answer:
    """How new objects are encrypted: AES256 unless told otherwise."""
    return {"ServerSideEncryptionConfiguration": kept(ctx, request, "encryption", _ENCRYPTION)}


@s3.operation
def delete_bucket_encryption(ctx: Context, request: Request) -> None:
    """Back to AES256."""
    _forget(ctx, request, "encryption")


@s3.operation
def put_bucket_tagging(ctx: Context, request: Request) -> Answer:
    """Sets all tags of the bucket; an empty set is none."""
    tags = (request.get("Tagging") or {}).get("TagSet")
    if tags is None:
        raise malformed()
    check_tags(tags, limit=50)
    ctx.store.buckets.set_setting(bucket_of(ctx, request), "tagging", {"TagSet": tags} if tags else None)
    return {"_status": 204}


@s3.operation
def get_bucket_tagging(ctx: Context, request: Request) -> Answer:
    """The bucket's tags."""
    return {"_root": "Tagging", **kept(ctx, request, "tagging")}


@s3.operation
def delete_bucket_tagging(ctx: Context, request: Request) -> None:
    """Removes all tags of the bucket."""
    _forget(ctx, request, "tagging")


@s3.operation
def put_public_access_block(ctx: Context, request: Request) -> None:
    """Keeps what of public access is blocked."""
    keep(ctx, request, "public", request.get("PublicAccessBlockConfiguration"))


@s3.operation
def get_public_access_block(ctx: Context, request: Request) -> Answer:
    """What of public access is blocked: everything, unless told otherwise (since April 2023)."""
    return {"PublicAccessBlockConfiguration": kept(ctx, request, "public", _PUBLIC)}


@s3.operation
def delete_public_access_block(ctx: Context, request: Request) -> None:
    """Blocks no public access: nothing is kept of it, not even that a fresh bucket blocks all."""
    ctx.store.buckets.set_setting(bucket_of(ctx, request), "public", {})


@s3.operation
def put_bucket_ownership_controls(ctx: Context, request: Request) -> None:
    """Keeps who owns what others upload."""
    keep(ctx, request, "ownership", request.get("OwnershipControls"))


@s3.operation
def get_bucket_ownership_controls(ctx: Context, request: Request) -> Answer:
    """Who owns what others upload: the bucket's owner, unless told otherwise."""
    return {"OwnershipControls": kept(ctx, request, "ownership", _OWNERSHIP)}


@s3.operation
def delete_bucket_ownership_controls(ctx: Context, request: Request) -> None:
    """Forgets who owns what others upload, and that a fresh bucket enforces it."""
    ctx.store.buckets.set_setting(bucket_of(ctx, request), "ownership", {})


@s3.operation
def put_bucket_lifecycle_configuration(ctx: Context, request: Request) -> None:
    """Keeps the rules of expiry; a rule without an id gets one."""
    configuration = request.get("LifecycleConfiguration") or {}
    rules = configuration.get("Rules")
    if not rules:
        raise malformed()
    for rule in rules:
        _check_rule(rule)
        rule.setdefault("ID", hashlib.sha256(orjson.dumps(rule)).hexdigest()[:36])
    keep(ctx, request, "lifecycle", configuration)


def _check_rule(rule: dict[str, Any]) -> None:
    """Raises AwsError for a rule that lacks what the S3 API reference asks for (LifecycleRule)."""
    expiry = rule.get("Expiration") or {}
    moves = rule.get("NoncurrentVersionTransitions") or ()
    if (
        ("Filter" not in rule and "Prefix" not in rule)
        or rule.get("Status") not in ("Enabled", "Disabled")
        or ("ExpiredObjectDeleteMarker" in expiry and len(expiry) > 1)
        or any(not move.get("StorageClass") or move.get("NoncurrentDays") is None for move in moves)
    ):
        raise malformed()


@s3.operation
def get_bucket_lifecycle_configuration(ctx: Context, request: Request) -> Answer:
    """The rules of expiry."""
    return {"_root": "LifecycleConfiguration", **kept(ctx, request, "lifecycle")}


@s3.operation
def delete_bucket_lifecycle(ctx: Context, request: Request) -> None:
    """Forgets the rules of expiry."""
    _forget(ctx, request, "lifecycle")


@s3.operation
def put_bucket_website(ctx: Context, request: Request) -> None:
    """Keeps the index and error documents."""
    keep(ctx, request, "website", request.get("WebsiteConfiguration"))


@s3.operation
def get_bucket_website(ctx: Context, request: Request) -> Answer:
    """The index and error documents."""
    return {"_root": "WebsiteConfiguration", **kept(ctx, request, "website")}


@s3.operation
def delete_bucket_website(ctx: Context, request: Request) -> None:
    """Forgets the index and error documents."""
    _forget(ctx, request, "website")


@s3.operation
def put_bucket_logging(ctx: Context, request: Request) -> None:
    """Keeps where access is to be logged."""
    status = request.get("BucketLoggingStatus") or {}
    target = (status.get("LoggingEnabled") or {}).get("TargetBucket")
    if target is not None and ctx.store.buckets.find(ctx.account, target) is None:
        raise AwsError(
            "InvalidTargetBucketForLogging",
            "The target bucket for logging does not exist",
            TargetBucket=target,
        )
    keep(ctx, request, "logging", status)


@s3.operation
def get_bucket_logging(ctx: Context, request: Request) -> Answer:
    """Where access is to be logged; nowhere unless told otherwise."""
    return {"_root": "BucketLoggingStatus", **kept(ctx, request, "logging", {})}


@s3.operation
def get_bucket_request_payment(ctx: Context, request: Request) -> Answer:
    """Who pays: the owner."""
    bucket_of(ctx, request)
    return {"_root": "RequestPaymentConfiguration", "Payer": "BucketOwner"}


@s3.operation
def get_bucket_accelerate_configuration(ctx: Context, request: Request) -> Answer:
    """There is no acceleration."""
    bucket_of(ctx, request)
    return {"_root": "AccelerateConfiguration"}


@s3.operation
def get_bucket_replication(ctx: Context, request: Request) -> Answer:
    """There is no replication."""
    return {"ReplicationConfiguration": kept(ctx, request, "replication")}


@s3.operation
def get_object_lock_configuration(ctx: Context, request: Request) -> Answer:
    """There are no locks."""
    return {"ObjectLockConfiguration": kept(ctx, request, "lock")}


def grants(ctx: Context) -> Answer:
    """The access control list that every bucket and object has: its owner may do everything."""
    grantee = {**owner_of(ctx), "Type": "CanonicalUser"}
    return {
        "_root": "AccessControlPolicy",
        "Owner": owner_of(ctx),
        "Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}],
    }


@s3.operation
def get_bucket_acl(ctx: Context, request: Request) -> Answer:
    """The bucket's access control list."""
    bucket_of(ctx, request)
    return grants(ctx)


@s3.operation
def put_bucket_acl(ctx: Context, request: Request) -> None:
    """Accepts a list; the owner keeps full control, as in a bucket that enforces ownership."""
    acl.check(request)
    bucket_of(ctx, request)
