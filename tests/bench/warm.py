"""The start of a job in a warm pool, beside the same job's start without one.

A start is what a user waits for: from CreateTrainingJob to the first line of the user's own program, and to
the line after its imports. Pools are waited for before each job, as a user's second job finds them.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from time import time
from typing import Any

from tests.bench import places
from tests.bench.figures import Figure, Taken, milliseconds
from tests.servers import Server
from tests.waiting import wait_until

ALGORITHMS = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
PROGRAM = """
import time
first = time.time()
{imports}
imported = time.time()
with open("/opt/ml/output/failure", "w") as file:
    file.write(f"first {{first}} imported {{imported}} end")
raise SystemExit(1)
"""
"""Tells the times of two of its lines where Describe shows them."""
KEPT = 3600
"""Seconds that a pool is kept: the longest there is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job that is measured."""

    name: str
    image: str
    imports: str
    script: bool = True
    requirements: str = ""


KINDS = (
    Kind("plain Python", places.PLAIN, "import json", script=False),
    Kind(
        "scikit-learn script",
        f"{ALGORITHMS}/sagemaker-scikit-learn:1.2-1",
        "import numpy, pandas\nfrom sklearn.linear_model import LogisticRegression",
    ),
    Kind(
        "XGBoost script",
        f"{ALGORITHMS}/sagemaker-xgboost:1.7-1",
        "import numpy, pandas, xgboost",
    ),
    Kind(
        "XGBoost script with requirements",
        f"{ALGORITHMS}/sagemaker-xgboost:1.7-1",
        "import numpy, pandas, xgboost, tabulate",
        requirements="tabulate==0.9.0\n",
    ),
)


def measure(smoke: bool) -> list[Figure]:
    """Cold and warm jobs in turns, so that the machine's moods hit both alike."""
    figures: list[Figure] = []
    with places.oficina() as server:
        server.client("s3").create_bucket(Bucket="bench")
        for kind in KINDS:
            figures += _compare(server, kind, 2 if smoke else 10)
    return figures


def _compare(server: Server, kind: Kind, rounds: int) -> Iterator[Figure]:
    sagemaker = server.client("sagemaker")
    source = _source(server, kind)
    _run(sagemaker, kind, source, 0)
    _run(sagemaker, kind, source, KEPT)
    taken: dict[int, list[tuple[float, float]]] = {0: [], KEPT: []}
    for _ in range(rounds):
        for seconds in (0, KEPT):
            wait_until(lambda: any(server.home.glob("warmpools/*/standby/ready")), "the pool is prepared")
            taken[seconds].append(_run(sagemaker, kind, source, seconds))
    for place, what in ((0, "first line"), (1, "imports done"))[: 2 if kind.script else 1]:
        turns = Taken(
            {
                name: [[each[place]] for each in taken[number]]
                for name, number in (("cold", 0), ("warm", KEPT))
            }
        )
        for name in ("cold", "warm"):
            yield Figure(f"{kind.name}, Create → {what}, {name}, p50", milliseconds(turns.of(name)), "ms")
        ratio = turns.ratio("warm", "cold")
        yield Figure(f"{kind.name}, Create → {what}, warm beside cold", ratio, "×", most=0.5)


def _source(server: Server, kind: Kind) -> str:
    """The source as the SDKs upload it."""
    files = {"train.py": PROGRAM.format(imports=kind.imports), "requirements.txt": kind.requirements}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in files.items():
            if text:
                member = tarfile.TarInfo(name)
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
    key = f"{kind.name}/source.tar.gz".replace(" ", "-")
    server.client("s3").put_object(Bucket="bench", Key=key, Body=packed.getvalue())
    return f"s3://bench/{key}"


def _request(kind: Kind, name: str, source: str, seconds: int) -> dict[str, Any]:
    """A cold job asks for another volume, so that it takes no pool."""
    if kind.script:
        request = places.training_job(name, kind.image)
        told = {"sagemaker_program": "train.py", "sagemaker_submit_directory": source}
        request["HyperParameters"] = {key: json.dumps(value) for key, value in told.items()}
    else:
        program = f"exec({PROGRAM.format(imports=kind.imports)!r})"
        request = places.training_job(name, kind.image, "python", "-c", program)
    if seconds:
        request["ResourceConfig"] |= {"KeepAlivePeriodInSeconds": seconds, "VolumeSizeInGB": 2}
    return request


def _run(sagemaker: Any, kind: Kind, source: str, seconds: int) -> tuple[float, float]:
    """The seconds from a job's creation to the first line of its program, and to its imports' end."""
    name = f"{kind.name}-{time():.6f}".replace(" ", "-").replace(".", "-")
    begin = time()
    sagemaker.create_training_job(**_request(kind, name, source, seconds))
    ended = wait_until(lambda: places.ended(sagemaker, name), f"{name} ends")
    told = re.search(r"first ([\d.]+) imported ([\d.]+) end", ended["FailureReason"])
    assert told is not None, ended["FailureReason"]
    return float(told[1]) - begin, float(told[2]) - begin
