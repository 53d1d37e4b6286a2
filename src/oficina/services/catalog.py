"""The table of contents: every API that oficina speaks, and every worker that the engine runs."""

from __future__ import annotations

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine import jobs, leftovers, standby, warmpools
from oficina.engine.cards import exports
from oficina.engine.functions import functions
from oficina.engine.functions.functions import Functions
from oficina.engine.hosting import endpoints
from oficina.engine.hosting.endpoints import Endpoints
from oficina.engine.jobs import Jobs
from oficina.engine.mlflow import kinds as mlflow
from oficina.engine.mlflow.servers import Servers
from oficina.engine.pipelines import executions
from oficina.engine.pipelines.executions import Executions
from oficina.engine.processing import Processing
from oficina.engine.standby import Standby
from oficina.engine.training import Training
from oficina.engine.transform import Transform
from oficina.engine.tuning import tuners
from oficina.engine.tuning.tuners import Tuners
from oficina.engine.workers import FrontDoor, Workers
from oficina.services.cloudwatch import cloudwatch
from oficina.services.ecr import ecr
from oficina.services.iam import iam
from oficina.services.lambda_ import lambda_
from oficina.services.logs import logs
from oficina.services.metrics import metrics
from oficina.services.runtime import runtime
from oficina.services.s3 import s3
from oficina.services.sagemaker import sagemaker
from oficina.services.service import Service
from oficina.services.service_quotas import service_quotas
from oficina.services.sqs import sqs
from oficina.services.sts import sts
from oficina.store.store import Store


def services() -> dict[str, Service]:
    """Every API by botocore's name of it. Add a service here."""
    every = (sagemaker, runtime, metrics, s3, logs, cloudwatch, sts, iam, ecr, lambda_, sqs, service_quotas)
    return {service.name: service for service in every}


def workers(config: Config, store: Store, clock: Clock, address: str, front_door: FrontDoor) -> Workers:
    """The engine's workers. Add a topic here."""
    of_jobs = Jobs(Training(), Processing(), Transform())
    of_endpoints = Endpoints()
    of_executions = Executions()
    of_mlflow = Servers()
    of_tunings = Tuners()
    of_functions = Functions()
    of_standby = Standby()
    return (
        Workers(config, store, clock, address, front_door)
        .at_start(leftovers.start)
        .add(jobs.TOPIC, of_jobs, threads=config.slots)
        .at_clear(of_jobs.clear)
        .add(endpoints.TOPIC, of_endpoints)
        .add(exports.TOPIC, exports.export)
        .at_start(of_endpoints.start)
        .at_stop(of_endpoints.stop)
        .at_clear(of_endpoints.clear)
        .add(executions.TOPIC, of_executions)
        .at_start(of_executions.start)
        .at_start(of_functions.start)
        .add(functions.TOPIC, of_functions, threads=functions.THREADS)
        .add(mlflow.TOPIC, of_mlflow, threads=2)
        .at_start(of_mlflow.start)
        .at_stop(of_mlflow.stop)
        .at_clear(of_mlflow.clear)
        .add(warmpools.TOPIC, warmpools.expire)
        .add(standby.TOPIC, of_standby)
        .at_start(of_standby.start)
        .at_stop(of_standby.stop)
        .at_clear(of_standby.stop)
        .add(tuners.TOPIC, of_tunings)
        .at_start(of_tunings.start)
    )
