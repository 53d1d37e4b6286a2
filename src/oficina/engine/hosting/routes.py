"""Where a call goes: an endpoint's variants by weight, a variant's instances in turn. All in memory."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

from oficina.engine.hosting.instance import Instance
from oficina.store.kinds import Document

PATIENCE = 10.0
"""Seconds that a call waits for a process that is being started again."""


class NoInstance(Exception):
    """No process of the variant answers at the moment."""


class NoVariant(Exception):
    """The endpoint has no variant of this name."""


class Closed(Exception):
    """The endpoint has another route by now, or none."""


@dataclass(slots=True, eq=False)
class Variant:
    """A production variant that answers."""

    name: str
    weight: float
    instances: list[Instance]
    turn: int = 0


@dataclass(slots=True, eq=False)
class Route:
    """One endpoint's present fleet."""

    account: str
    region: str
    name: str
    arn: str
    variants: list[Variant]
    capture: Document | None
    """What of the calls is kept: the DataCaptureConfig of its configuration."""
    patience: float = PATIENCE
    """Seconds that a call waits for an instance."""
    _state: threading.Condition = field(default_factory=threading.Condition)
    _closed: bool = False

    def take(self, target: str | None, avoid: Instance | None = None) -> tuple[Variant, Instance]:
        """The variant and the instance of a call, which must be given back by ``release``.

        Waits a while for an instance that is down. Raises NoVariant, NoInstance or Closed.
        """
        with self._state:
            deadline = 0.0
            while True:
                if self._closed:
                    raise Closed(self.name)
                variant = self._choose(target)
                instance = _next(variant, avoid)
                if instance is not None:
                    instance.in_flight += 1
                    return variant, instance
                now = time.monotonic()
                deadline = deadline or now + self.patience
                if now >= deadline:
                    raise NoInstance(variant.name)
                self._state.wait(deadline - now)

    def _choose(self, target: str | None) -> Variant:
        if target is not None:
            for variant in self.variants:
                if variant.name == target:
                    return variant
            raise NoVariant(target)
        if len(self.variants) == 1:
            return self.variants[0]
        total = sum(variant.weight for variant in self.variants)
        if total <= 0:
            return random.choice(self.variants)
        point = random.random() * total
        for variant in self.variants:
            point -= variant.weight
            if point < 0:
                return variant
        return self.variants[-1]

    def has_other(self, variant: Variant, instance: Instance) -> bool:
        """Whether another instance of the variant answers."""
        with self._state:
            return any(one.up for one in variant.instances if one is not instance)

    def release(self, instance: Instance) -> None:
        """A call is over."""
        with self._state:
            instance.in_flight -= 1
            if instance.in_flight == 0:
                self._state.notify_all()

    def changed(self) -> None:
        """An instance went up or down."""
        with self._state:
            self._state.notify_all()

    def close(self) -> None:
        """Takes no more calls; those that wait look for the endpoint's new route."""
        with self._state:
            self._closed = True
            self._state.notify_all()

    def reopen(self) -> Route:
        """Takes calls again."""
        with self._state:
            self._closed = False
        return self

    def reshape(self, variants: list[Variant]) -> None:
        """Other weights or instances from now on."""
        with self._state:
            self.variants = variants
            self._state.notify_all()

    def drain(self, instances: list[Instance], seconds: float) -> bool:
        """Waits until no call is under way in these instances; False when the seconds run out."""
        with self._state:
            return self._state.wait_for(lambda: not any(one.in_flight for one in instances), seconds)

    @property
    def instances(self) -> list[Instance]:
        """All instances of all variants."""
        return [instance for variant in self.variants for instance in variant.instances]


def _next(variant: Variant, avoid: Instance | None) -> Instance | None:
    """The next instance that is up; the one to avoid only when there is no other."""
    count = len(variant.instances)
    last = None
    for step in range(count):
        instance = variant.instances[(variant.turn + step) % count]
        if instance.up:
            if instance is not avoid:
                variant.turn = (variant.turn + step + 1) % count
                return instance
            last = instance
    return last


class Routes:
    """The routes of a server."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str, str], Route] = {}

    def find(self, account: str, region: str, name: str) -> Route | None:
        """The route of an endpoint, None when nothing answers under this name."""
        return self._routes.get((account, region, name))

    def put(self, route: Route) -> Route | None:
        """The route that answers from now on; gives the one that answered before."""
        key = (route.account, route.region, route.name)
        old = self._routes.get(key)
        self._routes[key] = route
        if old is not None and old is not route:
            old.close()
        return old

    def remove(self, account: str, region: str, name: str) -> Route | None:
        """Nothing answers under this name any more; gives the route that did."""
        old = self._routes.pop((account, region, name), None)
        if old is not None:
            old.close()
        return old

    def all(self) -> list[Route]:
        """Every route."""
        return list(self._routes.values())
