"""One execution of a pipeline: its facts, the rows of its steps, and what its expressions see.

All state is in rows: who reads an execution anew knows all that an earlier server knew.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from oficina.engine.inputs import InputMissing, split
from oficina.engine.pipelines import expressions
from oficina.engine.pipelines.definition import Definition, Step, parse
from oficina.engine.pipelines.expressions import ExpressionFailed, World
from oficina.engine.pipelines.kinds import EXECUTION
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.store.documents import Scope
from oficina.store.kinds import Document


class Execution:
    """One execution."""

    def __init__(self, engine: Engine, docs: Scope, pipeline: str, execution: str) -> None:
        self.engine, self.docs = engine, docs
        self.pipeline, self.id = pipeline, execution
        self.document = docs.get(EXECUTION, execution, pipeline)
        self._modified = -1.0
        self.arn = str(self.document["PipelineExecutionArn"])
        self.definition: Definition = parse(self.document["_definition"])
        self.steps: dict[str, Document] = {
            each["StepName"]: each for each in engine.store.steps.all(self.arn)
        }

    @property
    def now(self) -> float:
        """Seconds since the epoch, by the server's clock."""
        return self.engine.clock.now()

    @property
    def pipeline_arn(self) -> str:
        """The pipeline's ARN."""
        return str(self.document["PipelineArn"])

    @property
    def limit(self) -> int:
        """How many steps run at once at most."""
        parallel = self.document.get("ParallelismConfiguration") or {}
        return int(parallel.get("MaxParallelExecutionSteps", 50))

    def status(self) -> str:
        """Its status now; ``Stopped`` when its row is gone."""
        row = self.docs.database.reader.execute(
            "SELECT status FROM resources WHERE arn=? AND account=?", (self.arn, self.docs.account)
        ).fetchone()
        return "Stopped" if row is None else str(row["status"])

    def refresh(self) -> str:
        """Reads again what clients may change while it runs, and gives the status now."""
        row = self.docs.database.reader.execute(
            "SELECT modified FROM resources WHERE arn=? AND account=?", (self.arn, self.docs.account)
        ).fetchone()
        if row is not None and row["modified"] != self._modified:
            self._modified = row["modified"]
            self.document = self.docs.get(EXECUTION, self.id, self.pipeline)
        return self.status()

    def update(self, changes: Document) -> None:
        """Changes its row."""
        self.document = self.docs.update(EXECUTION, self.id, changes, self.pipeline)

    def call(self, operation: str, request: Document) -> Document:
        """An operation of SageMaker through the checked front door. Raises AwsError."""
        return self.engine.call(self.docs.account, self.docs.region, "sagemaker", operation, request)

    # -- steps -------------------------------------------------------------------------------------------

    def begun(self, step: Step) -> Document:
        """The row of a step that begins, for the first time or once more."""
        body = self.steps.get(step.name) or {
            "StepName": step.name,
            "StepDisplayName": step.body.get("DisplayName"),
            "StepDescription": step.body.get("Description"),
            "StartTime": self.now,
            "AttemptCount": 0,
            "_type": step.type,
        }
        body.pop("_due", None)
        body |= {"StepStatus": "Starting", "AttemptCount": body["AttemptCount"] + 1}
        self.keep(body)
        return body

    def keep(self, body: Document) -> None:
        """Keeps a step as it is now."""
        self.steps[body["StepName"]] = body
        clean = {key: value for key, value in body.items() if value is not None}
        self.engine.store.steps.put(self.arn, self.pipeline_arn, clean)

    # -- expressions -------------------------------------------------------------------------------------

    def resolve(self, value: Any, **variables: str) -> Any:
        """A value with its expressions replaced by what they mean. Raises ExpressionFailed.

        ``variables`` are variables of the execution that only one step has.
        """
        return expressions.resolve(value, self.world(**variables))

    def world(self, **variables: str) -> World:
        """What expressions see now."""
        return World(
            parameters=self.document["_values"],
            execution={**self._variables(), **variables},
            properties=self._properties,
            property_file=self._property_file,
            object=self.object,
        )

    def _variables(self) -> dict[str, Any]:
        return {
            "PipelineName": self.document["_pipeline_name"],
            "PipelineArn": self.document["PipelineArn"],
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": self.arn,
            "StartDateTime": _iso(self.document["CreationTime"]),
            "CurrentDateTime": _iso(self.now),
        }

    def _properties(self, step: str) -> Document:
        body = self.steps.get(step)
        if body is None or "_properties" not in body:
            raise ExpressionFailed(f"Step {step} has no properties: it did not run to success.")
        found: Document = body["_properties"]
        return found

    def _property_file(self, step: str, name: str) -> bytes:
        for file in self.definition.steps[step].body.get("PropertyFiles") or []:
            if file["PropertyFileName"] == name:
                outputs = self._properties(step).get("ProcessingOutputConfig", {}).get("Outputs", [])
                for output in outputs:
                    if output["OutputName"] == file["OutputName"]:
                        folder = output["S3Output"]["S3Uri"].rstrip("/")
                        return self.object(f"{folder}/{file['FilePath']}")
        raise ExpressionFailed(f"Step {step} has no property file {name}.")

    def object(self, uri: str) -> bytes:
        """The bytes of an object of S3. Raises ExpressionFailed."""
        try:
            return self.engine.store.objects.read(self.docs.account, *split(uri))
        except InputMissing as error:
            raise ExpressionFailed(str(error)) from error
        except AwsError as error:
            raise ExpressionFailed(f"{uri} cannot be read: {error.message}") from error


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
