"""What a server holds in memory of its endpoints: routes, captured calls, traffic. One for each store."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from oficina.engine.hosting.capture import Capture
from oficina.engine.hosting.routes import Routes
from oficina.engine.hosting.traffic import Traffic
from oficina.store.store import Store

_all: WeakKeyDictionary[Store, Hosting] = WeakKeyDictionary()
_lock = threading.Lock()


class Hosting:
    """The endpoints of one server."""

    def __init__(self, store: Store) -> None:
        self.routes = Routes()
        self.capture = Capture(store)
        self.traffic = Traffic(store, self.routes)


def of(store: Store) -> Hosting:
    """The endpoints of the server that has this store."""
    found = _all.get(store)
    if found is None:
        with _lock:
            found = _all.get(store)
            if found is None:
                found = _all[store] = Hosting(store)
    return found
