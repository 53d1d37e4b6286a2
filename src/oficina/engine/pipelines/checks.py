"""QualityCheck and ClarifyCheck steps: a processing job measures, and is held against an earlier baseline.

The step always runs its job, with the earlier baseline as inputs unless the check is skipped; the job leaves
the new baseline, and a report when something is violated. Facts: developer guide, "QualityCheck step" and
"ClarifyCheck step"; contracts, aws-contracts D.9 and D.10.
"""

from __future__ import annotations

from typing import Any

import orjson

from oficina.engine.inputs import InputMissing, split
from oficina.engine.pipelines import arguments, baselines
from oficina.engine.pipelines.baselines import BaselineMissing
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.resources import Resources
from oficina.engine.pipelines.work import StepFailed
from oficina.errors import AwsError
from oficina.runners.images import Catalog, ImageError
from oficina.store.kinds import Document

MEMBERS = (
    "CheckType",
    "ModelName",
    "ModelPackageGroupName",
    "SkipCheck",
    "FailOnViolation",
    "RegisterNewBaseline",
    "SuppliedBaselineStatistics",
    "SuppliedBaselineConstraints",
)
"""What such a step has beside the arguments of its job."""
FILES = {
    "QualityCheck": {"Constraints": "constraints.json", "Statistics": "statistics.json"},
    "ClarifyCheck": {"Constraints": "analysis.json"},
}
"""What the jobs leave in their output."""
REPORT = "constraint_violations.json"
PLACES = {
    "Constraints": ("constraints", "/opt/ml/processing/baseline/constraints", "baseline_constraints"),
    "Statistics": ("baseline", "/opt/ml/processing/baseline/stats", "baseline_statistics"),
}
"""How a job gets the earlier baseline: the input's name, its folder, the variable with the file's path."""
NAMES = {"QualityCheck": "Quality", "ClarifyCheck": "Clarify"}


