"""A million CSV rows through a transform job of XGBoost, beside one process that predicts them."""

from __future__ import annotations

import io
import statistics
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oficina import config
from oficina.runners.images import Catalog
from tests import shops
from tests.bench import places
from tests.bench.figures import Figure, milliseconds
from tests.servers import Server, surroundings
from tests.waiting import wait_until

ONE_PROCESS = """
import sys, numpy, pandas, xgboost

model, given, made = sys.argv[1:]
booster = xgboost.Booster()
booster.load_model(model)
rows = pandas.read_csv(given, header=None, dtype=numpy.float32).to_numpy()
predictions = booster.predict(xgboost.DMatrix(rows))
pandas.Series(predictions).to_csv(made, header=False, index=False)
"""
"""What a person writes who has the model and the file: all cores, the fastest reader and writer at hand."""
CLOCK = """
import os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

class Model(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"" if "ping" in self.path else b"{}")

    def do_POST(self):
        self.answer(str(time.time()).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Model).serve_forever()
"""
TURNS = 3


def measure(smoke: bool) -> list[Figure]:
    """The same model, rows and Python; both sides from nothing to the whole result."""
    count = 20_000 if smoke else 1_000_000
    with places.home() as home, places.oficina(home) as server:
        model, given = _prepare(server, home, count)
        here, alone = [], []
        for turn in range(1 if smoke else TURNS):
            alone.append(_alone(home, model, given, count))
            here.append(_transformed(server, f"turn-{turn}", "batch/rows.csv", count))
        one = [_transformed(server, f"one-{turn}", "one/row.csv", 1) for turn in range(2 if smoke else 10)]
        _clock(server)
        first = [_first(server, f"first-{turn}") for turn in range(3 if smoke else 20)]
    return [
        Figure(f"a transform job of {count:,} CSV rows, XGBoost", min(here), "s"),
        Figure("the same rows predicted by one process", min(alone), "s"),
        Figure("transform job ÷ one process", min(here) / min(alone), "×", most=2.0),
        Figure("a transform job of one row, XGBoost, created to completed", statistics.median(one), "s"),
        Figure("CreateTransformJob → first record at a plain model, p50", milliseconds(first), "ms"),
    ]


def _prepare(server: Server, home: Path, count: int) -> tuple[Path, Path]:
    """Model and rows, in the bucket and as files."""
    artifact = places.boosted(server).removeprefix("s3://bench/")
    s3 = server.client("s3")
    packed = s3.get_object(Bucket="bench", Key=artifact)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extract("xgboost-model", home, filter="data")
    given = home / "rows.csv"
    given.write_bytes(places.rows(count, 2))
    s3.upload_file(str(given), "bench", "batch/rows.csv")
    s3.put_object(Bucket="bench", Key="one/row.csv", Body=places.rows(1, 3))
    return home / "xgboost-model", given


def _alone(home: Path, model: Path, given: Path, count: int) -> float:
    program, made = home / "one_process.py", home / "predictions.csv"
    program.write_text(ONE_PROCESS)
    image = Catalog(config.load({"OFICINA_HOME": str(home), **surroundings()})).resolve(places.BOOSTED)
    command = [str(image.path / "bin" / "python"), *map(str, (program, model, given, made))]
    begin = time.monotonic()
    subprocess.run(command, check=True)
    taken = time.monotonic() - begin
    assert made.read_bytes().count(b"\n") == count
    return taken


def _clock(server: Server) -> None:
    """A model that answers with the time."""
    shops.teach(server)
    data = shops.archive({"server.py": CLOCK.encode()})
    server.client("s3").put_object(Bucket="bench", Key="clock/model.tar.gz", Body=data)
    container = {"Image": shops.IMAGE, "ModelDataUrl": "s3://bench/clock/model.tar.gz"}
    server.client("sagemaker").create_model(
        ModelName="clock", PrimaryContainer=container, ExecutionRoleArn=places.ROLE
    )


def _first(server: Server, name: str) -> float:
    """Seconds from the call to the moment at which the model has its first record."""
    begin = time.time()
    told = _transform(server, name, "clock", "one/row.csv")
    return float(told) - begin


def _transformed(server: Server, name: str, key: str, count: int) -> float:
    """Seconds from the call to the moment at which Describe says Completed."""
    begin = time.monotonic()
    ended: list[float] = []
    made = _transform(server, name, "model", key, lambda: ended.append(time.monotonic()))
    assert made.count(b"\n") == count
    return ended[0] - begin


def _transform(
    server: Server, name: str, model: str, key: str, ended: Callable[[], None] = lambda: None
) -> bytes:
    """Runs a job to its end; what it made."""
    sagemaker: Any = server.client("sagemaker")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bench/{key}"}}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://bench/{name}", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )

    def look() -> Any:
        job = sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ("Completed", "Failed") else None

    job = wait_until(look, f"{name} ends")
    ended()
    assert job["TransformJobStatus"] == "Completed", job["FailureReason"]
    out = key.rpartition("/")[2] + ".out"
    made: bytes = server.client("s3").get_object(Bucket="bench", Key=f"{name}/{out}")["Body"].read()
    return made
