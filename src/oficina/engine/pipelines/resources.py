"""Steps that are one resource of SageMaker: made under a name that was kept, watched, described."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oficina.chaos import point
from oficina.engine.pipelines import arguments, experiment, hits, names, registering, retries
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.expressions import JOB_NAMES, references
from oficina.engine.pipelines.steptypes import TYPES, StepType
from oficina.engine.pipelines.work import StepFailed, StepStopped
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.kinds import Document


class Resources:
    """The work of such steps."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution

    def begin(self, step: Step, body: Document) -> Document | None:
        """Makes the resource, unless an earlier server made it or the cache has it."""
        kind, given = TYPES[step.type], self.given(step, body)
        hit = hits.take(self.execution, step, body, given)
        if hit is not None:
            return hit
        self.prepare(step, body, given)
        resumed = "_name" in body
        name = str(body.get("_name") or self.name(step, body, given))
        body |= {"_name": name, "_noun": kind.noun}
        self.execution.keep(body)
        point("step-named")
        answer = self.found(step, body, given, name) if resumed else None
        if answer is None:
            with _told_with_its_operation(f"Create{kind.noun}"):
                answer = self.make(step, body, given, name)
        self.made(step, str(answer[kind.arn]))
        point("step-made")
        body["_arn"] = answer[kind.arn]
        body["Metadata"] = self.metadata(step, body)
        if not kind.waits:
            return self.execution.call(f"Describe{kind.noun}", kind.key(answer, name))
        body["StepStatus"] = "Executing"
        self.execution.keep(body)
        return None

    def look(self, step: Step, body: Document) -> Document | None:
        """What the resource's Describe answers, once its status is a good one."""
        kind = TYPES[step.type]
        found = self.execution.docs.find_arn(str(body["_arn"]))
        if found is None:
            raise StepFailed("The resource was deleted.")
        status = str(found.get(kind.status))
        if status in kind.good:
            described = self.execution.call(f"Describe{kind.noun}", {kind.name: body["_name"]})
            return self.ended(step, body, described)
        if status not in kind.bad:
            return None
        if status == "Stopped" and self.execution.status() == "Stopping":
            raise StepStopped
        raw = str(found.get("FailureReason") or "")
        raise StepFailed(_reason(raw, kind, status), retries.of_reason(raw))

    def stop(self, step: Step, body: Document) -> None:
        """Stops the resource, if it is of a kind that can be."""
        kind = TYPES[step.type]
        if kind.stops and "_arn" in body:
            try:
                self.execution.call(f"Stop{kind.noun}", {kind.name: body["_name"]})
            except AwsError:
                return  # it has just ended by itself

    # -- what a type may do in its own way ---------------------------------------------------------------

    def given(self, step: Step, body: Document) -> Document:
        """What the step asks for, with the values of its expressions."""
        return self.resolve(step, body, step.arguments)

    def resolve(self, step: Step, body: Document, value: Document) -> Document:
        """A step's own members; the name of its job is made first when they ask for it."""
        variable, own = JOB_NAMES.get(step.type), {}
        if variable and f"Execution.{variable}" in references(value):
            member = TYPES[step.type].name
            prefix = {member: self.execution.resolve(step.arguments.get(member))}
            own[variable] = body["_name"] = str(body.get("_name") or self.name(step, body, prefix))
        found = self.execution.resolve(value, **own)
        if not isinstance(found, dict):
            raise StepFailed(f"ClientError: The Arguments of step {step.name} must be an object.")
        return found

    def prepare(self, step: Step, body: Document, given: Document) -> None:
        """Puts into the row what later looks need. Raises StepFailed."""

    def name(self, step: Step, body: Document, given: Document) -> str:
        """The resource's name."""
        if step.type == "Tuning":
            return names.of_tuning_step(self.execution.id, step.name)
        prefix = given.get(TYPES[step.type].name)
        return names.of_step(self.execution.id, step.name, str(prefix) if prefix else None)

    def found(self, step: Step, body: Document, given: Document, name: str) -> Document | None:
        """What an earlier server made under the name that it had kept."""
        kind = TYPES[step.type]
        if not kind.named:
            return None
        try:
            return self.execution.call(f"Describe{kind.noun}", {kind.name: name})
        except AwsError:
            return None

    def make(self, step: Step, body: Document, given: Document, name: str) -> Document:
        """Makes the resource. Raises AwsError, StepFailed."""
        request = self.request(step, body, given, name)
        return self.execution.call(f"Create{TYPES[step.type].noun}", request)

    def request(self, step: Step, body: Document, given: Document, name: str) -> Document:
        """The request that makes the resource."""
        kind, document = TYPES[step.type], self.execution.document
        named = {kind.name: name} if kind.named else {}
        request = arguments.fit(f"Create{kind.noun}", {**given, **named})
        if kind.noun in experiment.WITH_COMPONENTS:
            if "PipelineExperimentConfig" in document:
                request.setdefault("ExperimentConfig", document["PipelineExperimentConfig"])
            # The SDKs find a job's execution by this tag (sagemaker.lineage, pipeline_execution_arn).
            tag = {"Key": "sagemaker:pipeline-execution-arn", "Value": self.execution.arn}
            request["Tags"] = [*request.get("Tags", ()), tag]
        if step.type == "RegisterModel":
            request = registering.prepare(self.execution.call, self.execution.arn, name, request)
        return request

    def made(self, step: Step, arn: str) -> None:
        """What is told of the resource elsewhere. May happen again after a crash."""
        if step.type == "RegisterModel":
            registering.tell_execution(self.execution.call, self.execution.arn, arn)

    def metadata(self, step: Step, body: Document) -> Document:
        """The step's Metadata once the resource is there."""
        return {TYPES[step.type].metadata: {"Arn": body["_arn"]}}

    def ended(self, step: Step, body: Document, described: Document) -> Document:
        """The step's properties, of a resource that ended well. Raises StepFailed."""
        return {**described, **self._best(described)} if step.type == "Tuning" else described

    def _best(self, job: Document) -> Document:
        """A tuning step's own property: its trials, the best first (SDK, ``get_top_model_s3_uri``)."""
        definitions = job.get("TrainingJobDefinitions") or [job["TrainingJobDefinition"]]
        objective = job["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective")
        kind = (objective or definitions[0].get("TuningObjective") or {}).get("Type")
        request = {
            "HyperParameterTuningJobName": job["HyperParameterTuningJobName"],
            "SortBy": "FinalObjectiveMetricValue",
            "SortOrder": "Ascending" if kind == "Minimize" else "Descending",
            "MaxResults": 50,
        }
        answer = self.execution.call("ListTrainingJobsForHyperParameterTuningJob", request)
        return {"TrainingJobSummaries": answer["TrainingJobSummaries"]}


@contextmanager
def _told_with_its_operation(operation: str) -> Iterator[None]:
    """A refused request, in the words of AWS's pipelines."""
    try:
        yield
    except AwsError as error:
        if shortage.is_shortage(error):
            raise
        sentence = f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {error.message}"
        raise StepFailed(sentence, retries.of_error(error)) from error


def _reason(raw: str, kind: StepType, status: str) -> str:
    """A step's FailureReason from its resource's: ``ClientError: AlgorithmError: …`` (SDK v2's tests)."""
    if not raw:
        return f"The {kind.noun} is {status}."
    told = raw.partition(":")[0] in ("ClientError", "InternalServerError", "CapacityError")
    return raw if told else f"ClientError: {raw}"
