"""Experiments through boto3: trials, their components, and metrics put and read in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

START = 1_700_000_000


@pytest.fixture
def sagemaker(aws: Callable[..., Any]) -> Any:
    """An account with an experiment, a trial and a component in it."""
    client = aws("sagemaker")
    client.create_experiment(ExperimentName="e", Description="d")
    client.create_trial(TrialName="t", ExperimentName="e")
    client.create_trial_component(TrialComponentName="c", Parameters={"depth": {"NumberValue": 3}})
    client.associate_trial_component(TrialName="t", TrialComponentName="c")
    return client


def test_what_was_made_is_described(sagemaker: Any) -> None:
    experiment = sagemaker.describe_experiment(ExperimentName="e")

    assert (experiment["DisplayName"], experiment["Description"]) == ("e", "d")
    assert sagemaker.describe_trial(TrialName="t")["ExperimentName"] == "e"
    assert sagemaker.describe_trial_component(TrialComponentName="c")["Parameters"] == {
        "depth": {"NumberValue": 3}
    }


def test_lists_are_narrowed_by_what_belongs_together(sagemaker: Any) -> None:
    sagemaker.create_trial_component(TrialComponentName="other")

    by_trial = sagemaker.list_trial_components(TrialName="t")["TrialComponentSummaries"]
    by_experiment = sagemaker.list_trial_components(ExperimentName="e")["TrialComponentSummaries"]
    trials = sagemaker.list_trials(TrialComponentName="c")["TrialSummaries"]

    assert [each["TrialComponentName"] for each in by_trial] == ["c"]
    assert [each["TrialComponentName"] for each in by_experiment] == ["c"]
    assert [each["TrialName"] for each in trials] == ["t"]
    assert sagemaker.list_trials(TrialComponentName="other")["TrialSummaries"] == []


def test_metrics_are_summed_up(sagemaker: Any, aws: Callable[..., Any]) -> None:
    metrics = aws("sagemaker-metrics")
    data = [
        {"MetricName": "loss", "Timestamp": START + step, "Step": step, "Value": value}
        for step, value in enumerate([3.0, 1.0, 2.0])
    ]

    assert metrics.batch_put_metrics(TrialComponentName="c", MetricData=data)["Errors"] == []

    component = sagemaker.describe_trial_component(TrialComponentName="c")
    told = component["Metrics"][0]
    assert (told["MetricName"], told["Count"], told["Min"], told["Max"], told["Avg"], told["Last"]) == (
        "loss",
        3,
        1.0,
        3.0,
        2.0,
        2.0,
    )
    query = {
        "MetricName": "loss",
        "ResourceArn": component["TrialComponentArn"],
        "MetricStat": "Last",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }
    result = metrics.batch_get_metrics(MetricQueries=[query])["MetricQueryResults"][0]
    assert (result["XAxisValues"], result["MetricValues"]) == ([0, 1, 2], [3.0, 1.0, 2.0])


def test_metrics_of_a_component_that_is_not_there_are_told_one_by_one(aws: Callable[..., Any]) -> None:
    data = [{"MetricName": "loss", "Timestamp": START, "Value": 1.0}]

    errors = aws("sagemaker-metrics").batch_put_metrics(TrialComponentName="nobody", MetricData=data)[
        "Errors"
    ]

    assert errors == [{"Code": "VALIDATION_ERROR", "MetricIndex": 0}]


def test_an_update_adds_and_removes_by_key(sagemaker: Any) -> None:
    sagemaker.update_trial_component(
        TrialComponentName="c",
        Status={"PrimaryStatus": "Completed"},
        Parameters={"rate": {"StringValue": "low"}},
        ParametersToRemove=["depth"],
    )

    component = sagemaker.describe_trial_component(TrialComponentName="c")
    assert component["Parameters"] == {"rate": {"StringValue": "low"}}
    assert component["Status"]["PrimaryStatus"] == "Completed"


def test_what_holds_something_is_not_deleted(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match="it still has trials"):
        sagemaker.delete_experiment(ExperimentName="e")
    with pytest.raises(ClientError, match="it still has trial components"):
        sagemaker.delete_trial(TrialName="t")

    sagemaker.disassociate_trial_component(TrialName="t", TrialComponentName="c")
    sagemaker.delete_trial_component(TrialComponentName="c")
    sagemaker.delete_trial(TrialName="t")
    sagemaker.delete_experiment(ExperimentName="e")

    assert sagemaker.list_experiments()["ExperimentSummaries"] == []


def test_names_that_are_taken_and_that_are_not_there(sagemaker: Any) -> None:
    with pytest.raises(ClientError) as taken:
        sagemaker.create_experiment(ExperimentName="e")
    with pytest.raises(ClientError) as missing:
        sagemaker.describe_trial(TrialName="nobody")

    assert taken.value.response["Error"]["Code"] == "ValidationException"
    assert "already exists" in taken.value.response["Error"]["Message"]
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"


def test_components_are_searched_by_their_parameters(sagemaker: Any) -> None:
    found = sagemaker.search(
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": [{"Name": "DisplayName", "Operator": "Equals", "Value": "c"}]},
    )["Results"]

    assert [each["TrialComponent"]["TrialComponentName"] for each in found] == ["c"]


def test_components_are_searched_by_their_experiment_and_sorted_by_a_metric(
    sagemaker: Any, aws: Callable[..., Any]
) -> None:
    for name, value in (("low", 1.0), ("high", 2.0), ("none", None)):
        arn = sagemaker.create_trial_component(
            TrialComponentName=name, Parameters={"depth": {"NumberValue": value or 0.0}}
        )["TrialComponentArn"]
        sagemaker.associate_trial_component(TrialComponentName=name, TrialName="t")
        if value is not None:
            data = [{"MetricName": "auc", "Timestamp": 1, "Step": 0, "Value": value}]
            aws("sagemaker-metrics").batch_put_metrics(TrialComponentName=name, MetricData=data)
        assert arn.endswith(name)
    mine = {"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": "e"}

    def found(*filters: dict[str, str], **more: str) -> list[dict[str, Any]]:
        answer = sagemaker.search(
            Resource="ExperimentTrialComponent", SearchExpression={"Filters": [mine, *filters]}, **more
        )
        return [each["TrialComponent"] for each in answer["Results"]]

    best = found(SortBy="metrics.auc.max", SortOrder="Descending")
    assert [each["TrialComponentName"] for each in best][:2] == ["high", "low"]
    assert best[0]["Parents"] == [{"TrialName": "t", "ExperimentName": "e"}]
    assert best[0]["Metrics"][0]["Max"] == 2.0
    deep = {"Name": "Parameters.depth", "Operator": "GreaterThan", "Value": "1.5"}
    assert sorted(each["TrialComponentName"] for each in found(deep)) == ["c", "high"]
    good = {"Name": "Metrics.auc.last", "Operator": "LessThan", "Value": "1.5"}
    assert [each["TrialComponentName"] for each in found(good)] == ["low"]
    (trial,) = sagemaker.search(Resource="ExperimentTrial")["Results"]
    listed = {each["TrialComponentName"] for each in trial["Trial"]["TrialComponentSummaries"]}
    assert {"low", "high", "none"} <= listed
