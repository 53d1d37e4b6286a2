"""Who runs functions: at once for a client that waits, from the queue for all others."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from oficina.engine import jobfolder
from oficina.engine.functions import invocation, versions
from oficina.engine.functions.invocation import Call, Outcome
from oficina.engine.functions.kinds import ENDED, FUNCTION, INVOCATION
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.queue import Task
from oficina.store.store import Store

TOPIC = "function"
"""The topic of the queue that invocations wait in."""
THREADS = 4
"""How many invocations of the queue run at once."""
MOST_AT_ONCE = 32
"""How many functions run at once for clients that wait: each is a process of this machine."""
RETRIES = (60.0, 120.0)
"""Seconds until an invocation of type Event that failed is tried again (Lambda developer guide)."""

_all: WeakKeyDictionary[Store, Functions] = WeakKeyDictionary()


class Functions:
    """The functions of one server."""

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._running: Counter[str] = Counter()
        self._counting = threading.Lock()

    def start(self, engine: Engine) -> None:
        """Lets ``of`` find it."""
        self._engine = engine
        _all[engine.store] = self

    def invoke(self, call: Call) -> Outcome:
        """Runs a function while the caller waits. Raises AwsError when too many run."""
        engine = self._engine
        assert engine is not None, "started by of()"
        if not self._room.acquire(blocking=False):
            raise AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
        folder = invocation.folder_of(engine, call)
        try:
            with self._within(engine, call):
                return invocation.run(engine, call, folder)
        finally:
            self._room.release()
            shortage.see_to(f"the end of {call.arn}", lambda: engine.store.keys.end_job(call.arn))
            jobfolder.tidy(folder)

    @contextlib.contextmanager
    def _within(self, engine: Engine, call: Call) -> Iterator[None]:
        """Holds a place among those reserved for a function. Raises AwsError when all are taken."""
        region, account = call.function["FunctionArn"].split(":")[3:5]
        name = call.function["FunctionName"]
        function = engine.store.scope(account, region).find(FUNCTION, name) or {}
        which = f"{account}:{region}:{name}"
        with self._counting:
            if self._running[which] >= function.get(versions.RESERVED, MOST_AT_ONCE + THREADS):
                raise AwsError(
                    "TooManyRequestsException",
                    "Rate Exceeded.",
                    429,
                    Reason="ReservedFunctionConcurrentInvocationLimitExceeded",
                )
            self._running[which] += 1
        try:
            yield
        finally:
            with self._counting:
                self._running[which] -= 1

    def __call__(self, engine: Engine, task: Task) -> None:
        """Sees one waiting invocation to its end."""
        docs = engine.store.scope(task.account, task.region)
        document = docs.find(INVOCATION, task.payload["id"])
        if document is None or document["InvocationStatus"] in ENDED:
            return
        function = versions.of(docs, document["FunctionName"], document["FunctionVersion"])
        if function is None:
            sentence = f"Function not found: {document['FunctionArn']}"
            self._record(
                engine, docs, task, document, {"InvocationStatus": "Failed", "FailureReason": sentence}
            )
            return
        function |= {"FunctionArn": document["FunctionArn"]}
        call = Call(function, document["_event"], document["InvocationName"], document["CreationTime"])
        folder = invocation.folder_of(engine, call)
        changes = self._changes(engine, call)
        with docs.transaction():
            self._record(engine, docs, task, document, changes)
            engine.store.keys.end_job(call.arn)
        jobfolder.tidy(folder)

    def _record(self, engine: Engine, docs: Scope, task: Task, document: Document, changes: Document) -> None:
        name = document["InvocationName"]
        with docs.transaction():
            if document.get("_forgets"):
                docs.delete(INVOCATION, name)
                if changes["InvocationStatus"] == "Failed":
                    self._again(docs, engine, document)
            elif docs.find(INVOCATION, name) is not None:
                docs.update(INVOCATION, name, changes)
            engine.store.queue.done(task)

    def _again(self, docs: Scope, engine: Engine, document: Document) -> None:
        """An Event whose function failed is given to it again, twice at most."""
        tried = int(document["_tried"])
        if tried < len(RETRIES):
            again = f"{document['InvocationName'][:36]}-{tried + 1}"
            enqueue(engine.store, docs, document, document["_event"], again, tried=tried + 1)

    def _changes(self, engine: Engine, call: Call) -> Document:
        try:
            with self._within(engine, call):
                outcome = invocation.run(engine, call, invocation.folder_of(engine, call))
        except AwsError as error:
            if shortage.is_shortage(error):
                raise
            return {"InvocationStatus": "Failed", "FailureReason": error.message}
        if outcome.error:
            return {"InvocationStatus": "Failed", "FailureReason": outcome.payload[:1024]}
        return {"InvocationStatus": "Completed", "_payload": outcome.payload}


def enqueue(
    store: Store, docs: Scope, function: Document, event: str, name: str, *, tried: int | None = None
) -> Document:
    """Adds an invocation of a version to the queue, under a name. With ``tried`` nobody asks for its outcome.

    Only name, version and ARN are kept of the function: what it is then is looked up when it runs.
    """
    document: dict[str, Any] = {
        "InvocationName": name,
        "FunctionName": function["FunctionName"],
        "FunctionVersion": function.get("Version") or function["FunctionVersion"],
        "FunctionArn": function["FunctionArn"],
        "InvocationStatus": "InProgress",
        "_event": event,
        "_tried": tried,
        "_forgets": tried is not None,
    }
    with docs.transaction():
        kept = docs.create(INVOCATION, document)
        pause = RETRIES[tried - 1] if tried else 0.0
        store.queue.put(
            TOPIC,
            kept["InvocationArn"],
            account=docs.account,
            region=docs.region,
            after=pause,
            payload={"id": name},
        )
    return kept


def of(store: Store) -> Functions:
    """The functions of the server that has this store. Raises AwsError when it does not run anything."""
    found = _all.get(store)
    if found is None:
        raise AwsError("ServiceException", "oficina has only just begun. Try again in a second.", 500)
    return found
