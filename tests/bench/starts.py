"""From CreateTrainingJob to the first line of user code, beside the bare start of a process."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import Any

from tests.bench import places
from tests.bench.figures import Figure, milliseconds, timed
from tests.waiting import wait_until

PROGRAM = "; ".join(
    (
        "import time",
        "print('first line at', time.time(), file=open('/opt/ml/output/failure', 'w'))",
        "raise SystemExit(1)",
    )
)
"""Tells the time of its first line where Describe shows it."""


def measure(smoke: bool) -> list[Figure]:
    """A plain image that is built; one job after another."""
    with places.oficina() as server:
        sagemaker, s3 = server.client("sagemaker"), server.client("s3")
        s3.create_bucket(Bucket="bench")
        _start(sagemaker, "warm-up")
        taken, bare = [], []
        for number in range(3 if smoke else 40):
            taken.append(_start(sagemaker, f"job-{number}"))
            bare += timed(lambda: subprocess.run([sys.executable, "-I", "-c", "pass"], check=True), 1)
    return [
        Figure("CreateTrainingJob → first line of user code, p50", milliseconds(taken), "ms", most=150),
        Figure("a bare start of Python to its end, p50", milliseconds(bare), "ms"),
    ]


def _start(sagemaker: Any, name: str) -> float:
    begin = time.time()
    sagemaker.create_training_job(**places.training_job(name, places.PLAIN, "python", "-c", PROGRAM))
    ended = wait_until(lambda: places.ended(sagemaker, name), f"{name} ends")
    told = re.search(r"first line at ([\d.]+\d)", ended["FailureReason"])
    assert told is not None, ended["FailureReason"]
    return float(told[1]) - begin
