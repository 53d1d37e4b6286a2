"""Remote functions as a user of SDK v2 writes them."""

from __future__ import annotations

from sagemaker.remote_function import RemoteExecutor, remote

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution:2.0"


class OwnError(Exception):
    """An exception of the user's own."""


@remote(instance_type="ml.m5.large", image_uri=IMAGE, pre_execution_commands=["echo ready > /tmp/ready"])
def divide(one: float, other: float) -> tuple[float, str]:
    """A quotient, and what the command before has left."""
    if other == 0:
        raise OwnError("not by zero")
    with open("/tmp/ready", encoding="utf-8") as file:
        return one / other, file.read().strip()


def square(number: int) -> int:
    """A number times itself."""
    return number * number


print("divided", divide(6, 3))
try:
    divide(1, 0)
except OwnError as error:
    print("raised", error)
with RemoteExecutor(max_parallel_jobs=2, instance_type="ml.m5.large", image_uri=IMAGE) as executor:
    futures = [executor.submit(square, number) for number in (2, 3)]
    print("squares", [future.result() for future in futures])
