"""Warm pools: what a training job leaves for the next one that is like it (developer guide, warm pools).

A pool keeps a folder of its own, ``/opt/ml/sagemaker/warmpoolcache``, which goes from job to job. Its life is
told in the documents of its jobs, ``WarmPoolStatus``: InUse → Available → Reused or Terminated.
"""

from __future__ import annotations

import hashlib
import logging
import math
from pathlib import Path

import orjson

from oficina.chaos import point
from oficina.engine import standby
from oficina.engine.trainingjob import TRAINING_JOB
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.queue import Task
from oficina.store.store import Store
from oficina.store.warm_pools import Pool

log = logging.getLogger(__name__)

TOPIC = "warm-pool"
"""The topic of the queue under which a pool's end is due."""
CACHE = "/opt/ml/sagemaker/warmpoolcache"
"""The folder that the jobs of a pool share (developer guide, persistent cache)."""


def period(job: Document) -> int:
    """For how many seconds a job keeps its resources."""
    return int((job.get("ResourceConfig") or {}).get("KeepAlivePeriodInSeconds") or 0)


def match(job: Document) -> str:
    """A digest of all that two jobs must have alike (developer guide, matching training jobs)."""
    resources, vpc = job["ResourceConfig"], job.get("VpcConfig") or {}
    chaining = job.get("SessionChainingConfig") or {}
    alike = [
        job["RoleArn"],
        [resources.get(name) for name in ("InstanceCount", "InstanceType", "VolumeKmsKeyId")],
        resources.get("VolumeSizeInGB") or 0,
        sorted(vpc.get("SecurityGroupIds", ())),
        sorted(vpc.get("Subnets", ())),
        bool(job.get("EnableInterContainerTrafficEncryption")),
        bool(job.get("EnableNetworkIsolation")),
        bool(chaining.get("EnableSessionTagChaining")),
    ]
    return hashlib.sha256(orjson.dumps(alike)).hexdigest()


def begin(store: Store, docs: Scope, job: Document, arn: str) -> Document:
    """What a new job has of a pool: the one that waits for it, or one of its own. In a transaction."""
    if job["ResourceConfig"].get("InstanceGroups"):
        return {}
    now = docs.clock.now()
    found = store.warm_pools.matching(docs.account, docs.region, match(job), now)
    if found is None:
        return {"WarmPoolStatus": {"Status": "InUse"}, "_pool": _id(arn, now)} if period(job) else {}
    left = _leave(store, docs, found, "Reused", ReusedByJob=job["TrainingJobName"])
    return {"WarmPoolStatus": {"Status": "InUse"}, "_pool": left["_pool"]}


def _id(arn: str, now: float) -> str:
    return hashlib.sha256(f"{arn} {now}".encode()).hexdigest()[:24]


def _leave(store: Store, docs: Scope, pool: Pool, status: str, **more: object) -> Document:
    """A pool that waited waits no more: the job that left it tells how long it was kept."""
    store.warm_pools.drop(pool.job)
    seconds = math.ceil(max(0.0, min(docs.clock.now(), pool.until) - pool.since))
    told = {"Status": status, "ResourceRetainedBillableTimeInSeconds": seconds, **more}
    return docs.update(TRAINING_JOB, pool.name, {"WarmPoolStatus": told})


def ended(job: Document, *, launched: bool, healthy: bool) -> Document:
    """The pool's status when its job ends: it is kept unless there was no cluster, or a broken one."""
    if "WarmPoolStatus" not in job:
        return {}
    kept = period(job) > 0 and launched and healthy
    return {
        "WarmPoolStatus": {
            "Status": "Available" if kept else "Terminated",
            "ResourceRetainedBillableTimeInSeconds": 0,
        }
    }


def keep(store: Store, docs: Scope, job: Document) -> None:
    """Lets the pool of a job that has just ended wait, or ends it. In the transaction that tells the end."""
    status = (job.get("WarmPoolStatus") or {}).get("Status")
    if status == "Available":
        arn, now = str(job["TrainingJobArn"]), docs.clock.now()
        until = now + period(job)
        store.warm_pools.keep(
            docs.account, docs.region, match(job), Pool(arn, job["TrainingJobName"], now, until)
        )
        _wake_at(store, docs, arn, period(job))
        store.queue.put(standby.TOPIC, arn, account=docs.account, region=docs.region)
    elif status == "Terminated":
        _forget_later(store, docs, job)


def _wake_at(store: Store, docs: Scope, arn: str, after: float) -> None:
    store.queue.put(TOPIC, arn, account=docs.account, region=docs.region, after=after)


def prolong(store: Store, docs: Scope, job: Document, seconds: int) -> None:
    """Another KeepAlivePeriodInSeconds for a pool that waits, counted from when it began; 0 ends it."""
    arn = str(job["TrainingJobArn"])
    pool = store.warm_pools.find(arn)
    if pool is None:
        return
    until = pool.since + seconds
    store.warm_pools.prolong(arn, until)
    if until <= docs.clock.now():
        _terminate(store, docs, pool)
    else:
        _wake_at(store, docs, arn, until - docs.clock.now())


def _terminate(store: Store, docs: Scope, pool: Pool) -> None:
    _forget_later(store, docs, _leave(store, docs, pool, "Terminated"))


def _forget_later(store: Store, docs: Scope, job: Document) -> None:
    """What a pool held goes by the queue, so that a server that dies meanwhile leaves nothing of it."""
    if "_pool" in job:
        arn, payload = str(job["TrainingJobArn"]), {"pool": job["_pool"]}
        store.queue.put(TOPIC, arn, account=docs.account, region=docs.region, payload=payload)


def expire(engine: Engine, task: Task) -> None:
    """The queue's handler: ends the pools whose time is over, or removes what an ended one held.

    A pool that was prolonged has another task.
    """
    if "pool" in task.payload:
        _forget(engine.store, task.payload["pool"])
    else:
        settle(engine.store, engine.store.scope(task.account, task.region))


def settle(store: Store, docs: Scope) -> None:
    """Ends the pools whose time is over, so that what is told of them is true."""
    if not store.warm_pools.over(docs.account, docs.region, docs.clock.now()):
        return
    with docs.transaction():
        for pool in store.warm_pools.over(docs.account, docs.region, docs.clock.now()):
            _terminate(store, docs, pool)


def told(job: Document, now: float) -> Document:
    """A training job with the time that its pool has waited until now."""
    pool = job.get("WarmPoolStatus")
    if pool is None or pool["Status"] != "Available":
        return job
    seconds = max(0, math.ceil(now - job["TrainingEndTime"]))
    return {**job, "WarmPoolStatus": {**pool, "ResourceRetainedBillableTimeInSeconds": seconds}}


def place(store: Store, job: Document, host: str) -> Path | None:
    """The folder of a host that the jobs of a pool share, made; None for a job without a pool."""
    if "_pool" not in job:
        return None
    folder = standby.pool_folder(store, job["_pool"]) / host
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forget(store: Store, pool: str) -> None:
    """Ends what waited for the next job of a pool, and removes what its jobs shared."""
    point("pool-ended")
    standby.end(store, pool)
    process.remove(standby.pool_folder(store, pool))
