"""Which versions of models were taken over from an MLflow server into the model registry."""

from __future__ import annotations

from oficina.store.database import Database


class Takeovers:
    """Versions by the server's ARN, the model and the version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, arn: str) -> dict[tuple[str, str], str]:
        """The models and versions of a server that are model packages by now, and which."""
        rows = self._database.reader.execute(
            "SELECT model, version, package FROM mlflow_versions WHERE arn=?", (arn,)
        )
        return {(row["model"], row["version"]): row["package"] for row in rows}

    def born(self, arn: str) -> dict[str, int | None]:
        """The models of a server of which something was taken over, and when each was made there."""
        rows = self._database.reader.execute(
            "SELECT model, max(born) AS born FROM mlflow_versions WHERE arn=? GROUP BY model", (arn,)
        )
        return {row["model"]: row["born"] for row in rows}

    def put(self, arn: str, model: str, version: str, package: str, born: int) -> None:
        """Says which package a version became, of a model that was made then."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO mlflow_versions (arn, model, version, package, born)"
                " VALUES (?, ?, ?, ?, ?)",
                (arn, model, version, package, born),
            )

    def move(self, arn: str, names: dict[str, str | None]) -> None:
        """Gives models new names; those without one are forgotten with all their versions."""
        query = "DELETE FROM mlflow_versions WHERE arn=? AND model=? RETURNING version, package, born"
        with self._database.transaction() as connection:
            found = {name: connection.execute(query, (arn, name)).fetchall() for name in names}
            connection.executemany(
                "INSERT INTO mlflow_versions (arn, model, version, package, born) VALUES (?, ?, ?, ?, ?)",
                [(arn, new, *row) for name, new in names.items() if new is not None for row in found[name]],
            )

    def drop(self, arn: str, model: str, version: str) -> None:
        """Forgets one version."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM mlflow_versions WHERE arn=? AND model=? AND version=?", (arn, model, version)
            )

    def forget(self, arn: str) -> None:
        """Forgets the versions of a server."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM mlflow_versions WHERE arn=?", (arn,))
