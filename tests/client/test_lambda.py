"""Lambda through boto3: functions that really run, their answers, errors, logs and limits."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functions import archive, create
from tests.jobs import Bench
from tests.waiting import wait_until

ECHO = "def main(event, context):\n    return {'event': event, 'name': context.function_name}\n"


@pytest.fixture
def functions(aws: Callable[..., Any]) -> Any:
    """A Lambda client of the test's own account."""
    return aws("lambda")


def invoke(client: Any, name: str, event: Any = None, **members: Any) -> tuple[Any, dict[str, Any]]:
    """The answer of a function, and all of Invoke's."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event), **members)
    return json.loads(answer["Payload"].read()), answer


def test_a_function_is_created_told_changed_listed_and_deleted(functions: Any, account: str) -> None:
    arn = create(functions, "echo", ECHO, Timeout=7, Tags={"team": "data"})
    assert arn == f"arn:aws:lambda:us-east-1:{account}:function:echo"

    told = functions.get_function(FunctionName=arn)
    assert told["Configuration"]["State"] == "Active"
    assert told["Configuration"]["Timeout"] == 7
    assert told["Tags"] == {"team": "data"}
    functions.get_waiter("function_active_v2").wait(FunctionName="echo")

    functions.update_function_configuration(FunctionName="echo", Timeout=9, Handler="index.other")
    functions.update_function_code(
        FunctionName="echo", ZipFile=archive(index="def other(event, context):\n    return 2\n")
    )
    functions.get_waiter("function_updated_v2").wait(FunctionName="echo")
    assert invoke(functions, "echo")[0] == 2
    assert [each["FunctionName"] for each in functions.list_functions()["Functions"]] == ["echo"]

    functions.delete_function(FunctionName="echo")
    with pytest.raises(ClientError) as refused:
        functions.get_function(FunctionName="echo")
    assert refused.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Function not found: {arn}",
    }
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_name_that_is_taken_is_refused_in_lambdas_words(functions: Any) -> None:
    create(functions, "echo", ECHO)

    with pytest.raises(ClientError, match="Function already exist: echo") as refused:
        create(functions, "echo", ECHO)

    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"


def test_the_handler_gets_the_event_and_its_answer_comes_back(functions: Any) -> None:
    create(functions, "echo", ECHO)

    answer, told = invoke(functions, "echo", {"a": [1, "é"]}, LogType="Tail")

    assert answer == {"event": {"a": [1, "é"]}, "name": "echo"}
    assert told["StatusCode"] == 200
    assert told["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in told
    tail = base64.b64decode(told["LogResult"]).decode()
    assert tail.startswith("START RequestId: ")
    assert "REPORT RequestId: " in tail


def test_a_function_acts_in_aws_with_its_role_and_variables(functions: Any, bench: Bench) -> None:
    program = (
        "import boto3, os\n"
        "def main(event, context):\n"
        "    boto3.client('s3').put_object(Bucket=os.environ['BUCKET'], Key='made', Body=b'by lambda')\n"
        "    return boto3.client('sts').get_caller_identity()['Arn']\n"
    )
    variables = {"Variables": {"BUCKET": bench.bucket}}
    code = {"S3Bucket": bench.bucket, "S3Key": "code.zip"}
    bench.put("code.zip", archive(index=program))
    create(functions, "writer", "", Code=code, Environment=variables, Timeout=30)

    answer, _ = invoke(functions, "writer")

    assert ":assumed-role/AmazonSageMaker-ExecutionRole-oficina/" in answer
    assert bench.get("made") == b"by lambda"


@pytest.mark.parametrize(
    ("program", "kind", "sentence"),
    [
        ("def main(e, c):\n    raise KeyError('gone')\n", "KeyError", "'gone'"),
        ("import nothing_like_it\n", "Runtime.ImportModuleError", "Unable to import module 'index'"),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'main' missing on module 'index'"),
        ("def main(:\n", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("def main(e, c):\n    return {1, 2}\n", "Runtime.MarshalError", "Unable to marshal response"),
        ("import os\ndef main(e, c):\n    os._exit(3)\n", "Runtime.ExitError", "exit status 3"),
        ("def main(e, c):\n    return 'x' * 7000000\n", "Function.ResponseSizeTooLarge", "6291456 bytes"),
        (
            "import os\ndef main(e, c):\n    os.symlink('/etc/hostname', '/opt/ml/output/answer.json')\n"
            "    os._exit(0)\n",
            "Runtime.ExitError",
            "exit status 0",
        ),
    ],
    ids=["raises", "import", "missing", "syntax", "marshal", "exit", "large", "link"],
)
def test_what_goes_wrong_is_told_as_lambda_tells_it(
    functions: Any, program: str, kind: str, sentence: str
) -> None:
    create(functions, "broken", program, Timeout=30)

    answer, told = invoke(functions, "broken")

    assert told["FunctionError"] == "Unhandled"
    assert answer["errorType"] == kind
    assert sentence in answer["errorMessage"]


def test_a_function_is_ended_at_its_timeout(functions: Any) -> None:
    create(functions, "slow", "import time\ndef main(e, c):\n    time.sleep(60)\n", Timeout=1)

    answer, told = invoke(functions, "slow")

    assert told["FunctionError"] == "Unhandled"
    assert answer["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")


def test_the_time_in_which_a_function_is_loaded_is_not_part_of_its_timeout(functions: Any) -> None:
    program = (
        "import time\n"
        "time.sleep(9)\n"
        "def main(event, context):\n    return context.get_remaining_time_in_millis()\n"
    )
    create(functions, "heavy", program, Timeout=8)

    answer, told = invoke(functions, "heavy")

    assert "FunctionError" not in told, answer
    assert 0 < answer <= 8000


def test_a_function_that_prints_100_mb_harms_nobody(functions: Any) -> None:
    program = (
        "def main(e, c):\n    for _ in range(100):\n        print('x' * 1000000)\n"
        "    print('last')\n    return 1\n"
    )
    create(functions, "loud", program, Timeout=60)

    answer, told = invoke(functions, "loud", LogType="Tail")

    assert answer == 1
    tail = base64.b64decode(told["LogResult"])
    assert len(tail) <= 4096
    assert b"last\n" in tail


def test_what_a_function_prints_is_in_its_log_group(functions: Any, bench: Bench) -> None:
    create(functions, "talker", "def main(e, c):\n    print('hello', c.log_stream_name)\n")
    invoke(functions, "talker")

    streams = bench.logs.describe_log_streams(logGroupName="/aws/lambda/talker")["logStreams"]
    name = streams[0]["logStreamName"]
    events = bench.logs.get_log_events(logGroupName="/aws/lambda/talker", logStreamName=name)["events"]

    assert f"hello {name}" in [event["message"].rstrip() for event in events]


def test_an_event_is_worked_on_later(functions: Any, bench: Bench) -> None:
    program = (
        "import boto3, json\ndef main(event, c):\n"
        "    boto3.client('s3').put_object(Bucket='workbench', Key='later', Body=json.dumps(event))\n"
    )
    create(functions, "later", program, Timeout=30)

    told = functions.invoke(FunctionName="later", InvocationType="Event", Payload=b'{"n": 1}')

    assert told["StatusCode"] == 202
    wait_until(lambda: bench.keys("later") == ["later"], "the function did not run")
    assert bench.get("later") == b'{"n": 1}'


@pytest.mark.parametrize(
    ("payload", "code", "status"),
    [
        (b"{not json", "InvalidRequestContentException", 400),
        (b'"' + b"x" * 6291456 + b'"', "RequestTooLargeException", 413),
    ],
    ids=["no JSON", "too large"],
)
def test_an_event_that_is_none_is_refused(functions: Any, payload: bytes, code: str, status: int) -> None:
    create(functions, "echo", ECHO)

    with pytest.raises(ClientError) as refused:
        functions.invoke(FunctionName="echo", Payload=payload)

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"Code": {"ZipFile": b"no archive"}}, "Could not unzip uploaded file"),
        ({"Code": {"S3Bucket": "nowhere", "S3Key": "x"}}, "S3 Error Code: NoSuchBucket"),
        ({"Runtime": "nodejs22.x"}, "oficina runs functions written in Python"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "reserved keys"),
    ],
    ids=["no archive", "no bucket", "no Python", "reserved"],
)
def test_a_function_that_cannot_run_is_refused(
    functions: Any, members: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ClientError, match=sentence) as refused:
        create(functions, "bad", ECHO, **members)

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
