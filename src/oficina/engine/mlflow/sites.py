"""The MLflow server behind one ARN: a process that starts when asked, outlives oficina, rests when idle."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakKeyDictionary

from oficina.chaos import point
from oficina.engine import program
from oficina.engine.hosting import fleets
from oficina.engine.hosting.instance import HOST, Instance
from oficina.engine.hosting.kinds import HostingAbandoned
from oficina.engine.mlflow import fresh
from oficina.engine.mlflow.kinds import CLOSED, IMAGE, MlflowFailed, registers
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.runners.images import Image
from oficina.runners.process import Spec
from oficina.store import shortage
from oficina.store.kinds import Document, Kind
from oficina.store.store import Store

log = logging.getLogger(__name__)

STARTUP_SECONDS = fleets.STARTUP_SECONDS
"""In what time a launched server must answer: MLflow imports for seconds, on a busy machine for many."""
GRACE_SECONDS = 10
LOG_GROUP = "/aws/sagemaker/mlflow"


class Site:
    """One MLflow server and the way to it."""

    def __init__(self, engine: Engine, kind: Kind, account: str, region: str, document: Document) -> None:
        self.engine, self.kind, self.account, self.region = engine, kind, account, region
        self.arn = str(document[kind.member("arn")])
        self.id = str(document["_id"])
        self.folder = engine.store.folder("mlflow") / self.id
        self.in_flight = 0
        self.used = time.monotonic()
        self._instance: Instance | None = None
        self._unlaunched: Instance | None = None
        """What waits for its image to be built, and may do so for as long as that takes."""
        self._launch = 0.0
        self._failure: Exception | None = None
        self._gone = False
        self.seen: object = None
        """The state of the database that was last looked at for new versions."""
        self._changed = threading.Condition()
        self._life = threading.Lock()
        self.read(document)

    def read(self, document: Document) -> None:
        """Takes over what the resource's document says."""
        self.name = str(document[self.kind.member("name")])
        self.role = str(document["RoleArn"])
        self.artifacts = str(document["ArtifactStoreUri"])
        stopped = document.get("_after") == "Stopped"
        self.open = document[self.kind.member("status")] not in CLOSED and not stopped
        self.registers = registers(document)
        self.since = float(document.get("_since", 0))

    @property
    def database(self) -> Path:
        """MLflow's own SQLite file."""
        return self.folder / "data" / "mlflow.db"

    @property
    def _place(self) -> Path:
        return self.folder / "process"

    @contextmanager
    def using(self, starting: bool = False) -> Iterator[Instance]:
        """The process while a request is under way. Raises MlflowFailed when it does not start."""
        with self._changed:
            self.in_flight += 1
        try:
            yield self.ready(starting)
        finally:
            with self._changed:
                self.in_flight -= 1
                self.used = time.monotonic()

    def ready(self, starting: bool = False) -> Instance:
        """The process once it answers; it is started when it rests. Raises MlflowFailed, or a shortage.

        Only who starts the server itself (``starting``) may wait for one that is not open.
        """
        with self._changed:
            begun = time.monotonic()
            if self._instance is None:
                self._failure = None
            while self._instance is None or not self._instance.up:
                left = self._left(begun)
                if self._gone or not (self.open or starting):
                    raise MlflowFailed("The MLflow server was stopped.")
                if self._failure is not None:
                    raise self._failure
                if left <= 0:
                    raise MlflowFailed("The MLflow server did not start in time.")
                if self._instance is None:
                    self._begin()
                self._changed.wait(left)
            return self._instance

    def _left(self, begun: float) -> float:
        """The seconds that are left to who has waited since then; what is not launched yet costs none."""
        if self._instance is None or self._instance is self._unlaunched:
            return STARTUP_SECONDS
        return max(begun, self._launch) + STARTUP_SECONDS - time.monotonic()

    def _begin(self) -> None:
        self._instance = self._unlaunched = instance = Instance(self.name, self._place, STARTUP_SECONDS)
        threading.Thread(
            target=self._raise, args=(instance,), name=f"mlflow {self.name}", daemon=True
        ).start()

    def _raise(self, instance: Instance) -> None:
        """Launches the process and stands by until it answers."""
        try:
            with self._life:
                if self._instance is not instance:
                    return  # it was ended before it began
                point("mlflow-begun")
                image = program.image_of(self.engine, IMAGE)
                self.database.parent.mkdir(parents=True, exist_ok=True)
                made = fresh.template(self.engine.config, image)
                laid = fresh.lay(made, self.database, self.artifacts)
                logs = self.engine.store.logs
                logs.attach(self.account, self.region, LOG_GROUP, f"{self.name}/{self.id}", instance.log)
                self._end_outdated()
                instance.start(self._maker(image))
            self._launched(instance)
            instance.await_health(time.monotonic() + STARTUP_SECONDS, lambda: self._instance is not instance)
            if not laid and not self.open:
                self._keep_fresh(made)
            instance.keep(self._tell, fleets.refresher(self.engine))
        except HostingAbandoned:
            return
        except Exception as failure:  # the edge of a thread: who waits for the process must hear of it
            log.warning("the MLflow server of %s does not start: %s", self.arn, failure)
            self._fail(instance, failure)
        self._tell()

    def _launched(self, instance: Instance) -> None:
        with self._changed:
            if self._unlaunched is instance:
                self._unlaunched, self._launch = None, time.monotonic()
            self._changed.notify_all()

    def _keep_fresh(self, made: Path) -> None:
        """Keeps the new database for the next servers: of use, but this one answers without."""
        try:
            fresh.keep(self.database, made)
        except (OSError, sqlite3.Error) as error:
            log.warning("the database of %s was not kept for others: %s", self.arn, error)

    def _fail(self, instance: Instance, failure: Exception) -> None:
        """Ends a process that does not come up, unless it has been ended, and maybe followed, already."""
        with self._life:
            if self._instance is not instance:
                return
            tail = instance.tail()
            instance.close(kill=True)
            with self._changed:
                self._instance = None
                self._failure = self._told(failure, tail)

    def _told(self, failure: Exception, tail: str) -> Exception:
        """What is said of a process that does not come up; a full disk is no failure of it."""
        try:
            shortage.check(self.engine.config.home)
        except OSError as short:
            return short
        if shortage.is_shortage(failure):
            return failure
        return MlflowFailed(f"The MLflow server does not start: {failure} {tail}"[:1024])

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _maker(self, image: Image) -> Callable[[int], Spec]:
        def make(port: int) -> Spec:
            self.engine.store.keys.end_job(self.arn)
            role = {"RoleArn": self.role}
            document = program.spec_base(self.engine, self.region, role, self.arn, image, self._place)
            document["env"] |= {
                "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{self.database}",
                "MLFLOW_DEFAULT_ARTIFACT_ROOT": self.artifacts,
                "SAGEMAKER_BIND_TO_HOST": "127.0.0.1",
                "SAGEMAKER_BIND_TO_PORT": str(port),
            }
            document["writable"] = [*document["writable"], str(self.database.parent)]
            document |= {
                "name": self.name,
                "hosts": [HOST],
                "command": list(image.serve),
                "workdir": "/",
                "stop_grace_seconds": GRACE_SECONDS,
                "port": port,
            }
            return Spec.of(document)

        return make

    def adopt(self) -> None:
        """Takes up the process that an earlier server launched, when one runs."""
        self._end_outdated()
        if not process.alive(self._place):
            return
        with self._changed:
            self._instance = Instance(self.name, self._place, STARTUP_SECONDS)
            self._instance.keep(self._tell, fleets.refresher(self.engine), adopted=True)

    def _end_outdated(self) -> None:
        """Ends a process that looks for S3 at the address of an earlier server."""
        if not process.alive(self._place):
            return
        spec = Spec.from_json((self._place / "spec.json").read_text(encoding="utf-8"))
        if spec.env.get("AWS_ENDPOINT_URL") != self.engine.address:
            process.stop(self._place)
            process.wait(self._place)

    def rest(self, idle: float) -> None:
        """Ends the process when nobody has used it for so many seconds."""
        if self._instance is not None and self._is_idle(idle):
            log.info("the MLflow server of %s is idle and rests", self.arn)
            self.close(idle=idle)

    def _is_idle(self, seconds: float) -> bool:
        with self._changed:
            return self.in_flight == 0 and time.monotonic() - self.used > seconds

    def close(self, kill: bool = False, idle: float = -1.0) -> None:
        """Ends the process, unless it was used within ``idle`` seconds; the next request starts it again."""
        with self._life:
            with self._changed:
                if idle >= 0 and not self._is_idle(idle):
                    return
                instance, self._instance = self._instance, None
            if instance is not None:
                instance.close(kill)
            elif process.alive(self._place):
                process.kill(self._place)
                process.wait(self._place)
        self._tell()

    def abandon(self) -> None:
        """Ends the process for good; nobody waits for it any more."""
        self._gone = True
        self.close(kill=True)

    def remove(self) -> None:
        """Ends the process and forgets all that MLflow knew; artifacts in S3 stay, as on AWS."""
        self.abandon()
        self.engine.store.keys.end_job(self.arn)
        self.engine.store.tickets.end(self.arn)
        process.remove(self.folder)


class Sites:
    """The MLflow servers of one oficina, by ARN and by id."""

    def __init__(self) -> None:
        self._by_arn: dict[str, Site] = {}
        self._by_id: dict[str, Site] = {}
        self._lock = threading.Lock()

    def put(self, site: Site) -> None:
        """Adds one."""
        with self._lock:
            self._by_arn[site.arn] = self._by_id[site.id] = site

    def of_arn(self, arn: str) -> Site | None:
        """The one with an ARN."""
        return self._by_arn.get(arn)

    def of_id(self, identity: str) -> Site | None:
        """The one with an id."""
        return self._by_id.get(identity)

    def all(self) -> list[Site]:
        """Every one."""
        with self._lock:
            return list(self._by_arn.values())

    def remove(self, site: Site) -> None:
        """Forgets one."""
        with self._lock:
            self._by_arn.pop(site.arn, None)
            self._by_id.pop(site.id, None)


_all: WeakKeyDictionary[Store, Sites] = WeakKeyDictionary()
_guard = threading.Lock()


def of(store: Store) -> Sites:
    """The MLflow servers of the oficina that has this store."""
    with _guard:
        found = _all.get(store)
        if found is None:
            found = _all[store] = Sites()
        return found
