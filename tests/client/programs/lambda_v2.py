"""The SDK's Lambda helper with SDK v2: create, invoke, update by upsert, delete."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path

from sagemaker import Session, get_execution_role
from sagemaker.lambda_helper import Lambda

session = Session()
role = get_execution_role()
folder = Path(tempfile.mkdtemp())
program = folder / "greet.py"
program.write_text("def handler(event, context):\n    return 'one'\n")


def helper(**code: str) -> Lambda:
    """The function with this code."""
    return Lambda(
        function_name="greet-v2",
        execution_role_arn=role,
        handler="greet.handler",
        timeout=30,
        memory_size=256,
        environment={"Variables": {"MOOD": "good"}},
        session=session,
        **code,
    )


first = helper(script=str(program))
told = first.create()
print("created", told["FunctionName"], told["MemorySize"], told["Timeout"])
print("answers", json.loads(first.invoke()["Payload"].read()))

program.write_text("import os\ndef handler(event, context):\n    return 'two ' + os.environ['MOOD']\n")
packed = folder / "code.zip"
with zipfile.ZipFile(packed, "w") as archive:
    archive.write(program, "greet.py")
second = helper(zipped_code_dir=str(packed), s3_bucket=session.default_bucket())
second.upsert()
print("answers", json.loads(second.invoke()["Payload"].read()))
by_arn = Lambda(function_arn=told["FunctionArn"], script=str(program), session=session)
print("updated", by_arn.update()["FunctionName"])

by_arn.delete()
try:
    by_arn.invoke()
except ValueError as error:
    print("gone", "ResourceNotFoundException" in str(error))
