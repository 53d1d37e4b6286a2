"""What a remote function may ask for, with the SDK that is here: files, packages, data, its ends."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import tempfile
from pathlib import Path

import boto3
import numpy as np
import pandas as pd

sdk = importlib.metadata.version("sagemaker").partition(".")[0]
if sdk == "2":
    from sagemaker.remote_function import CustomFileFilter, RemoteExecutor, remote
    from sagemaker.remote_function.client import get_future, list_futures
    from sagemaker.remote_function.errors import RemoteFunctionError, SerializationError
    from sagemaker.remote_function.runtime_environment import runtime_environment_manager as runtime
    from sagemaker.session import Session
else:
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.core.remote_function import CustomFileFilter, RemoteExecutor, remote
    from sagemaker.core.remote_function.client import get_future, list_futures
    from sagemaker.core.remote_function.errors import RemoteFunctionError, SerializationError
    from sagemaker.core.remote_function.runtime_environment import runtime_environment_manager as runtime

work = Path(tempfile.mkdtemp())
(work / "mine").mkdir()
(work / "mine" / "__init__.py").write_text("NAME = 'mine'\n")
(work / "table.csv").write_text("a,b\n1,2\n")
(work / "secret.pem").write_text("not for others\n")
(work / "requirements.txt").write_text("tabulate==0.9.0\n")
(work / "before.sh").write_text("echo prepared > /tmp/prepared\n")
os.chdir(work)
sys.path.insert(0, str(work))
bucket = Session().default_bucket()
common = {"instance_type": "ml.m5.large"}


class OwnError(Exception):
    """An exception of the user's own."""


def files(table: pd.DataFrame, array: np.ndarray) -> tuple[dict[str, object], pd.DataFrame, np.ndarray]:
    """What the job found: packages, files of the working folder, variables, what ran before; and data."""
    import tabulate
    from mine import NAME

    there = sorted(name for name in os.listdir(".") if "requirements" not in name)
    before = Path("/tmp/prepared").read_text().strip()
    found = {
        "packages": tabulate.__version__,
        "module": NAME,
        "files": there,
        "variable": os.environ["COLOUR"],
        "before": before,
    }
    more = pd.DataFrame({"twice": table["x"] * 2, "loud": [f"{name}!" for name in table["name"]]})
    return found, table.join(more), array * 2


def square(number: int) -> int:
    """A number times itself."""
    print("squaring", number)
    return number * number


def sleepy() -> None:
    """Lasts longer than anybody waits."""
    import time

    time.sleep(60)


def leave(code: int) -> None:
    """Ends the process without a word."""
    os._exit(code)


def unpicklable() -> object:
    """What no pickle holds."""
    return (number for number in range(3))


def chained() -> None:
    """An exception of the user's own that another one caused."""
    try:
        _ = {}["key"]
    except KeyError as error:
        raise OwnError("no such key", 7) from error


everything = remote(
    dependencies="requirements.txt",
    pre_execution_script="before.sh",
    include_local_workdir=True,
    custom_file_filter=CustomFileFilter(ignore_name_patterns=["*.pem", "__pycache__"]),
    environment_variables={"COLOUR": "blue"},
    s3_kms_key="alias/mine",
    s3_root_uri=f"s3://{bucket}/elsewhere",
    job_name_prefix=f"everything-{sdk}",
    keep_alive_period_in_seconds=3600,  # longer than anybody takes to look at the pool
    tags=[{"Key": "team", "Value": "green"}],
    max_runtime_in_seconds=3600,
    volume_size=5,
    **common,
)(files)
found, table, array = everything(
    pd.DataFrame({"x": range(3), "name": ["a", "b", "c"]}), np.ones((1000, 4000))
)
print("everything", found)
print("frame", table.to_dict("list"), array.shape, array.sum())
client = boto3.client("sagemaker")
newest = client.list_training_jobs(NameContains=f"everything-{sdk}")["TrainingJobSummaries"][0]
job = client.describe_training_job(TrainingJobName=newest["TrainingJobName"])
tags = client.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
s3 = boto3.client("s3")
kept = s3.list_objects_v2(Bucket=bucket, Prefix="elsewhere/")["Contents"]
key = next(each["Key"] for each in kept if each["Key"].endswith("results/payload.pkl"))
result = s3.head_object(Bucket=bucket, Key=key)
print(
    "asked", job["WarmPoolStatus"]["Status"], {"Key": "team", "Value": "green"} in tags, result["SSEKMSKeyId"]
)
client.update_training_job(
    TrainingJobName=newest["TrainingJobName"], ResourceConfig={"KeepAlivePeriodInSeconds": 0}
)

with RemoteExecutor(max_parallel_jobs=6, job_name_prefix=f"many-{sdk}", **common) as executor:
    with executor._state_condition:  # no job is created meanwhile
        never = executor.submit(sleepy)
        print("cancel", never.cancel(), never.cancelled())
    ended = [executor.submit(leave, 3), executor.submit(unpicklable), executor.submit(chained)]
    print("squares", executor.map(square, (2, 3)))
    for future in ended:
        try:
            print("gave", future.result())
        except (RemoteFunctionError, SerializationError, OwnError) as error:
            print("ended", type(error).__name__, str(error)[:80], type(error.__cause__).__name__)
    stopped = executor.submit(sleepy)
    with stopped._condition:  # until its job is created
        stopped._condition.wait_for(lambda: stopped._job is not None)
    print("cancel", stopped.running(), stopped.cancel(), stopped.cancelled())

client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=stopped._job.job_name)
again = get_future(stopped._job.job_name, sagemaker_session=Session())
print("again", again.cancelled(), again.done())
print("listed", sorted((each.done(), each.cancelled()) for each in list_futures(f"many-{sdk}")))
past = get_future(newest["TrainingJobName"])
print("past", past.done(), past.result()[0]["module"])

try:
    remote(job_conda_env="mine", **common)(sleepy)()
except runtime.RuntimeEnvironmentError as error:
    print("conda", error)
try:
    remote(dependencies="auto_capture", **common)(sleepy)()
except ValueError as error:
    print("capture", error)
try:
    remote(max_runtime_in_seconds=1, **common)(sleepy)()
except RemoteFunctionError as error:
    print("late", error)
