"""Secrets that open an MLflow server to a browser: a URL's for one use, then a cookie's for a session."""

from __future__ import annotations

import hashlib
import secrets

from oficina.clock import Clock
from oficina.store.database import Database


class Tickets:
    """The tickets of a server; only their digests are kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def issue(self, arn: str, seconds: float, duration: float) -> str:
        """A secret that is good once within ``seconds`` and opens a session of ``duration`` seconds."""
        return self._keep("url", arn, seconds, duration)

    def redeem(self, secret: str, arn: str) -> tuple[str, float] | None:
        """The secret of a new session and its seconds; None when this one was used, is too old or unknown."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "DELETE FROM mlflow_tickets WHERE digest=? AND kind='url' AND arn=?"
                " RETURNING expires, duration",
                (_digest(secret), arn),
            ).fetchone()
            if row is None or row["expires"] < self._clock.now():
                return None
            return self._keep("session", arn, row["duration"], 0), row["duration"]

    def admits(self, secret: str, arn: str) -> bool:
        """Whether a session is open."""
        row = self._database.reader.execute(
            "SELECT expires FROM mlflow_tickets WHERE digest=? AND kind='session' AND arn=?",
            (_digest(secret), arn),
        ).fetchone()
        return row is not None and bool(row["expires"] >= self._clock.now())

    def end(self, arn: str) -> None:
        """Forgets all tickets of a server."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM mlflow_tickets WHERE arn=?", (arn,))

    def _keep(self, kind: str, arn: str, seconds: float, duration: float) -> str:
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM mlflow_tickets WHERE expires<?", (now,))
            connection.execute(
                "INSERT INTO mlflow_tickets (digest, kind, arn, expires, duration) VALUES (?, ?, ?, ?, ?)",
                (_digest(secret), kind, arn, now + seconds, duration),
            )
        return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
