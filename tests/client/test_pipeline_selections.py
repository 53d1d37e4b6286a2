"""Selective executions: what runs again, what is taken over, what cannot be selected."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lines import OUT, Line, equals, get, refusal


def start(line: Line, source: str | None, *steps: str) -> str:
    """Starts a selective execution and gives its ARN."""
    config: dict[str, Any] = {"SelectedSteps": [{"StepName": name} for name in steps]}
    if source:
        config["SourcePipelineExecutionArn"] = source
    arn: str = line.bench.sagemaker.start_pipeline_execution(
        PipelineName="line", SelectiveExecutionConfig=config
    )["PipelineExecutionArn"]
    return arn


@pytest.fixture
def chain(line: Line) -> Line:
    """Three steps, each with what the one before it left, and a condition after them."""
    place = get("Steps.a.ProcessingOutputConfig.Outputs['output'].S3Output.S3Uri")
    line.processing("a", f"open('{OUT}/a', 'w').write('x')")
    line.processing("b", "pass", arguments={"Environment": {"PLACE": place}})
    line.processing("c", "pass", DependsOn=["b"])
    after = {"Name": "after", "Type": "Condition", "DependsOn": ["c"]}
    line.add({**after, "Arguments": {"Conditions": [equals(1, 1)]}})
    line.create()
    return line


def test_what_the_selected_steps_need_is_taken_over_and_what_comes_after_does_not_run(chain: Line) -> None:
    source = chain.ended(chain.start())["PipelineExecutionArn"]

    execution = chain.ended(start(chain, source, "b"))

    told = chain.told(execution)
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert list(told) == ["a", "b"]
    assert told["a"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert "SelectiveExecutionResult" not in told["b"]
    assert len(chain.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 4


def test_a_step_that_only_comes_after_others_needs_no_source(chain: Line) -> None:
    execution = chain.ended(start(chain, None, "c"))

    assert list(chain.told(execution)) == ["c"]


def test_a_selection_that_cannot_be_is_refused(chain: Line) -> None:
    source = chain.ended(chain.start())["PipelineExecutionArn"]
    other = Line(chain.bench, "other")
    other.add({"Name": "b", "Type": "Fail", "Arguments": {}})
    elsewhere = other.run()["PipelineExecutionArn"]

    assert "the pipeline does not have: ['z']" in refusal(lambda: start(chain, source, "z"))
    assert "between two of them: b is missing" in refusal(lambda: start(chain, source, "a", "c"))
    assert "the selected step b refers to a" in refusal(lambda: start(chain, None, "b"))
    assert "an execution of another pipeline" in refusal(lambda: start(chain, elsewhere, "b"))
    listed = chain.bench.sagemaker.list_pipeline_executions(PipelineName="line")
    assert len(listed["PipelineExecutionSummaries"]) == 1


def test_a_source_must_have_ended_and_have_what_is_needed(line: Line) -> None:
    line.parameters.append({"Name": "Fine", "Type": "String", "DefaultValue": "no"})
    fine = "import os, time; time.sleep(600 if os.environ['FINE'] == 'slow' else 0); raise SystemExit(1)"
    line.processing("a", fine, arguments={"Environment": {"FINE": get("Parameters.Fine")}})
    place = get("Steps.a.ProcessingJobName")
    line.processing("b", "pass", arguments={"Environment": {"PLACE": place}})
    failed = line.run()["PipelineExecutionArn"]
    running = line.start(Fine="slow")
    line.bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=running)

    assert "which is not selected and did not succeed in" in refusal(lambda: start(line, failed, "b"))
    assert "must be Succeeded or Failed" in refusal(lambda: start(line, running, "b"))
    line.ended(running)