class Checks(Resources):
    """The work of such steps."""

    def given(self, step: Step, body: Document) -> Document:
        """The arguments of the job and the members beside them."""
        beside = {member: step.body[member] for member in MEMBERS if step.body.get(member) is not None}
        given = self.resolve(step, body, {**step.arguments, **beside})
        return {**arguments.fit("CreateProcessingJob", given), **{key: given[key] for key in beside}}

    def prepare(self, step: Step, body: Document, given: Document) -> None:
        """Keeps the flags, the earlier baseline and the output with the row. Raises StepFailed."""
        check: Document = {
            "CheckType": given["CheckType"],
            "SkipCheck": _flag(given, "SkipCheck", False),
            "RegisterNewBaseline": _flag(given, "RegisterNewBaseline", False),
            "FailOnViolation": _flag(given, "FailOnViolation", True),
            "ModelPackageGroupName": given.get("ModelPackageGroupName") or None,
            "_output": _output(given),
            "_previous": {},
        }
        files = (*FILES[step.type].values(), REPORT)
        check["_before"] = {file: self._object_id(f"{check['_output']}/{file}") for file in files}
        if not (check["SkipCheck"] and check["RegisterNewBaseline"]):
            check["_previous"] = self._previous(step, given)
        body.setdefault("_check", check)

    def request(self, step: Step, body: Document, given: Document, name: str) -> Document:
        """The job with the earlier baseline, in an image that is there. Raises StepFailed."""
        self._need_image(step, given)
        given = self._with_model(step, given)
        check = body["_check"]
        if not check["SkipCheck"]:
            given = _with_baseline(given, check["_previous"])
        return super().request(step, body, given, name)

    def metadata(self, step: Step, body: Document) -> Document:
        """What is known of the check so far."""
        told = {key: value for key, value in body["_check"].items() if value is not None and key in _TOLD}
        return {step.type: {**told, "CheckJobArn": body["_arn"]}}

    def ended(self, step: Step, body: Document, described: Document) -> Document:
        """The new baseline and the one that was used. Raises StepFailed for a violation."""
        check = body["_check"]
        for file in FILES[step.type].values():
            self._need_new(file, body)
        calculated = {file: f"{check['_output']}/{name}" for file, name in FILES[step.type].items()}
        used = calculated if check["RegisterNewBaseline"] else check["_previous"]
        properties = {
            **{f"CalculatedBaseline{file}": uri for file, uri in calculated.items()},
            **{f"BaselineUsedForDriftCheck{file}": uri for file, uri in used.items()},
        }
        body["Metadata"] = {step.type: {**self.metadata(step, body)[step.type], **properties}}
        if not check["SkipCheck"]:
            self._judge(step, body)
        return properties

    # ----------------------------------------------------------------------------------------------------

    def _previous(self, step: Step, given: Document) -> Document:
        try:
            return baselines.previous(self.execution.call, step.type, given)
        except BaselineMissing as missing:
            raise StepFailed(
                f"ClientError: Step {step.name} needs an earlier baseline of {given['CheckType']}, because "
                f"SkipCheck and RegisterNewBaseline are not both true. {missing}"
            ) from missing

    def _need_image(self, step: Step, given: Document) -> None:
        uri = str(given.get("AppSpecification", {}).get("ImageUri", ""))
        try:
            Catalog(self.execution.engine.config).resolve(uri)
        except ImageError as error:
            raise StepFailed(
                f"ClientError: A {step.type} step computes in the analyzer that AWS keeps in an image, and "
                f"that does not come with oficina yet. {error}"
            ) from error

    def _with_model(self, step: Step, given: Document) -> Document:
        """The model's name in the analysis configuration, which the SDKs leave to the execution."""
        if not given.get("ModelName"):
            return given
        inputs = []
        for item in given.get("ProcessingInputs", []):
            if item["InputName"] == "analysis_config":
                uri = self._complete(step, str(item["S3Input"]["S3Uri"]), str(given["ModelName"]))
                item = {**item, "S3Input": {**item["S3Input"], "S3Uri": uri}}
            inputs.append(item)
        return {**given, "ProcessingInputs": inputs}

    def _complete(self, step: Step, uri: str, model: str) -> str:
        config = self._json(uri)
        config.setdefault("predictor", {})["model_name"] = model
        bucket, key = split(uri)
        folder, _, file = key.rpartition("/")
        place = "/".join(part for part in (folder, self.execution.id, step.name, file) if part)
        self.execution.engine.store.objects.write(
            self.execution.docs.account, bucket, place, orjson.dumps(config), "application/json"
        )
        return f"s3://{bucket}/{place}"

    def _need_new(self, file: str, body: Document) -> None:
        if not self._is_new(file, body):
            uri = f"{body['_check']['_output']}/{file}"
            raise StepFailed(f"ClientError: The check's job {body['_name']} did not write {uri}.")

    def _judge(self, step: Step, body: Document) -> None:
        """A report that lists violations is told, and fails the step unless it is not to."""
        report = f"{body['_check']['_output']}/{REPORT}"
        if not self._is_new(REPORT, body) or not self._json(report).get("violations"):
            return
        body["Metadata"][step.type]["ViolationReport"] = report
        if body["_check"]["FailOnViolation"]:
            raise StepFailed(f"ClientError: {NAMES[step.type]} check failed. See violation report: {report}")

    def _is_new(self, file: str, body: Document) -> bool:
        """Whether a file was written since the step began: an output may have files of earlier runs."""
        check = body["_check"]
        return self._object_id(f"{check['_output']}/{file}") not in (None, check["_before"][file])

    def _object_id(self, uri: str) -> int | None:
        """What distinguishes an object from an earlier one of the same key."""
        try:
            found = self.execution.engine.store.objects.find(self.execution.docs.account, *split(uri))
        except (AwsError, InputMissing):
            return None
        return None if found is None else found.id

    def _json(self, uri: str) -> dict[str, Any]:
        try:
            found = orjson.loads(self.execution.object(uri))
        except orjson.JSONDecodeError as error:
            raise StepFailed(f"ClientError: {uri} is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise StepFailed(f"ClientError: {uri} must be a JSON object.")
        return found


_TOLD = ("CheckType", "SkipCheck", "RegisterNewBaseline", "ModelPackageGroupName")


def _flag(given: Document, member: str, default: bool) -> bool:
    value = given.get(member)
    return default if value is None else str(value).lower() == "true"


def _output(given: Document) -> str:
    """Where the job leaves its files."""
    for output in given.get("ProcessingOutputConfig", {}).get("Outputs", []):
        if output.get("S3Output", {}).get("S3Uri"):
            return str(output["S3Output"]["S3Uri"]).rstrip("/")
    raise StepFailed("ClientError: The job of a check must have an output in S3.")


def _with_baseline(given: Document, previous: Document) -> Document:
    """The job's arguments with the files of a baseline as inputs, and variables that say where they are."""
    inputs, environment = list(given.get("ProcessingInputs", [])), dict(given.get("Environment") or {})
    for file, uri in previous.items():
        name, folder, variable = PLACES[file]
        source = {"S3Uri": uri, "LocalPath": folder, "S3DataType": "S3Prefix", "S3InputMode": "File"}
        inputs.append({"InputName": name, "S3Input": source})
        environment[variable] = f"{folder}/{uri.rpartition('/')[2]}"
    return {**given, "ProcessingInputs": inputs, "Environment": environment}
