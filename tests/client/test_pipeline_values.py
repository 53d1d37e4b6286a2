"""What an execution finds in its expressions: reports, outcomes, configurations; and what it misses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jobs import ROLE
from tests.lines import OUT, Line, decide, equals, fail, get, join, saying


def test_a_report_that_is_missing_or_not_json_fails_the_step_that_reads_it(line: Line) -> None:
    report = {"PropertyFileName": "Report", "OutputName": "output", "FilePath": "report.json"}
    line.parameters.append({"Name": "Text", "Type": "String"})
    program = f"import sys; open('{OUT}/report.json', 'w').write(sys.argv[1])"
    line.processing(
        "Judge",
        program,
        PropertyFiles=[report],
        app={"ContainerArguments": [get("Parameters.Text")]},
    )
    read = {"Std:JsonGet": {"PropertyFile": get("Steps.Judge.PropertyFiles.Report"), "Path": "m.auc"}}
    line.add({**decide(equals(read, 1)), "Name": "Check"})
    line.create()

    def told(text: str) -> str:
        execution = line.ended(line.start(Text=text))
        assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
        return str(line.told(execution)["Check"]["FailureReason"])

    assert "is not JSON" in told("not json")
    assert "has no m.auc" in told("{}")
    assert "has no m.auc" in told('{"m": [1, 2]}')
    assert "is not JSON" in told("[" * 200)


def test_a_report_that_was_never_written_is_told(line: Line) -> None:
    report = {"PropertyFileName": "Report", "OutputName": "output", "FilePath": "report.json"}
    line.processing("Judge", "pass", PropertyFiles=[report])
    read = {"Std:JsonGet": {"PropertyFile": get("Steps.Judge.PropertyFiles.Report"), "Path": "m.auc"}}
    line.add({**decide(equals(read, 1)), "Name": "Check"})

    execution = line.run()

    reason = line.told(execution)["Check"]["FailureReason"]
    assert reason.startswith("s3://workbench/Judge/report.json cannot be read:")


def test_an_outcome_is_a_truth_in_expressions_and_conditions(line: Line) -> None:
    line.add({**decide(equals(1, 2)), "Name": "first"})
    outcome = get("Steps.first.Outcome")
    said = [fail("end", Arguments={"ErrorMessage": join("first: ", outcome)})]
    line.add({**decide(equals(outcome, False), equals(outcome, "false"), IfSteps=said), "Name": "second"})

    execution = line.run()

    told = line.told(execution)
    assert told["first"]["Metadata"]["Condition"] == {"Outcome": "False"}
    assert told["end"]["FailureReason"] == execution["FailureReason"] == "first: false"
    (summary,) = line.bench.sagemaker.list_pipeline_executions(PipelineName="line")[
        "PipelineExecutionSummaries"
    ]
    assert summary["PipelineExecutionFailureReason"] == "Step failure: One or multiple steps failed."


def test_a_fail_step_without_a_message_has_no_reason(line: Line) -> None:
    line.add(fail("end", Arguments={"ErrorMessage": ""}))

    execution = line.run()

    step = line.told(execution)["end"]
    assert ("FailureReason" in step, step["Metadata"]) == (False, {"Fail": {"ErrorMessage": ""}})
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."


def test_an_execution_tells_its_mlflow_configuration(line: Line) -> None:
    line.parameters.append({"Name": "Word", "Type": "String", "DefaultValue": "well"})
    line.steps = saying("never")
    server = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/s"
    config = {"MlflowResourceArn": server, "MlflowExperimentName": get("Parameters.Word")}
    text = json.dumps({**json.loads(line.definition), "MlflowConfig": config})
    sagemaker = line.bench.sagemaker
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=text, RoleArn=ROLE)
    own = sagemaker.start_pipeline_execution(PipelineName="line", MlflowExperimentName="other")

    told = [line.ended(line.start()), line.ended(own["PipelineExecutionArn"])]

    assert [each["MLflowConfig"] for each in told] == [
        {"MlflowResourceArn": server, "MlflowExperimentName": "well"},
        {"MlflowResourceArn": server, "MlflowExperimentName": "other"},
    ]


def test_an_experiment_that_cannot_be_made_fails_the_execution(line: Line) -> None:
    line.steps = saying("never")
    config = {"ExperimentName": "not a name!", "TrialName": "t"}
    text = json.dumps({**json.loads(line.definition), "PipelineExperimentConfig": config})
    create = line.bench.sagemaker.create_pipeline
    create(PipelineName="line", PipelineDefinition=text, RoleArn=ROLE)

    execution = line.ended(line.start())

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"].startswith("PipelineExperimentConfig: ValidationException: ")
    assert not line.told(execution)


def test_values_that_cannot_be_compared_fail_their_condition(line: Line) -> None:
    line.add(decide({"Type": "GreaterThan", "LeftValue": "many", "RightValue": 3}))

    execution = line.run()

    assert "cannot compare 'many' with 3" in line.told(execution)["a"]["FailureReason"]


def test_a_thousand_steps_are_a_pipeline(line: Line) -> None:
    for number in range(999):
        depends = [f"s{number - 1}"] if number else []
        condition = equals(number, number)
        line.add(
            {
                "Name": f"s{number}",
                "Type": "Condition",
                "DependsOn": depends,
                "Arguments": {"Conditions": [condition]},
            }
        )
    line.add(fail("end", DependsOn=["s998"], Arguments={"ErrorMessage": "reached"}))

    assert line.run()["FailureReason"] == "reached"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"ProcessingResources": "big"}, "Arguments.ProcessingResources must be an object, not 'big'."),
        ({"ProcessingInputs": {"a": 1}}, "Arguments.ProcessingInputs must be a list, not {'a': 1}."),
        ({"ProcessingInputs": ["a"]}, "Arguments.ProcessingInputs[0] must be an object, not 'a'."),
        ({"Environment": [1]}, "Arguments.Environment must be an object, not [1]."),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": "long"}},
            "Arguments.StoppingCondition.MaxRuntimeInSeconds must be a number, not 'long'.",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 1.5}},
            "Arguments.StoppingCondition.MaxRuntimeInSeconds must be an integer, not 1.5.",
        ),
        ({"NetworkConfig": {"EnableNetworkIsolation": "perhaps"}}, "must be true or false, not 'perhaps'."),
    ],
)
def test_an_argument_of_the_wrong_type_fails_its_step(
    line: Line, arguments: dict[str, Any], sentence: str
) -> None:
    line.processing("only", "pass", arguments=arguments)

    reason = line.told(line.run())["only"]["FailureReason"]

    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateProcessingJob. Error Details: ")
    assert reason.endswith(sentence)


def test_arguments_that_are_an_expression_of_something_else_fail_their_step(line: Line) -> None:
    line.add({"Name": "only", "Type": "Model", "Arguments": join("a", "b")})

    reason = line.told(line.run())["only"]["FailureReason"]

    assert reason == "ClientError: The Arguments of step only must be an object."
