"""Endpoint steps: an endpoint that is there is updated, another one is made.

SDK v2 and v3, ``EndpointStep``: the pipeline chooses by whether the endpoint exists. The name of one that it
makes has a suffix of the execution, as every name that a pipeline makes.
"""

from __future__ import annotations

from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.resources import Resources
from oficina.errors import AwsError
from oficina.store.kinds import Document


class Deployments(Resources):
    """The work of such steps."""

    def prepare(self, step: Step, body: Document, given: Document) -> None:
        """Looks once whether the endpoint is there."""
        if "_updates" not in body:
            name = given.get("EndpointName")
            body["_updates"] = bool(name) and self._described(str(name)) is not None

    def name(self, step: Step, body: Document, given: Document) -> str:
        """The endpoint's own name when it is there, otherwise one that the execution makes."""
        return str(given["EndpointName"]) if body["_updates"] else super().name(step, body, given)

    def make(self, step: Step, body: Document, given: Document, name: str) -> Document:
        """Updates or creates the endpoint."""
        if not body["_updates"]:
            return super().make(step, body, given, name)
        request = {"EndpointName": name, "EndpointConfigName": str(given["EndpointConfigName"])}
        return self.execution.call("UpdateEndpoint", request)

    def found(self, step: Step, body: Document, given: Document, name: str) -> Document | None:
        """What an earlier server made, or an endpoint that it had begun to update."""
        endpoint = self._described(name)
        if endpoint is None or not body["_updates"] or endpoint["EndpointStatus"] == "Updating":
            return endpoint
        return endpoint if endpoint["EndpointConfigName"] == given["EndpointConfigName"] else None

    def _described(self, name: str) -> Document | None:
        try:
            return self.execution.call("DescribeEndpoint", {"EndpointName": name})
        except AwsError:
            return None
