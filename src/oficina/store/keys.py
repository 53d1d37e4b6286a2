"""Access keys and what each stands for: an account and a caller."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from oficina.store.database import Database

_ALPHABET = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class Key:
    """An access key; ``token`` is the session token of a temporary one."""

    access_key: str
    secret: str
    token: str | None
    account: str
    arn: str
    user_id: str
    job: str | None = None
    expires: float | None = None


def mint_id(prefix: str) -> str:
    """An identifier of AWS's form: ``AKIA``, ``ASIA`` or ``AROA`` and sixteen characters."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(16))


class Keys:
    """The access keys of a server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Key] = {}

    def mint(
        self,
        account: str,
        arn: str,
        user_id: str,
        *,
        session: bool = False,
        job: str | None = None,
        expires: float | None = None,
    ) -> Key:
        """Makes a key; a session key has a token and may end with a job or at a time (epoch seconds)."""
        key = Key(
            access_key=mint_id("ASIA" if session else "AKIA"),
            secret=secrets.token_urlsafe(30)[:40],
            token=secrets.token_urlsafe(120) if session else None,
            account=account,
            arn=arn,
            user_id=user_id,
            job=job,
            expires=expires,
        )
        self.put(key)
        return key

    def put(self, key: Key) -> None:
        """Keeps a key as it is."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO keys (access_key, secret, token, account, arn, user_id, job, expires)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key.access_key,
                    key.secret,
                    key.token,
                    key.account,
                    key.arn,
                    key.user_id,
                    key.job,
                    key.expires,
                ),
            )

    def find(self, access_key: str) -> Key | None:
        """The key with this id, None when there is none."""
        known = self._known.get(access_key)
        if known is not None:
            return known
        row = self._database.reader.execute("SELECT * FROM keys WHERE access_key=?", (access_key,)).fetchone()
        if row is None:
            return None
        key = Key(**dict(row))
        self._known[access_key] = key
        return key

    def end_job(self, job: str) -> None:
        """Ends the keys of a job (by its ARN)."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM keys WHERE job=?", (job,))
        self._known = {name: key for name, key in self._known.items() if key.job != job}

    def jobs(self) -> list[str]:
        """The ARNs of the jobs that have keys."""
        rows = self._database.reader.execute("SELECT DISTINCT job FROM keys WHERE job IS NOT NULL")
        return [row["job"] for row in rows]

    def prune(self, before: float) -> None:
        """Forgets the keys that ended before a time (seconds since the epoch)."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM keys WHERE expires<?", (before,))
        self._known = {
            name: key for name, key in self._known.items() if key.expires is None or key.expires >= before
        }

    def forget(self) -> None:
        """Drops what is held in memory, after the table was emptied."""
        self._known = {}
