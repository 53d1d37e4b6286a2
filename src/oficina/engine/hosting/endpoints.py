"""The life of endpoints: what a document says is wanted is brought about, by one thread for each endpoint.

The status in the document is what a restarted server goes on from. An update raises a second fleet beside the
first, and only a healthy one takes its place (blue/green).
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable
from pathlib import Path

from oficina.chaos import point
from oficina.engine.hosting import fleets, hosting
from oficina.engine.hosting.fleets import Raising
from oficina.engine.hosting.instance import Instance
from oficina.engine.hosting.kinds import ENDPOINT, SETTLED, HostingAbandoned, HostingFailed
from oficina.engine.hosting.routes import Route, Variant
from oficina.engine.lineage import endpoints as lineage
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.runners.process import Spec
from oficina.store import shortage
from oficina.store.documents import Scope, everywhere
from oficina.store.kinds import Document
from oficina.store.queue import Task
from oficina.store.store import Store

log = logging.getLogger(__name__)

TOPIC = "endpoint"
"""The topic of the queue on which endpoints are told to change."""
DRAIN_SECONDS = 65.0
"""How long the calls of a fleet that was replaced may go on: a little more than a call may take."""


class Endpoints:
    """The handler of the queue's endpoints, and what is done at start and at a reset."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def __call__(self, engine: Engine, task: Task) -> None:
        """Begins to bring about what an endpoint's document says; goes on in a thread of its own."""
        self._begin(engine, engine.store.scope(task.account, task.region), task.payload["name"])

    def start(self, engine: Engine) -> None:
        """Takes up the model processes of an earlier server, and what it had begun."""
        here = hosting.of(engine.store)
        here.capture.start()
        here.traffic.start()
        known = list(everywhere(engine.store.database, ENDPOINT))
        strays = _strays(engine.store, [endpoint for _, _, endpoint in known])
        for account, region, endpoint in known:
            docs = engine.store.scope(account, region)
            if endpoint.get("_fleet") and endpoint["EndpointStatus"] != "Deleting":
                _adopt(engine, docs, endpoint)
            if endpoint["EndpointStatus"] not in SETTLED:
                self._begin(engine, docs, endpoint["EndpointName"])
        threading.Thread(target=_end, args=(engine, *strays), name="strays", daemon=True).start()

    def stop(self, engine: Engine) -> None:
        """Writes what is held in memory; the model processes run on."""
        here = hosting.of(engine.store)
        here.traffic.stop()
        here.capture.stop()

    def clear(self, engine: Engine) -> None:
        """Kills every model process, at a reset."""
        here = hosting.of(engine.store)
        for route in here.routes.all():
            here.routes.remove(route.account, route.region, route.name)
            for one in route.instances:
                one.abandon()
        specs = engine.store.folder("endpoints").glob("*/*/*/spec.json")
        process.kill_all(spec.parent for spec in specs)
        here.capture.forget()
        here.traffic.forget()

    def _begin(self, engine: Engine, docs: Scope, name: str) -> None:
        threading.Thread(
            target=self._work, args=(engine, docs, name), name=f"endpoint {name}", daemon=True
        ).start()

    def _work(self, engine: Engine, docs: Scope, name: str) -> None:
        with self._lock(docs.arn(ENDPOINT, name)):
            shortage.outlast(f"the endpoint {name}", lambda: _change(engine, docs, name))

    def _lock(self, arn: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(arn, threading.Lock())


def _change(engine: Engine, docs: Scope, name: str) -> None:
    """Brings about what an endpoint's document says; begun again, it goes on with what is there."""
    life = _Life(engine, docs, name)
    try:
        life.go()
    except HostingAbandoned:
        return
    except Exception as error:  # the edge of a thread: the endpoint must not stay in between
        if shortage.is_shortage(error):
            raise
        log.exception("the endpoint %s could not be changed", name)
        life.give_up()


class _Life:
    """One change of one endpoint."""

    def __init__(self, engine: Engine, docs: Scope, name: str) -> None:
        self.engine, self.docs, self.name = engine, docs, name
        self.hosting = hosting.of(engine.store)
        self.status, self.created = "", 0.0

    def go(self) -> None:
        """Brings about what the document says."""
        endpoint = self.docs.find(ENDPOINT, self.name)
        if endpoint is None:
            return
        self.status, self.created = endpoint["EndpointStatus"], endpoint["CreationTime"]
        match self.status:
            case "Creating" | "Updating":
                self._raise(endpoint)
            case "RollingBack":
                self._settle(endpoint)
            case "Deleting":
                self._delete(endpoint)

    def _raise(self, endpoint: Document) -> None:
        fleet: Document | None = endpoint.get("_coming")
        try:
            if fleet is None:
                fleet = self._plan(endpoint)
                self._write({"_coming": fleet})
            point("endpoint-planned")
            variants = Raising(
                self.engine, self.docs, endpoint, fleet, self._abandoned, self._there(fleet, endpoint)
            ).run()
        except HostingFailed as failure:
            self._failed(endpoint, fleet, str(failure))
            return
        except HostingAbandoned:
            if fleet is not None:
                self._forget(endpoint, fleet)
            raise
        point("endpoint-raised")
        self._switch(endpoint, fleet, variants)

    def _plan(self, endpoint: Document) -> Document:
        if endpoint.get("_scaling"):
            return fleets.scaled(endpoint["_fleet"], endpoint["_scaling"])
        wanted = endpoint.get("_wanted", {"config": endpoint["EndpointConfigName"]})
        fleet = fleets.plan(self.docs, wanted["config"])
        if wanted.get("retain"):
            fleet = fleets.retain(fleet, endpoint["_fleet"], wanted["exclude"])
        return fleet

    def _there(self, fleet: Document, endpoint: Document) -> dict[str, Instance]:
        """The processes that stay, when only weights and numbers change."""
        route = self._route()
        if route is None or fleet["id"] != endpoint.get("_fleet", {}).get("id"):
            return {}
        return {one.name: one for one in route.instances}

    def _route(self) -> Route | None:
        return self.hosting.routes.find(self.docs.account, self.docs.region, self.name)

    def _abandoned(self) -> bool:
        """Whether the endpoint is another's work by now, or another one has its name."""
        now = self._now()
        return now is None or now["EndpointStatus"] != self.status

    def _now(self) -> Document | None:
        """The endpoint's document, None when there is none any more."""
        now = self.docs.find(ENDPOINT, self.name)
        return now if now is not None and now["CreationTime"] == self.created else None

    def _write(self, changes: Document, then: Callable[[], None] = lambda: None) -> None:
        """Changes the document unless it became another's work. Raises HostingAbandoned."""
        with self.docs.transaction():
            if self._abandoned():
                raise HostingAbandoned(self.name)
            endpoint = self.docs.update(ENDPOINT, self.name, changes)
            if endpoint["EndpointStatus"] == "InService":
                lineage.keep(self.engine.store, self.docs, endpoint)
            then()

    def _switch(self, endpoint: Document, fleet: Document, variants: list[Variant]) -> None:
        """The new fleet answers from the moment that the document says so."""
        old = endpoint.get("_fleet")
        before = route = self._route()
        answering = [] if before is None else before.variants
        same = route is not None and old is not None and old["id"] == fleet["id"]
        leaving = _leaving(route, variants)

        def turn() -> None:
            nonlocal route
            if same and route is not None:
                route.reshape(variants)
            else:
                route = _new_route(self.docs, endpoint, fleet, variants)
                self.hosting.routes.put(route)

        try:
            self._write(_in_service(fleet), turn)
        except HostingAbandoned:
            fleets.close_all(_fresh(route if same else None, variants))
            if not same:
                self._forget(endpoint, fleet)
            raise
        except Exception:
            self._turn_back(before, answering)
            raise
        assert route is not None
        known = set(fleets.places(self.engine.store, old)) if same and old else set()
        for one in _all(variants):
            if one.folder not in known:
                one.keep(route.changed, fleets.refresher(self.engine))
        point("endpoint-switched")
        if leaving:
            self._retire(endpoint, None if same else old, leaving, route)

    def _turn_back(self, route: Route | None, variants: list[Variant]) -> None:
        """What answered before answers on: the document could not say otherwise."""
        if route is None:
            self.hosting.routes.remove(self.docs.account, self.docs.region, self.name)
        else:
            route.reshape(variants)
            self.hosting.routes.put(route.reopen())

    def _retire(
        self, endpoint: Document, fleet: Document | None, leaving: list[Instance], route: Route
    ) -> None:
        """Ends processes once their calls are over; in the background."""

        def run() -> None:
            route.drain(leaving, DRAIN_SECONDS)
            fleets.close_all(leaving)
            if fleet is not None:
                shortage.outlast(f"a fleet of {self.name}", lambda: self._forget(endpoint, fleet))

        threading.Thread(target=run, name=f"retire {self.name}", daemon=True).start()

    def _failed(self, endpoint: Document, fleet: Document | None, reason: str) -> None:
        """A new endpoint is Failed; an update is rolled back, the old fleet answers on."""
        if fleet is not None and fleet["id"] != endpoint.get("_fleet", {}).get("id"):
            self._forget(endpoint, fleet)
        if self.status == "Creating":
            self._write({"EndpointStatus": "Failed", "FailureReason": reason, "_coming": None})
            return
        self._write({"EndpointStatus": "RollingBack", "FailureReason": reason})
        self.status = "RollingBack"
        self._settle(endpoint)

    def _settle(self, endpoint: Document) -> None:
        """The end of a roll-back: as it was before, with the reason."""
        now = self.docs.get(ENDPOINT, self.name)
        changes = _in_service(now["_fleet"])
        changes["FailureReason"] = now.get("FailureReason")
        self._write(changes)

    def _forget(self, endpoint: Document, fleet: Document) -> None:
        """The credentials and the models of a fleet go; its logs stay."""
        store = self.engine.store
        for place in fleets.places(store, fleet):
            if process.alive(place):
                process.kill(place)
                process.wait(place)
            (place / "spec.json").unlink(missing_ok=True)
        store.keys.end_job(fleets.key_of(endpoint["EndpointArn"], fleet))
        for variant in fleet["variants"]:
            for path in fleets.folder_of(store, fleet, variant).glob("model*"):
                process.remove(path)

    def _delete(self, endpoint: Document) -> None:
        """Processes first, then the document: the name is free when everything is gone."""
        route = self.hosting.routes.remove(self.docs.account, self.docs.region, self.name)
        if route is not None:
            fleets.close_all(route.instances)
        for member in ("_fleet", "_coming"):
            if endpoint.get(member):
                self._forget(endpoint, endpoint[member])
        with self.docs.transaction():
            if not self._abandoned():
                self.docs.delete(ENDPOINT, self.name)

    def give_up(self) -> None:
        """An endpoint that oficina itself failed at says so."""
        reason = "InternalServerError: We encountered an internal error; the server's log says where."
        with self.docs.transaction():
            endpoint = self._now()
            if endpoint is None or endpoint["EndpointStatus"] in SETTLED:
                return
            back = endpoint.get("_fleet") and endpoint["EndpointStatus"] in ("Updating", "RollingBack")
            changes = (
                _in_service(endpoint["_fleet"]) if back else {"EndpointStatus": "Failed", "_coming": None}
            )
            self.docs.update(ENDPOINT, self.name, {**changes, "FailureReason": reason})


def _all(variants: list[Variant]) -> list[Instance]:
    return [one for variant in variants for one in variant.instances]


def _leaving(route: Route | None, variants: list[Variant]) -> list[Instance]:
    """The processes that answer now and will not any more."""
    staying = _all(variants)
    return [one for one in route.instances if one not in staying] if route else []


def _fresh(route: Route | None, variants: list[Variant]) -> list[Instance]:
    """The processes that were raised just now."""
    present = route.instances if route else []
    return [one for one in _all(variants) if one not in present]


def _new_route(docs: Scope, endpoint: Document, fleet: Document, variants: list[Variant]) -> Route:
    return Route(
        docs.account,
        docs.region,
        endpoint["EndpointName"],
        endpoint["EndpointArn"],
        variants,
        fleet["capture"],
    )


def _in_service(fleet: Document) -> Document:
    """The changes to the document of an endpoint that answers with this fleet."""
    return {
        "EndpointStatus": "InService",
        "EndpointConfigName": fleet["config"],
        "ProductionVariants": fleets.summaries(fleet),
        "DataCaptureConfig": fleets.capture_summary(fleet),
        "AsyncInferenceConfig": fleet.get("async"),
        "FailureReason": None,
        "_fleet": fleet,
        "_coming": None,
        "_wanted": None,
        "_scaling": None,
    }


def _adopt(engine: Engine, docs: Scope, endpoint: Document) -> None:
    """Routes to the processes that an earlier server launched."""
    fleet = endpoint["_fleet"]
    variants = [
        Variant(one["name"], one["weight"], fleets.instances(engine.store, fleet, one))
        for one in fleet["variants"]
    ]
    route = _new_route(docs, endpoint, fleet, variants)
    hosting.of(engine.store).routes.put(route)
    for one in route.instances:
        one.keep(route.changed, fleets.refresher(engine), adopted=True)


def _strays(store: Store, endpoints: list[Document]) -> tuple[list[Path], list[Path]]:
    """The folders of processes that no endpoint knows, as a crash leaves them; and of unknown variants.

    They are looked for before anything is begun: what comes later is no stray.
    """
    fleets_ = [one[member] for one in endpoints for member in ("_fleet", "_coming") if one.get(member)]
    kept = {place for fleet in fleets_ for place in fleets.places(store, fleet)}
    found = [spec.parent for spec in store.folder("endpoints").glob("*/*/*/spec.json")]
    strays = [folder for folder in found if folder not in kept]
    variants = {place.parent for place in kept}
    return strays, [folder for folder in strays if folder.parent not in variants]


def _end(engine: Engine, strays: list[Path], unknown: list[Path]) -> None:
    """Ends strays; of variants that are unknown the credentials and the models go too."""
    for folder in strays:
        if process.alive(folder):
            log.warning("the model process %s belongs to no endpoint any more", folder)
            process.stop(folder)
    for folder in unknown:
        arn = Spec.from_json((folder / "spec.json").read_text(encoding="utf-8")).arn
        shortage.outlast(f"the end of {arn}", functools.partial(engine.store.keys.end_job, arn))
        for path in folder.parent.glob("model*"):
            process.remove(path)
