"""What a step of each type may have and must have beside its arguments.

Facts: the definition schema of 2020-12-01, and for what it does not describe what SDK v2 and v3 write.
"""

from __future__ import annotations

from typing import Any

from oficina.engine.pipelines import baselines, caching, conditions, parameters
from oficina.engine.pipelines.refusal import only, refuse
from oficina.engine.pipelines.retries import EXCEPTIONS

NOT_HERE = (
    "Athena",
    "AutoML",
    "Cleanup",
    "EMR",
    "EMRServerless",
    "ForEach",
    "InferenceComponent",
    "Job",
)
"""Types of AWS's that oficina has not got; a definition with one is refused with a sentence."""

_COMMON = ("Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description")
_CACHED = (*_COMMON, "CacheConfig", "RetryPolicies")
_CHECK = (
    *_CACHED,
    "CheckType",
    "ModelName",
    "ModelPackageGroupName",
    "SkipCheck",
    "FailOnViolation",
    "RegisterNewBaseline",
    "SuppliedBaselineConstraints",
)
MEMBERS = {
    "Processing": (*_CACHED, "PropertyFiles"),
    "Training": (*_CACHED, "PropertyFiles"),
    "Transform": (*_CACHED, "PropertyFiles"),
    "Tuning": (*_CACHED, "PropertyFiles"),
    "Model": _CACHED,
    "RegisterModel": _CACHED,
    "EndpointConfig": _CACHED,
    "Endpoint": _CACHED,
    "Condition": _COMMON,
    "Fail": _COMMON,
    "Lineage": _COMMON,
    "Lambda": (*_CACHED, "FunctionArn", "OutputParameters"),
    "Callback": (*_CACHED, "SqsQueueUrl", "OutputParameters"),
    "QualityCheck": (*_CHECK, "SuppliedBaselineStatistics"),
    "ClarifyCheck": _CHECK,
}
"""The members of a step of each type that runs here."""
ENTITIES = ("Actions", "Artifacts", "Contexts", "Associations")
"""The members of a Lineage step's Arguments, each a list."""


def check(name: str, kind: Any, body: dict[str, Any]) -> None:
    """Refuses a step that the schema does not allow. Raises AwsError ValidationException."""
    if kind in NOT_HERE:
        raise refuse(f"oficina does not run steps of type {kind} yet (step {name}).")
    if not isinstance(kind, str) or kind not in MEMBERS:
        raise refuse(f"Step {name} has the unknown type {kind!r:.80}.")
    only(body, MEMBERS[kind], f"Step {name}")
    _check_arguments(name, kind, body)
    _check_texts(name, body)
    _check_dependencies(name, body.get("DependsOn") or [])
    _check_cache(name, body.get("CacheConfig") or {})
    _check_retries(name, body.get("RetryPolicies") or [])
    _check_property_files(name, body.get("PropertyFiles") or [])
    _check_task(name, kind, body)
    if kind in baselines.OF_STEP:
        _check_check(name, kind, body)
    if kind == "Condition":
        _check_branches(name, body["Arguments"])
    if kind == "Lineage":
        _check_records(name, body["Arguments"])


def _check_arguments(name: str, kind: str, body: dict[str, Any]) -> None:
    given = body.get("Arguments", {} if kind in ("Lambda", "Callback") else None)
    if not isinstance(given, dict):
        raise refuse(f"Step {name} must have Arguments, and they must be an object.")


def _check_texts(name: str, body: dict[str, Any]) -> None:
    for member, longest in (("DisplayName", 256), ("Description", 3072)):
        text = body.get(member)
        if text is not None and (not isinstance(text, str) or len(text) > longest):
            raise refuse(f"The {member} of step {name} must be a text of at most {longest} characters.")


def _check_dependencies(name: str, given: Any) -> None:
    if not isinstance(given, list):
        raise refuse(f"The DependsOn of step {name} must be a list of steps.")
    for each in given:
        if isinstance(each, dict) and "Trigger" in each:
            raise refuse(
                f"oficina runs a step when those before it have succeeded, not on the trigger "
                f"{each['Trigger']!r:.80} (step {name})."
            )
        if not isinstance(each, str):
            raise refuse(f"The DependsOn of step {name} must be a list of steps; {each!r:.80} is none.")


