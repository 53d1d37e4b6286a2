"""Runs and versions through MLflow's door, each version registered exactly once."""

from __future__ import annotations

import json
import time
import urllib.error
from typing import Any

from tests import mlflow
from tests.jobs import ROLE
from tests.soak.actors import Actor
from tests.soak.plant import PATIENCE, Plant


class Tracker(Actor):
    """Logs metrics to a tracking server and registers versions there."""

    name = "tracker"

    def __init__(self, plant: Plant, seed: int, number: int) -> None:
        super().__init__(plant, seed, number)
        self.sagemaker = plant.client("sagemaker")
        plant.made(plant.client("s3").create_bucket, Bucket="mlflow-artifacts")
        plant.made(
            self.sagemaker.create_mlflow_tracking_server,
            TrackingServerName=f"tracker-{number}",
            ArtifactStoreUri=f"s3://mlflow-artifacts/{number}",
            RoleArn=ROLE,
            AutomaticModelRegistration=True,
        )
        self.url = mlflow.settled(self.sagemaker, f"tracker-{number}")["TrackingServerUrl"]
        self.model = f"model{number}"
        self.send("registered-models/create", {"name": self.model})
        self.run = self.send("runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        self.step = self.versions = 0

    def send(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """An answer of MLflow, asked again while there is none, as MLflow's client does."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                status, told = mlflow.ask(self.plant.server, self.url, path, body)
                if status == 200 or told.get("error_code") == "RESOURCE_ALREADY_EXISTS":
                    return told
                if status not in (500, 502, 503, 504):
                    raise AssertionError(f"{path}: {status} {told}")
            except (urllib.error.URLError, OSError, ValueError):
                pass
            if time.monotonic() > end:
                raise AssertionError(f"no answer to {path}")
            time.sleep(0.1)

    def work(self) -> None:
        if self.dice.random() < 0.9:
            body = {
                "run_id": self.run,
                "key": "m",
                "value": self.step,
                "timestamp": self.step,
                "step": self.step,
            }
            self.send("runs/log-metric", body)
            self.step += 1
        else:
            self.send("model-versions/create", {"name": self.model, "source": "s3://mlflow-artifacts/x"})
            self.versions += 1
        time.sleep(self.dice.random() * 0.2)

    def registered(self) -> list[int]:
        """The versions of the model that are packages by now."""
        found = []
        for group in self.sagemaker.list_model_package_groups(NameContains=self.model)[
            "ModelPackageGroupSummaryList"
        ]:
            pages = self.sagemaker.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=group["ModelPackageGroupName"]
            )
            for one in [each for page in pages for each in page["ModelPackageSummaryList"]]:
                told = self.sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"])
                found.append(int(json.loads(told["MetadataProperties"]["GeneratedBy"])["ModelVersion"]))
        return sorted(found)

    def reckon(self) -> None:
        told = self.send(f"metrics/get-history?run_id={self.run}&metric_key=m&max_results=20000")
        steps = {one.get("step", 0) for one in told.get("metrics", [])}
        if steps != set(range(self.step)):
            self.flaw(f"metrics are lost: {sorted(set(range(self.step)) - steps)[:5]} of {self.step}")
        query = f"model-versions/search?filter=name%3D'{self.model}'&max_results=10000"
        kept = sorted(int(one["version"]) for one in self.send(query).get("model_versions", []))
        if len(kept) < self.versions:
            self.flaw(f"{self.versions} versions were acknowledged, {len(kept)} are there")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = self.registered()
            if len(found) >= len(kept):
                break
            time.sleep(0.5)
        if found != kept:
            self.flaw(f"MLflow has the versions {kept}, the registry {found}")
        self.sagemaker.delete_mlflow_tracking_server(TrackingServerName=f"tracker-{self.number}")
