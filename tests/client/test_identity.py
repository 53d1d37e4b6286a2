"""STS and IAM as boto3 meets them, over a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from oficina.app import App
from oficina.clock import Clock
from oficina.config import load

Client = Any
_client: Any = boto3.client
EXECUTION_ROLE = "AmazonSageMaker-ExecutionRole-oficina"
TRUST = json.dumps(
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
)


class MovedClock(Clock):
    """The machine's clock, moved ahead by ``ahead`` seconds."""

    ahead = 0.0

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return super().now() + self.ahead


@pytest.fixture
def clock() -> MovedClock:
    """A clock that a test can move."""
    return MovedClock()


@pytest.fixture
def closed(tmp_path: Path, clock: MovedClock) -> Iterator[App]:
    """A server that verifies who calls."""
    app = App(load({}).with_overrides(home=tmp_path, port=0, strict=True), clock)
    threading.Thread(target=app.run, daemon=True).start()
    yield app
    app.close()


def client(app: App, service: str, key: Any = None) -> Client:
    """A client with a key of the server; the default one where none is given."""
    if isinstance(key, dict):
        names = (key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    else:
        names = (app.default_key.access_key, app.default_key.secret, None)
    return _client(
        service,
        region_name="us-east-1",
        endpoint_url=app.address,
        aws_access_key_id=names[0],
        aws_secret_access_key=names[1],
        aws_session_token=names[2],
    )


def code(failure: pytest.ExceptionInfo[ClientError]) -> str:
    """The code of an error."""
    return str(failure.value.response["Error"]["Code"])


def test_the_default_caller_is_the_execution_role_and_the_role_is_there(closed: App) -> None:
    identity = client(closed, "sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == f"arn:aws:sts::123456789012:assumed-role/{EXECUTION_ROLE}/oficina"
    role = client(closed, "iam").get_role(RoleName=EXECUTION_ROLE)["Role"]
    assert role["Arn"] == f"arn:aws:iam::123456789012:role/service-role/{EXECUTION_ROLE}"
    assert identity["UserId"] == f"{role['RoleId']}:oficina"
    trust = role["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}


def test_the_execution_role_has_the_policies_of_aws(closed: App) -> None:
    iam = client(closed, "iam")
    attached = iam.list_attached_role_policies(RoleName=EXECUTION_ROLE)["AttachedPolicies"]
    assert {
        "PolicyName": "AmazonSageMakerFullAccess",
        "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
    } in attached
    policy = iam.get_policy(PolicyArn=attached[0]["PolicyArn"])["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    assert version["PolicyVersion"]["Document"]["Statement"]


def test_an_assumed_role_is_a_caller_of_its_own_until_its_time(closed: App, clock: MovedClock) -> None:
    client(closed, "iam").create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    answer = client(closed, "sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/worker", RoleSessionName="me", DurationSeconds=900
    )
    credentials = answer["Credentials"]
    left = credentials["Expiration"] - datetime.now(UTC)
    assert timedelta(seconds=600) < left <= timedelta(seconds=901)
    sts = client(closed, "sts", credentials)
    identity = sts.get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/worker/me"
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    clock.ahead = 901
    with pytest.raises(ClientError) as failure:
        sts.get_caller_identity()
    assert code(failure) == "ExpiredToken"
    clock.ahead = 48 * 3600
    closed.store.keys.prune(clock.now() - 3600)
    assert closed.store.keys.find(credentials["AccessKeyId"]) is None


def test_a_key_with_another_token_is_refused(closed: App) -> None:
    credentials = client(closed, "sts").get_session_token()["Credentials"]
    assert client(closed, "sts", credentials).get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(ClientError) as failure:
        client(closed, "sts", credentials | {"SessionToken": "other"}).get_caller_identity()
    assert code(failure) == "InvalidClientTokenId"


def test_a_role_of_another_account_leads_there(closed: App) -> None:
    arn = f"arn:aws:iam::210987654321:role/service-role/{EXECUTION_ROLE}"
    credentials = client(closed, "sts").assume_role(RoleArn=arn, RoleSessionName="away")["Credentials"]
    assert client(closed, "sts", credentials).get_caller_identity()["Account"] == "210987654321"
    client(closed, "iam", credentials).create_role(RoleName="theirs", AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError) as failure:
        client(closed, "iam").get_role(RoleName="theirs")
    assert code(failure) == "NoSuchEntity"


def test_a_role_that_is_not_there_cannot_be_assumed(closed: App) -> None:
    arn = "arn:aws:iam::123456789012:role/none"
    with pytest.raises(ClientError) as failure:
        client(closed, "sts").assume_role(RoleArn=arn, RoleSessionName="me")
    error = failure.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert error["Message"].endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")


def test_a_longer_session_than_the_role_allows_is_refused(closed: App) -> None:
    client(closed, "iam").create_role(RoleName="short", AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError) as failure:
        client(closed, "sts").assume_role(
            RoleArn="arn:aws:iam::123456789012:role/short", RoleSessionName="me", DurationSeconds=7200
        )
    assert code(failure) == "ValidationError"


def test_what_the_owner_deletes_stays_deleted_after_a_restart(tmp_path: Path) -> None:
    config = load({}).with_overrides(home=tmp_path, port=0)
    for there in (True, False):
        app = App(config)
        threading.Thread(target=app.run, daemon=True).start()
        iam = client(app, "iam")
        names = [role["RoleName"] for role in iam.list_roles()["Roles"]]
        assert (EXECUTION_ROLE in names) is there
        if there:
            for policy in iam.list_attached_role_policies(RoleName=EXECUTION_ROLE)["AttachedPolicies"]:
                iam.detach_role_policy(RoleName=EXECUTION_ROLE, PolicyArn=policy["PolicyArn"])
            iam.delete_role(RoleName=EXECUTION_ROLE)
        app.close()


@pytest.fixture
def iam(aws: Callable[..., Any]) -> Client:
    """A client with an account of its own."""
    return aws("iam")


def test_an_account_is_its_key_on_an_open_server(aws: Callable[..., Any], account: str) -> None:
    identity = aws("sts").get_caller_identity()
    assert (identity["Account"], identity["Arn"].split(":")[4]) == (account, account)


def test_a_missing_role_is_the_error_that_the_sdks_know(iam: Client) -> None:
    with pytest.raises(iam.exceptions.NoSuchEntityException) as failure:
        iam.get_role(RoleName="none")
    assert failure.value.response["Error"]["Message"] == "The role with name none cannot be found."
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def permissions(*actions: str, **more: Any) -> str:
    """A policy of one statement that allows the actions, with other members where they are given."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | more
    statement = {name: value for name, value in statement.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("no JSON", "Syntax errors in policy."),
        ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
        ('{"Version": "2012-10-17", "Statement": [1]}', "Syntax errors in policy."),
        (permissions("s3:GetObject", Effect="allowed"), "Syntax errors in policy."),
        (permissions("s3:GetObject", NotAction="s3:*"), "Syntax errors in policy."),
        (permissions("s3:GetObject", Extra=1), "Syntax errors in policy."),
        (permissions("s3:GetObject").replace("2012", "2008"), "must be version 2012-10-17 or greater."),
        (permissions("s3:GetObject", Action=None), "Policy statement must contain actions."),
        (permissions("GetObject"), "Actions/Conditions must be prefaced by a vendor"),
        (permissions("s3:GetObject", Resource=None), "Policy statement must contain resources."),
        (permissions("s3:GetObject", Resource="bucket"), 'Resource bucket must be in ARN format or "\\*".'),
        (permissions("s3:Get:Object"), "Actions/Condition can contain only one colon."),
        (permissions("s3:GetObject", Principal="*"), "Policy document should not specify a principal."),
    ],
)
def test_a_policy_that_iam_cannot_read_is_refused(iam: Client, document: str, sentence: str) -> None:
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException, match=sentence):
        iam.create_policy(PolicyName="p", PolicyDocument=document)


def test_a_null_among_the_resources_means_nothing(iam: Client) -> None:
    document = permissions("s3:GetObject", Resource=["arn:aws:s3:::b/*", None])
    asked = {"ActionNames": ["s3:GetObject"], "ResourceArns": ["arn:aws:s3:::b/k", "arn:aws:s3:::c/k"]}
    told = iam.simulate_custom_policy(PolicyInputList=[document], **asked)["EvaluationResults"]
    assert [one["EvalDecision"] for one in told] == ["allowed", "implicitDeny"]
    iam.create_policy(PolicyName="null", PolicyDocument=document)


def test_a_role_is_kept_with_its_policies_and_tags(iam: Client) -> None:
    iam.create_role(
        RoleName="r",
        Path="/team/",
        AssumeRolePolicyDocument=TRUST,
        Description="mine",
        Tags=[{"Key": "a", "Value": "b"}],
    )
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="r", PolicyName="inside", PolicyDocument=permissions("s3:GetObject"))
    document = permissions("s3:PutObject")
    iam.put_role_policy(RoleName="r", PolicyName="inside", PolicyDocument=document)
    assert iam.list_role_policies(RoleName="r")["PolicyNames"] == ["inside"]
    assert iam.get_role_policy(RoleName="r", PolicyName="inside")["PolicyDocument"] == json.loads(document)
    iam.tag_role(RoleName="r", Tags=[{"Key": "c", "Value": "d"}])
    role = iam.get_role(RoleName="r")["Role"]
    assert role["Tags"] == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
    assert role["Arn"].endswith(":role/team/r")
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/team/")["Roles"]] == ["r"]
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_role(RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="inside")
    iam.delete_role(RoleName="r")


def test_a_trust_document_that_is_not_json_is_refused(iam: Client) -> None:
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument="{nonsense")


def test_a_managed_policy_has_versions_and_is_attached(iam: Client) -> None:
    policy = iam.create_policy(PolicyName="p", PolicyDocument=permissions("s3:GetObject"))["Policy"]
    arn = policy["Arn"]
    document = permissions("s3:PutObject")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert version["Document"] == json.loads(document)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"][0]["RoleName"] == "r"
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_policy(PolicyArn=arn)


def test_roles_are_listed_in_pages(iam: Client) -> None:
    for number in range(5):
        iam.create_role(RoleName=f"r{number}", Path="/many/", AssumeRolePolicyDocument=TRUST)
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/many/", PaginationConfig={"PageSize": 2})
    names = [[role["RoleName"] for role in page["Roles"]] for page in pages]
    assert names == [["r0", "r1"], ["r2", "r3"], ["r4"]]


def test_an_instance_profile_carries_one_role(iam: Client) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    profile = iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["r"]
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_role(RoleName="r")
    iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    iam.delete_instance_profile(InstanceProfileName="i")


def test_a_role_may_do_all_that_is_asked(iam: Client, account: str) -> None:
    answer = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{account}:role/service-role/{EXECUTION_ROLE}",
        ActionNames=["s3:GetObject", "sagemaker:CreateTrainingJob"],
    )
    assert [one["EvalDecision"] for one in answer["EvaluationResults"]] == ["allowed", "allowed"]


def test_tags_of_a_policy_are_told_at_once_and_differ_in_more_than_case(iam: Client) -> None:
    document = permissions("s3:GetObject")
    tags = [{"Key": "Team", "Value": "a"}]
    made = iam.create_policy(PolicyName="tagged", PolicyDocument=document, Tags=tags)["Policy"]
    assert made["Tags"] == tags
    twice = [*tags, {"Key": "team", "Value": "b"}]
    with pytest.raises(ClientError, match="Duplicate tag keys found"):
        iam.tag_policy(PolicyArn=made["Arn"], Tags=twice)


def test_a_role_with_policies_may_do_what_they_say(iam: Client) -> None:
    role = iam.create_role(RoleName="narrow", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    ask = {"PolicySourceArn": role, "ActionNames": ["s3:GetObject", "s3:PutObject"]}
    free = iam.simulate_principal_policy(**ask)["EvaluationResults"]
    assert {one["EvalDecision"] for one in free} == {"allowed"}

    statements = [
        {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::kept/*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="narrow", PolicyName="own", PolicyDocument=document)
    answer = iam.simulate_principal_policy(**ask, ResourceArns=["arn:aws:s3:::kept/a", "arn:aws:s3:::x/a"])
    decisions = [one["EvalDecision"] for one in answer["EvaluationResults"]]
    assert decisions == ["allowed", "allowed", "explicitDeny", "implicitDeny"]
    matched = answer["EvaluationResults"][2]["MatchedStatements"]
    assert matched == [{"SourcePolicyId": "own", "SourcePolicyType": "role"}]

    limit = json.dumps({"Statement": {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}})
    (bounded, _) = iam.simulate_principal_policy(**ask, PermissionsBoundaryPolicyInputList=[limit])[
        "EvaluationResults"
    ]
    assert bounded["EvalDecision"] == "implicitDeny"
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_an_operation_that_is_not_there_is_refused_by_name(iam: Client) -> None:
    with pytest.raises(ClientError) as failure:
        iam.create_saml_provider(SAMLMetadataDocument="x" * 1000, Name="n")
    assert code(failure) == "InvalidAction"
    assert "CreateSAMLProvider" in str(failure.value)


def test_a_name_that_is_too_long_is_told_in_the_words_of_aws(iam: Client) -> None:
    with pytest.raises(ClientError) as failure:
        iam.get_role(RoleName="x" * 65)
    assert code(failure) == "ValidationError"
    assert "Member must have length less than or equal to 64" in str(failure.value)
