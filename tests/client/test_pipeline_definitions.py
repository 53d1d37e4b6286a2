"""Definitions that are not right: each is refused with a sentence, and the server goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import ROLE, Bench
from tests.lines import Line, decide, equals, fail, get, join, model, refusal, saying


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: Any = "end"
    for _ in range(depth):
        value = [value]
    return value


def not_not(depth: int) -> Any:
    """A condition that is denied again and again."""
    condition = equals(1, 1)
    for _ in range(depth):
        condition = {"Type": "Not", "Condition": condition}
    return condition


def conditions_in_conditions(depth: int) -> dict[str, Any]:
    """Each stands in the one before it."""
    step: dict[str, Any] = fail("end")
    for number in range(depth):
        arguments = {"Conditions": [equals(1, 1)], "IfSteps": [step]}
        step = {"Name": f"c{number}", "Type": "Condition", "Arguments": arguments}
    return step


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([{"Name": "a", "Type": "Magic"}], "has the unknown type 'Magic'"),
        ([{"Name": "a", "Type": ["Fail"]}], "has the unknown type ['Fail']"),
        ([{"Name": "a"}], "has the unknown type None"),
        ([fail("a b")], "A step's Name must satisfy"),
        ([fail("a" * 65)], "A step's Name must satisfy"),
        ([fail("ação")], "A step's Name must satisfy"),
        ([fail("a.b")], "A step's Name must satisfy"),
        ([fail("../a")], "A step's Name must satisfy"),
        ([fail("")], "A step's Name must satisfy"),
        ([{"Type": "Fail"}], "A step's Name must satisfy"),
        (["Fail"], "A step's Name must satisfy"),
        ([None], "A step's Name must satisfy"),
        ([fail(), fail()], "Step names must be unique"),
        ([fail(DependsOn=["b"])], "refers to the step b, which does not exist"),
        ([fail(DependsOn="b")], "The DependsOn of step a must be a list of steps."),
        ([fail(DependsOn=[["b"]])], "['b'] is none"),
        ([fail(DependsOn=[{"Step": "b", "Trigger": "Failed"}])], "not on the trigger 'Failed'"),
        ([fail(DependOn=["b"])], "Step a has the unknown member DependOn; it may have Arguments, DependsOn"),
        ([{"Name": "a", "Type": "Fail"}], "must have Arguments"),
        ([fail(Arguments=[])], "must have Arguments, and they must be an object"),
        ([fail(DisplayName=7)], "The DisplayName of step a must be a text"),
        ([fail(Description="d" * 4000)], "a text of at most 3072 characters"),
        (saying(get("Parameters.X")), "refers to the parameter X, which does not exist"),
        (saying(get("Execution.Weather")), "unknown execution variable Weather"),
        (saying(get("Execution.TrainingJobName")), "which a step of type Fail has not"),
        (saying(get("Weather.X")), "unknown reference Weather.X"),
        (saying(get("Steps.b.X")), "refers to the step b, which does not exist"),
        ([{"Name": "a", "Type": "Model", "Arguments": {"Tags": get("Steps.a.X")}}], "refers to itself"),
        (saying(get("")), "a Get of ''"),
        (saying({"Get": 7}), "a Get of 7"),
        (saying({"Std:Join": {"On": ","}}), "a Std:Join without a list of Values"),
        (saying({"Std:Join": "x"}), "a Std:Join without a list of Values"),
        (saying({"Std:JsonGet": {"Path": "a"}}), "not one of PropertyFile and S3Uri"),
        (saying({"Std:JsonGet": {"PropertyFile": get("Steps.b")}}), "Steps.STEP.PropertyFiles.NAME"),
        (saying(nested(150)), "stand more than 100 deep"),
        (
            [
                model("b"),
                *saying({"Std:JsonGet": {"PropertyFile": get("Steps.b.PropertyFiles.Report"), "Path": "x"}}),
            ],
            "refers to the property file Report, which step b does not declare",
        ),
        ([model("a", "b"), model("b", "a")], "depend on each other in a circle: a, b"),
        ([model("a", "b"), fail("b")], "a can not depends on b"),
        ([decide(equals(1, 1), IfSteps=[fail("b")]), fail("b")], "Step names must be unique"),
        ([decide({"Type": "Sometimes"})], "unknown condition 'Sometimes'"),
        ([decide("x")], "unknown condition None"),
        ([decide({"Type": "Equals", "LeftValue": 1})], "a condition Equals without RightValue"),
        ([decide({"Type": "In", "QueryValue": 1})], "a condition In without Values"),
        ([decide({"Type": "In", "QueryValue": 1, "Values": 1})], "whose Values is not a list"),
        ([decide({"Type": "Or"})], "a condition Or without Conditions"),
        ([decide({"Type": "Not"})], "unknown condition None"),
        ([decide(not_not(120))], "stand more than 100 deep"),
        ([{**decide(), "Arguments": {}}], "must have Conditions"),
        ([decide(equals(1, 1), IfSteps=fail("b"))], "The IfSteps of the Condition step a must be a list"),
        ([decide(equals(1, 1), ThenSteps=[])], "unknown member ThenSteps"),
        ([conditions_in_conditions(120)], "Steps stand at most 100 deep in one another"),
        ([{"Name": "a", "Type": "Training", "Arguments": {}, "CacheConfig": {"Enabled": "yes"}}], "Enabled"),
        (
            [{"Name": "a", "Type": "Training", "Arguments": {}, "CacheConfig": {"ExpireAfter": "a week"}}],
            "a week is not a duration of ISO 8601",
        ),
        (
            [{"Name": "a", "Type": "Model", "Arguments": {}, "RetryPolicies": [{"ExceptionType": ["Any"]}]}],
            "the unknown ExceptionType 'Any'",
        ),
        (
            [{"Name": "a", "Type": "Model", "Arguments": {}, "RetryPolicies": [{"MaxAttempts": "3"}]}],
            "The MaxAttempts of a retry policy of step a must be a number",
        ),
        (
            [{"Name": "a", "Type": "Processing", "Arguments": {}, "PropertyFiles": [{"FilePath": "x"}]}],
            "Each of the PropertyFiles of step a must have PropertyFileName, OutputName, FilePath",
        ),
        (
            [{"Name": "a", "Type": "QualityCheck", "Arguments": {}, "CheckType": "DATA_BIAS"}],
            "must have a CheckType of ['DATA_QUALITY', 'MODEL_QUALITY'], not 'DATA_BIAS'",
        ),
        ([], "at least one step"),
        ({"a": 1}, "at least one step"),
    ],
)
def test_steps_that_are_not_right_are_refused(line: Line, steps: Any, sentence: str) -> None:
    line.steps = steps

    told = refusal(line.create)

    assert told.startswith("Unable to parse pipeline definition. ")
    assert sentence in told


@pytest.mark.parametrize(
    "kind", ["EMR", "EMRServerless", "AutoML", "ForEach", "Job", "Cleanup", "InferenceComponent"]
)
def test_types_of_steps_that_are_not_here_are_named(line: Line, kind: str) -> None:
    line.steps = [{"Name": "a", "Type": kind, "Arguments": {}, "ClusterId": "j-1"}]

    assert refusal(line.create) == (
        f"Unable to parse pipeline definition. oficina does not run steps of type {kind} yet (step a)."
    )


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        ({"Type": "String"}, "Every parameter must have a Name."),
        ("Count", "Every parameter must have a Name."),
        ({"Name": "a b"}, "A parameter's Name must satisfy"),
        ({"Name": "a", "Type": "Date"}, "must have a Type of ['String', 'Integer', 'Float', 'Boolean']"),
        ({"Name": "a", "Type": "Integer", "DefaultValue": "1"}, "must be of type Integer; '1' is not"),
        ({"Name": "a", "Type": "Integer", "DefaultValue": True}, "must be of type Integer; True is not"),
        ({"Name": "a", "Type": "Integer", "DefaultValue": 1.5}, "must be of type Integer; 1.5 is not"),
        ({"Name": "a", "Type": "Float", "DefaultValue": "1.5"}, "must be of type Float; '1.5' is not"),
        ({"Name": "a", "Type": "Boolean", "DefaultValue": "true"}, "must be of type Boolean; 'true' is not"),
        ({"Name": "a", "DefaultValue": 1}, "must be of type String; 1 is not"),
        ({"Name": "a", "DefaultValue": "x" * 5000}, "has more than 4096 characters"),
        ({"Name": "a", "EnumValues": "x"}, "The EnumValues of parameter a must be a list"),
        ({"Name": "a", "Default": "x"}, "Parameter a has the unknown member Default"),
        (
            {"Name": "a", "DefaultValue": "z", "EnumValues": ["x", "y"]},
            "Parameter [a] must have one of the values ['x', 'y'], not [z]",
        ),
    ],
)
def test_parameters_that_are_not_right_are_refused(line: Line, parameter: Any, sentence: str) -> None:
    line.steps, line.parameters = [fail()], [parameter]

    assert sentence in refusal(line.create)


def test_ten_thousand_parameters_are_too_many(line: Line) -> None:
    line.steps = [fail()]
    line.parameters = [{"Name": f"p{number}", "Type": "String"} for number in range(10_000)]

    assert "A pipeline has at most 200 parameters, not 10000." in refusal(line.create)


def test_parameters_are_checked_when_an_execution_begins(line: Line) -> None:
    line.parameters.append({"Name": "Count", "Type": "Integer"})
    line.parameters.append({"Name": "Rate", "Type": "Float", "DefaultValue": 0.5})
    line.steps = [fail()]
    line.create()

    assert "Parameter [Count] has no default value" in refusal(line.start)
    assert "cannot have the value [many]" in refusal(lambda: line.start(Count="many"))
    assert "cannot have the value [1.5]" in refusal(lambda: line.start(Count="1.5"))
    assert "cannot have the value [nan]" in refusal(lambda: line.start(Count="1", Rate="nan"))
    assert "Unknown parameters were provided: ['Other']" in refusal(lambda: line.start(Count="1", Other="x"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not valid JSON"),
        ("{", "is not valid JSON"),
        ("[" * 5000 + "]" * 5000, "is not valid JSON"),
        ('{"Steps": [' + "[" * 900 + "]" * 900 + "]}", "A step's Name must satisfy"),
        ("[]", "It must be a JSON object."),
        ("null", "It must be a JSON object."),
        ('{"Version": "2021-01-01", "Steps": [{}]}', "Version must be one of ['2020-12-01']"),
        ('{"Version": "2020-12-01"}', "at least one step"),
        ('{"Version": "2020-12-01", "Step": []}', "The definition has the unknown member Step"),
        ('{"Steps": [{}], "Metadata": []}', ""),
        ('{"Steps": [{}], "Metadata": [1]}', "Metadata must be an object"),
        ('{"Steps": [{}], "Parameters": {}}', ""),
        ('{"Steps": [{}], "Parameters": "x"}', "Parameters must be a list"),
        ('{"Steps": [{}], "MlflowConfig": {"Arn": "x"}}', "MlflowConfig has the unknown member Arn"),
    ],
)
def test_a_text_that_is_no_definition_is_refused(bench: Bench, text: str, sentence: str) -> None:
    create = bench.sagemaker.create_pipeline

    told = refusal(lambda: create(PipelineName="line", PipelineDefinition=text or " ", RoleArn=ROLE))

    assert sentence in told


def test_a_version_and_parameter_types_may_be_left_out(line: Line) -> None:
    definition = {
        "Metadata": None,
        "MlflowConfig": None,
        "Parameters": [{"Name": "Word", "DefaultValue": "well"}],
        "Steps": [
            decide(
                {"Type": "In", "Value": get("Parameters.Word"), "In": ["well", "ill"]},
                {"Type": "NotIn", "QueryValue": 1, "Values": [2]},
                IfSteps=[fail("b", Arguments={"ErrorMessage": join("all ", get("Parameters.Word"))})],
            )
        ],
    }
    create = line.bench.sagemaker.create_pipeline
    create(PipelineName="line", PipelineDefinition=json.dumps(definition), RoleArn=ROLE)

    assert line.ended(line.start())["FailureReason"] == "all well"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ({"Bucket": "nowhere-at-all", "ObjectKey": "x"}, "s3://nowhere-at-all/x cannot be read"),
        ({"Bucket": "workbench", "ObjectKey": "missing.json"}, "workbench/missing.json cannot be read"),
        ({"Bucket": "workbench", "ObjectKey": "bytes"}, "s3://workbench/bytes is not text"),
        ({"Bucket": "workbench", "ObjectKey": "list"}, "It must be a JSON object."),
        ({"Bucket": "workbench", "ObjectKey": "list", "VersionId": "v" * 32}, "cannot be read"),
    ],
)
def test_a_definition_that_the_bucket_has_not_is_refused(
    bench: Bench, place: dict[str, str], sentence: str
) -> None:
    bench.put("bytes", b"\xff\xfe\xfd")
    bench.put("list", "[]")
    create = bench.sagemaker.create_pipeline

    told = refusal(lambda: create(PipelineName="line", PipelineDefinitionS3Location=place, RoleArn=ROLE))

    assert sentence in told


def test_a_large_definition_comes_from_the_bucket_and_stays_as_it_was(line: Line) -> None:
    line.parameters = [
        {"Name": f"Long{number}", "Type": "String", "DefaultValue": "x" * 4096} for number in range(40)
    ]
    line.steps = saying("first")
    line.bench.s3.put_bucket_versioning(Bucket="workbench", VersioningConfiguration={"Status": "Enabled"})
    place = {"Bucket": "workbench", "ObjectKey": "definition.json"}
    first, text = line.bench.s3.put_object(**_body(place, line.definition))["VersionId"], line.definition
    line.steps = saying("second")
    line.bench.s3.put_object(**_body(place, line.definition))

    line.bench.sagemaker.create_pipeline(
        PipelineName="line", PipelineDefinitionS3Location={**place, "VersionId": first}, RoleArn=ROLE
    )

    assert len(text) > 150_000
    assert line.bench.sagemaker.describe_pipeline(PipelineName="line")["PipelineDefinition"] == text
    assert line.ended(line.start())["FailureReason"] == "first"
    line.bench.sagemaker.update_pipeline(PipelineName="line", PipelineDefinitionS3Location=place)
    line.bench.s3.delete_object(Bucket="workbench", Key="definition.json")
    assert line.ended(line.start())["FailureReason"] == "second"


def _body(place: dict[str, str], text: str) -> dict[str, str]:
    return {"Bucket": place["Bucket"], "Key": place["ObjectKey"], "Body": text}


def test_an_update_that_is_not_right_changes_nothing(line: Line) -> None:
    line.steps = saying("kept")
    line.create()
    line.steps = [fail("a b")]
    update = line.bench.sagemaker.update_pipeline

    refusal(lambda: update(PipelineName="line", PipelineDefinition=line.definition))

    versions = line.bench.sagemaker.list_pipeline_versions(PipelineName="line")["PipelineVersionSummaries"]
    assert len(versions) == 1
    assert line.ended(line.start())["FailureReason"] == "kept"


@pytest.mark.parametrize(
    "call",
    [
        lambda sagemaker: sagemaker.start_pipeline_execution(PipelineName="nothing"),
        lambda sagemaker: sagemaker.update_pipeline(PipelineName="nothing", PipelineDescription="x"),
        lambda sagemaker: sagemaker.describe_pipeline(PipelineName="nothing"),
        lambda sagemaker: sagemaker.delete_pipeline(PipelineName="nothing"),
        lambda sagemaker: sagemaker.list_pipeline_executions(PipelineName="nothing"),
    ],
)
def test_a_pipeline_that_is_not_there_is_not_found(bench: Bench, call: Callable[[Any], Any]) -> None:
    with pytest.raises(ClientError) as error:
        call(bench.sagemaker)

    assert error.value.response["Error"]["Code"] == "ResourceNotFound"