def _check_cache(name: str, given: Any) -> None:
    if not isinstance(given, dict) or not isinstance(given.get("Enabled", False), bool):
        raise refuse(f"The CacheConfig of step {name} must have Enabled, which is true or false.")
    only(given, ("Enabled", "ExpireAfter"), f"The CacheConfig of step {name}")
    expires = given.get("ExpireAfter")
    if expires is None:
        return
    try:
        caching.seconds(str(expires))
    except ValueError as error:
        raise refuse(f"The ExpireAfter of step {name}: {error}.") from error


def _check_retries(name: str, given: Any) -> None:
    if not isinstance(given, list) or not all(isinstance(policy, dict) for policy in given):
        raise refuse(f"The RetryPolicies of step {name} must be a list of policies.")
    numbers = ("IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
    for policy in given:
        only(policy, ("ExceptionType", *numbers), f"A retry policy of step {name}")
        kinds = policy.get("ExceptionType", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else [kinds]:
            if kind not in EXCEPTIONS:
                raise refuse(
                    f"A retry policy of step {name} has the unknown ExceptionType {kind!r:.80}; "
                    f"it may have {', '.join(EXCEPTIONS)}."
                )
        for number in numbers:
            value = policy.get(number)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                raise refuse(f"The {number} of a retry policy of step {name} must be a number.")


def _check_property_files(name: str, given: Any) -> None:
    members = ("PropertyFileName", "OutputName", "FilePath")
    whole = isinstance(given, list) and all(
        isinstance(file, dict) and all(isinstance(file.get(member), str) for member in members)
        for file in given
    )
    if not whole:
        raise refuse(f"Each of the PropertyFiles of step {name} must have {', '.join(members)}.")


def _check_task(name: str, kind: str, body: dict[str, Any]) -> None:
    """What Lambda and Callback steps must have beside their Arguments."""
    member = {"Lambda": "FunctionArn", "Callback": "SqsQueueUrl"}.get(kind)
    if member is None:
        return
    if not isinstance(body.get(member), (str, dict)) or not body[member]:
        raise refuse(f"The {kind} step {name} must have {member}.")
    given = body.get("OutputParameters") or []
    for output in given if isinstance(given, list) else [given]:
        whole = isinstance(output, dict) and isinstance(output.get("OutputName"), str)
        if not whole or output.get("OutputType", "String") not in parameters.TYPES:
            raise refuse(
                f"Each of the OutputParameters of step {name} must have an OutputName and an OutputType of "
                f"{list(parameters.TYPES)}."
            )


def _check_check(name: str, kind: str, body: dict[str, Any]) -> None:
    known, given = list(baselines.OF_STEP[kind]), body.get("CheckType")
    if given not in known:
        raise refuse(f"The {kind} step {name} must have a CheckType of {known}, not {given!r:.80}.")


def _check_records(name: str, arguments: dict[str, Any]) -> None:
    only(arguments, ENTITIES, f"The Arguments of the Lineage step {name}")
    for member, given in arguments.items():
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            raise refuse(f"The {member} of the Lineage step {name} must be a list of objects.")
    if not any(arguments.values()):
        raise refuse(f"The Lineage step {name} makes nothing: give it one of {', '.join(ENTITIES)}.")


def _check_branches(name: str, arguments: dict[str, Any]) -> None:
    only(arguments, ("Conditions", "IfSteps", "ElseSteps"), f"The Arguments of the Condition step {name}")
    for branch in ("IfSteps", "ElseSteps"):
        if not isinstance(arguments.get(branch) or [], list):
            raise refuse(f"The {branch} of the Condition step {name} must be a list of steps.")
    given = arguments.get("Conditions")
    if not isinstance(given, list):
        raise refuse(f"The Condition step {name} must have Conditions.")
    for condition in given:
        flaw = conditions.flaw(condition)
        if flaw is not None:
            raise refuse(f"The Condition step {name} {flaw}")
