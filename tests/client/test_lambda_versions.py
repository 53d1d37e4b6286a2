"""Versions, aliases and layers of Lambda functions, through boto3."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functions import archive, create
from tests.jobs import Bench
from tests.servers import Server
from tests.waiting import wait_until

WHICH = (
    "def main(event, context):\n    return [{0}, context.function_version, context.invoked_function_arn]\n"
)


@pytest.fixture
def functions(aws: Callable[..., Any]) -> Any:
    """A Lambda client of the test's own account."""
    return aws("lambda")


def invoke(client: Any, name: str, **members: Any) -> tuple[Any, dict[str, Any]]:
    """The answer of a function, and all of Invoke's."""
    answer = client.invoke(FunctionName=name, **members)
    return json.loads(answer["Payload"].read()), answer


def change(client: Any, number: int, **members: Any) -> Any:
    """Gives the function new code."""
    return client.update_function_code(
        FunctionName="which", ZipFile=archive(index=WHICH.format(number)), **members
    )


def test_a_published_version_stays_as_it_was(functions: Any) -> None:
    arn = create(functions, "which", WHICH.format(1), Timeout=30)
    first = functions.publish_version(FunctionName="which", Description="the first")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{arn}:1")
    assert functions.publish_version(FunctionName="which")["Version"] == "1"
    assert change(functions, 2, Publish=True)["Version"] == "2"
    functions.update_function_configuration(FunctionName="which", Timeout=20)

    assert invoke(functions, "which")[0] == [2, "$LATEST", arn]
    answer, told = invoke(functions, "which", Qualifier="1")
    assert answer == [1, "1", f"{arn}:1"]
    assert told["ExecutedVersion"] == "1"
    assert functions.get_function_configuration(FunctionName=f"{arn}:1")["Timeout"] == 30
    versions = functions.list_versions_by_function(FunctionName="which")["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST", "1", "2"]


def test_an_alias_names_a_version_until_it_names_another(functions: Any, bench: Bench) -> None:
    published = create(functions, "which", WHICH.format(1), Timeout=30, Publish=True)
    arn = published.removesuffix(":1")
    change(functions, 2, Publish=True)
    alias = functions.create_alias(FunctionName="which", Name="live", FunctionVersion="1")
    assert alias["AliasArn"] == f"{arn}:live"
    assert invoke(functions, f"{arn}:live")[0] == [1, "1", f"{arn}:live"]

    functions.update_alias(
        FunctionName="which",
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.0}},
    )
    assert invoke(functions, "which:live")[0][0] == 2
    assert [each["Name"] for each in functions.list_aliases(FunctionName="which")["Aliases"]] == ["live"]
    with pytest.raises(functions.exceptions.ResourceConflictException):
        functions.delete_function(FunctionName="which", Qualifier="2")
    functions.delete_alias(FunctionName="which", Name="live")
    functions.delete_function(FunctionName="which", Qualifier="2")
    with pytest.raises(functions.exceptions.ResourceNotFoundException, match="alias"):
        functions.invoke(FunctionName="which", Qualifier="live")
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="which", Qualifier="2")

    functions.invoke(FunctionName="which:1", InvocationType="Event", Payload=b"{}")
    wait_until(lambda: "[1]" in str(streams(bench)), "the version did not run")


def streams(bench: Bench) -> list[str]:
    """The names of the log streams."""
    found = bench.logs.describe_log_streams(logGroupName="/aws/lambda/which")["logStreams"]
    return [each["logStreamName"] for each in found]


def test_an_alias_cannot_name_what_is_not_there(functions: Any) -> None:
    create(functions, "which", WHICH.format(1))
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.create_alias(FunctionName="which", Name="live", FunctionVersion="7")


def layer(**files: str) -> dict[str, bytes]:
    """The content of a layer; two underscores in a name are a slash, a last one a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, text in files.items():
            file.writestr(name.replace("__", "/").replace("_", "."), text)
    return {"ZipFile": packed.getvalue()}


def test_a_function_finds_its_layers_in_opt_the_last_one_first(functions: Any) -> None:
    program = (
        "import shared, only\n"
        "def main(event, context):\n"
        "    return [shared.WHO, only.WHO, open('/opt/words_txt'.replace('_', '.')).read()]\n"
    )
    base = functions.publish_layer_version(
        LayerName="base",
        Content=layer(python__shared_py="WHO = 'base'", python__only_py="WHO = 'base'", words_txt="hello"),
        CompatibleRuntimes=["python3.11"],
    )
    assert (base["Version"], base["LayerVersionArn"]) == (1, base["LayerArn"] + ":1")
    above = functions.publish_layer_version(
        LayerName="above", Content=layer(python__shared_py="WHO = 'above'")
    )
    arns = [base["LayerVersionArn"], above["LayerVersionArn"]]
    create(functions, "layered", program, Timeout=30, Layers=arns)
    functions.delete_layer_version(LayerName="above", VersionNumber=1)

    assert invoke(functions, "layered")[0] == ["above", "base", "hello"]
    told = functions.get_function_configuration(FunctionName="layered")
    assert [each["Arn"] for each in told["Layers"]] == arns
    assert [each["LayerName"] for each in functions.list_layers()["Layers"]] == ["base"]
    assert functions.get_layer_version_by_arn(Arn=arns[0])["Content"]["CodeSize"] > 0

    functions.update_function_configuration(FunctionName="layered", Layers=[])
    assert invoke(functions, "layered")[0]["errorType"] == "Runtime.ImportModuleError"


def test_a_layer_that_is_not_there_is_refused(functions: Any) -> None:
    arn = "arn:aws:lambda:us-east-1:336392948345:layer:AWSSDKPandas-Python311:1"
    with pytest.raises(ClientError, match=f"Layer version {arn} does not exist"):
        create(functions, "layered", WHICH.format(1), Layers=[arn])
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_layer_version(LayerName="none", VersionNumber=1)


def test_archives_are_fetched_again_without_a_key(verified_server: Server) -> None:
    mine = verified_server.client("lambda")
    data = archive(index=WHICH.format(1))
    create(mine, "fetched", "", Code={"ZipFile": data})
    layer = mine.publish_layer_version(LayerName="fetched", Content={"ZipFile": data})
    told = mine.get_function(FunctionName="fetched")["Code"]
    found = mine.get_layer_version(LayerName="fetched", VersionNumber=layer["Version"])["Content"]
    for address in (told["Location"], layer["Content"]["Location"], found["Location"]):
        with urllib.request.urlopen(address) as answer:
            assert answer.read() == data
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(told["Location"].replace(".zip", ".txt"))
    assert refused.value.code == 403
    assert all(
        "awslambda" not in each["Name"] for each in verified_server.client("s3").list_buckets()["Buckets"]
    )
