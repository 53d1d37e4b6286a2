"""Hyper-parameter tuning through boto3: trials that really run, and what AWS would say of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import Bench, channel
from tests.servers import Server
from tests.tunings import Tunings, categorical, continuous, integer, teach
from tests.waiting import wait_until

AUTO = ("AutoParameters", {"Name": "x", "ValueHint": "1"})
ENABLED = {"Mode": "Enabled"}


@pytest.fixture
def tunings(open_server: Server, bench: Bench) -> Tunings:
    """Tuning jobs of an account of the test's own."""
    teach(open_server)
    return Tunings(bench)


def refusal(tunings: Tunings, **members: Any) -> str:
    """The sentence with which a tuning job is refused."""
    with pytest.raises(ClientError) as error:
        tunings.create(**members)
    return str(error.value.response["Error"]["Message"])


def test_a_tuning_job_finds_the_best_of_its_trials(tunings: Tunings) -> None:
    job = tunings.run(ranges=[continuous("x", 0, 1)], most=4, parallel=2)

    trials = tunings.trials()
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"] == {
        "Completed": 4,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    values = [each["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for each in trials]
    best = job["BestTrainingJob"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Minimize",
        "MetricName": "loss",
        "Value": min(values),
    }
    assert best["TrainingJobName"] == trials[values.index(min(values))]["TrainingJobName"]
    jobs = [tunings.bench.trained(each["TrainingJobName"]) for each in trials]
    seconds = sum(each["TrainingTimeInSeconds"] for each in jobs)
    assert job["ConsumedResources"]["RuntimeInSeconds"] == seconds >= 4
    assert job["CreationTime"] <= job["HyperParameterTuningEndTime"]


def test_a_trial_is_a_training_job_that_tells_where_it_comes_from(tunings: Tunings) -> None:
    tags = [{"Key": "team", "Value": "one"}]
    job = tunings.run(ranges=[integer("n", 3, 3)], most=1, static={"colour": "blue"}, Tags=tags)

    trial = tunings.trials()[0]
    child = tunings.bench.trained(trial["TrainingJobName"])
    prefix, number, suffix = child["TrainingJobName"].rsplit("-", 2)
    assert (prefix, number, len(suffix)) == ("tuning", "001", 8)
    assert child["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert child["HyperParameters"] == {"colour": "blue", "n": "3", "_tuning_objective_metric": "loss"}
    assert trial["TunedHyperParameters"] == {"n": "3"}
    assert trial["ObjectiveStatus"] == "Succeeded"
    assert tunings.bench.sagemaker.list_tags(ResourceArn=child["TrainingJobArn"])["Tags"] == tags
    static = job["TrainingJobDefinition"]["StaticHyperParameters"]
    assert static == {"colour": "blue", "_tuning_objective_metric": "loss"}


def test_a_grid_tries_every_combination_once(tunings: Tunings) -> None:
    ranges = [categorical("x", "0.1", "0.9"), categorical("colour", "red", "blue")]
    job = tunings.run("Grid", ranges=ranges, most=None, parallel=4)

    tried = sorted(tuple(each["TunedHyperParameters"].values()) for each in tunings.trials())
    assert tried == [("0.1", "blue"), ("0.1", "red"), ("0.9", "blue"), ("0.9", "red")]
    assert job["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] == 4


def test_the_same_seed_makes_the_same_choices(tunings: Tunings) -> None:
    tried = []
    for name in ("one", "two"):
        tunings.run(name=name, ranges=[continuous("x", 0, 1)], most=2, config={"RandomSeed": 7})
        tried.append([each["TunedHyperParameters"] for each in tunings.trials(name)])

    assert tried[0] == tried[1]


def test_a_bayesian_search_learns_from_its_trials(tunings: Tunings) -> None:
    job = tunings.run(
        "Bayesian",
        ranges=[continuous("x", 0, 1), categorical("colour", "red", "blue")],
        most=9,
        parallel=3,
        config={"RandomSeed": 1},
    )

    trials = tunings.trials()
    assert (job["HyperParameterTuningJobStatus"], len(trials)) == ("Completed", 9)
    assert all(0 <= float(each["TunedHyperParameters"]["x"]) <= 1 for each in trials)


def test_trials_are_listed_by_their_objective(tunings: Tunings) -> None:
    tunings.run("Grid", ranges=[categorical("x", "0.9", "0.1", "0.4", "fail")], most=None)
    listing = tunings.bench.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job

    page = listing(
        HyperParameterTuningJobName="tuning",
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
        MaxResults=2,
    )
    rest = listing(
        HyperParameterTuningJobName="tuning",
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
        MaxResults=2,
        NextToken=page["NextToken"],
    )
    failed = listing(HyperParameterTuningJobName="tuning", StatusEquals="Failed")["TrainingJobSummaries"]

    found = [each["TunedHyperParameters"]["x"] for each in page["TrainingJobSummaries"]]
    assert found == ["0.9", "0.1"]
    assert [each["TunedHyperParameters"]["x"] for each in rest["TrainingJobSummaries"]] == ["0.4"]
    assert "NextToken" not in rest
    assert [(each["TunedHyperParameters"]["x"], each["ObjectiveStatus"]) for each in failed] == [
        ("fail", "Failed")
    ]


def test_a_trial_that_fails_is_counted_and_the_rest_goes_on(tunings: Tunings) -> None:
    job = tunings.run("Grid", ranges=[categorical("x", "fail", "0.5", "silent")], most=None)

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert job["TrainingJobStatusCounters"]["Completed"] == 2
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 2}
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "0.5"}


def test_a_tuning_job_gives_up_when_no_trial_succeeds(tunings: Tunings) -> None:
    job = tunings.run(ranges=[categorical("x", "fail")], most=20, parallel=5)

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No training job succeeded after ")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] < 20


def test_a_tuning_job_without_any_objective_says_so(tunings: Tunings) -> None:
    job = tunings.run("Grid", ranges=[categorical("x", "silent")], most=None)

    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No objective metrics found after running 1 training jobs.")


def test_no_more_trials_run_at_once_than_allowed(tunings: Tunings) -> None:
    tunings.run(ranges=[continuous("x", 0, 1)], most=5, parallel=2, static={"sleep": "0.3"})

    spans = [(each["TrainingStartTime"], each["TrainingEndTime"]) for each in tunings.trials()]
    assert max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans) <= 2


def test_a_stopped_tuning_job_stops_its_trials(tunings: Tunings) -> None:
    tunings.create(ranges=[continuous("x", 0, 1)], most=9, parallel=2, static={"sleep": "600"})
    wait_until(lambda: len(tunings.trials()) == 2, "two trials began")

    tunings.bench.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuning")

    job = tunings.ended("tuning")
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["Stopped"] == len(tunings.trials()) == 2
    with pytest.raises(ClientError, match="in status Stopped"):
        tunings.bench.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuning")


def test_early_stopping_ends_trials_that_are_worse_than_the_median(tunings: Tunings) -> None:
    ranges = [categorical("x", "0.1", "0.2", "0.3", "0.9")]
    job = tunings.run(
        "Grid",
        ranges=ranges,
        most=None,
        parallel=1,
        static={"epochs": "5", "sleep_if_bad": "600"},
        config={"TrainingJobEarlyStoppingType": "Auto"},
    )

    statuses = {each["TunedHyperParameters"]["x"]: each["TrainingJobStatus"] for each in tunings.trials()}
    assert statuses == {"0.1": "Completed", "0.2": "Completed", "0.3": "Completed", "0.9": "Stopped"}
    assert job["ObjectiveStatusCounters"]["Succeeded"] == 4


def test_hyperband_ends_the_worse_trials_at_its_rungs(tunings: Tunings) -> None:
    # The second trial of this seed is worse than the first; it waits at its first rung to be judged.
    job = tunings.run(
        "Hyperband",
        ranges=[continuous("x", 0, 1)],
        most=5,
        parallel=3,
        static={"epochs": "9", "sleep_if_bad": "600", "bad_from": "2"},
        config={"RandomSeed": 3},
    )

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Stopped"] >= 1
    assert job["TrainingJobStatusCounters"]["Completed"] >= 1


def test_a_target_that_is_reached_completes_the_tuning_job(tunings: Tunings) -> None:
    criteria = {"TuningJobCompletionCriteria": {"TargetObjectiveMetricValue": 0.05}}
    ranges = [categorical("x", "0.9", "0.3", "0.8", "0.7")]
    job = tunings.run("Grid", ranges=ranges, most=None, parallel=1, config=criteria)

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert [each["TunedHyperParameters"]["x"] for each in tunings.trials()] == ["0.9", "0.3"]


def test_trials_that_improve_nothing_complete_the_tuning_job(tunings: Tunings) -> None:
    criteria = {
        "TuningJobCompletionCriteria": {
            "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}
        }
    }
    ranges = [categorical("x", "0.3", "0.8", "0.7", "0.9", "0.6", "0.5")]
    job = tunings.run("Grid", ranges=ranges, most=None, parallel=1, config=criteria)

    assert job["TuningJobCompletionDetails"]["NumberOfTrainingJobsObjectiveNotImproving"] == 3
    assert len(tunings.trials()) == 4


def test_a_warm_start_knows_what_its_parents_found(tunings: Tunings) -> None:
    tunings.run("Grid", name="parent", ranges=[categorical("x", "0.3", "0.9")], most=None)
    start = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }

    job = tunings.run(
        name="child", code="parent", ranges=[continuous("x", 0.8, 0.9)], most=1, WarmStartConfig=start
    )

    assert job["OverallBestTrainingJob"]["TuningJobName"] == "parent"
    assert job["OverallBestTrainingJob"]["TunedHyperParameters"] == {"x": "0.3"}
    assert job["BestTrainingJob"]["TuningJobName"] == "child"


def test_a_transfer_may_have_other_code(tunings: Tunings) -> None:
    tunings.run("Grid", name="parent", ranges=[categorical("x", "0.3", "0.9")], most=None)
    start = {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "parent"}]}
    identical = start | {"WarmStartType": "IdenticalDataAndAlgorithm"}
    ranges = [continuous("x", 0.8, 0.9)]

    assert "use TransferLearning" in refusal(tunings, ranges=ranges, most=1, WarmStartConfig=identical)
    job = tunings.run(ranges=ranges, most=1, WarmStartConfig=start | {"WarmStartType": "TransferLearning"})

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert "OverallBestTrainingJob" not in job


def test_several_definitions_take_turns(tunings: Tunings) -> None:
    job = tunings.run(
        definitions={"first": [continuous("x", 0.1, 0.2)], "second": [continuous("x", 0.3, 0.31)]},
        most=4,
        parallel=2,
    )

    names = [each["TrainingJobDefinitionName"] for each in tunings.trials()]
    assert names == ["first", "second", "first", "second"]
    assert job["BestTrainingJob"]["TrainingJobDefinitionName"] == "second"


def test_tuning_jobs_are_listed_and_deleted(tunings: Tunings) -> None:
    tunings.run(ranges=[continuous("x", 0, 1)], most=1)
    sagemaker = tunings.bench.sagemaker

    told = sagemaker.list_hyper_parameter_tuning_jobs(NameContains="tun")["HyperParameterTuningJobSummaries"]
    sagemaker.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuning")

    assert [(each["HyperParameterTuningJobName"], each["Strategy"]) for each in told] == [
        ("tuning", "Random")
    ]
    assert len(sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 1
    with pytest.raises(ClientError) as error:
        sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="tuning")
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"


def test_xgboost_is_tuned_by_a_metric_of_its_own(bench: Bench) -> None:
    rows = "".join(f"{n % 2},{n % 2 + n % 7 / 5},{n % 11}\n" for n in range(200))
    channels = [channel(name, bench.put(f"{name}/a.csv", rows)) for name in ("train", "validation")]
    for each in channels:
        each["ContentType"] = "text/csv"
    request = Tunings(bench).request(
        ranges=[continuous("eta", 0.05, 0.5), integer("max_depth", 1, 4)],
        most=2,
        parallel=2,
        static={"objective": "binary:logistic", "num_round": "3"},
        metric="validation:auc",
    )
    definition = request["TrainingJobDefinition"]
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
    definition["AlgorithmSpecification"] = {"TrainingImage": image, "TrainingInputMode": "File"}
    definition["InputDataConfig"] = channels
    bench.sagemaker.create_hyper_parameter_tuning_job(**request)

    job = Tunings(bench).ended("tuning")

    assert job["HyperParameterTuningJobStatus"] == "Completed"
    best = job["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert (best["MetricName"], 0.5 <= best["Value"] <= 1) == ("validation:auc", True)
    request["HyperParameterTuningJobName"] = "other"
    config = request["HyperParameterTuningJobConfig"]
    config["HyperParameterTuningJobObjective"]["MetricName"] = "validation:magic"
    with pytest.raises(ClientError, match="Provide a metric with the name validation:magic"):
        bench.sagemaker.create_hyper_parameter_tuning_job(**request)


def test_autotune_chooses_ranges_around_the_examples(tunings: Tunings) -> None:
    examples = {"x": "0.2", "n": "8", "mode": "fast", "sagemaker_container_log_level": "20"}
    ranges = [("AutoParameters", {"Name": name, "ValueHint": hint}) for name, hint in examples.items()]

    job = tunings.run(ranges=ranges, most=3, parallel=1, Autotune=ENABLED)

    told = job["HyperParameterTuningJobConfig"]
    assert job["Autotune"] == ENABLED
    assert told["ParameterRanges"]["AutoParameters"] == [each for _, each in ranges]
    assert told["ParameterRanges"]["IntegerParameterRanges"] == [integer("n", 2, 32)[1]]
    assert told["TuningJobCompletionCriteria"] == {
        "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}
    }
    assert told["TrainingJobEarlyStoppingType"] == "Auto"
    trials = [each["TunedHyperParameters"] for each in tunings.trials()]
    assert len({each["x"] for each in trials}) == 3
    for each in trials:
        assert 0.02 <= float(each["x"]) <= 0.99
        assert 2 <= int(each["n"]) <= 32
        assert (each["mode"], each["sagemaker_container_log_level"]) == ("fast", "20")


def test_an_image_without_metrics_of_its_own_needs_definitions(tunings: Tunings) -> None:
    request = tunings.request(ranges=[continuous("x", 0, 1)])
    del request["TrainingJobDefinition"]["AlgorithmSpecification"]["MetricDefinitions"]

    with pytest.raises(ClientError, match="Provide a metric with the name loss"):
        tunings.bench.sagemaker.create_hyper_parameter_tuning_job(**request)


@pytest.mark.parametrize(
    ("sentence", "members"),
    [
        ("At least one hyperparameter range", {"ranges": []}),
        ("is not a valid number", {"ranges": [integer("n", "1.5", 3)]}),
        ("greater than its MaxValue", {"ranges": [continuous("x", 2, 1)]}),
        ("greater than 0 for Logarithmic", {"ranges": [continuous("x", 0, 1, "Logarithmic")]}),
        ("0 <= x < 1", {"ranges": [continuous("x", 0, 1, "ReverseLogarithmic")]}),
        ("more than one range", {"ranges": [continuous("x", 0, 1), integer("x", 0, 1)]}),
        ("both static and tunable", {"ranges": [continuous("x", 0, 1)], "static": {"x": "1"}}),
        ("AutoParameters (x) require Autotune", {"ranges": [AUTO]}),
        ("both an AutoParameter and", {"ranges": [AUTO, integer("x", 1, 2)], "Autotune": ENABLED}),
        ("only supports CategoricalParameterRanges", {"strategy": "Grid", "ranges": [continuous("x", 0, 1)]}),
        ("combinations, 2,", {"strategy": "Grid", "ranges": [categorical("x", "1", "2")], "most": 3}),
        ("MaxResource is required", {"strategy": "Hyperband", "ranges": [continuous("x", 0, 1)]}),
        ("'Number of training jobs per", {"ranges": [continuous("x", 0, 1)], "most": 751}),
        ("less than or equal to", {"ranges": [continuous("x", 0, 1)], "most": 1, "parallel": 2}),
        ("Provide a metric with the name", {"ranges": [continuous("x", 0, 1)], "metric": "other"}),
        ("can't find a tuning job with the name none", {
            "ranges": [continuous("x", 0, 1)],
            "WarmStartConfig": {
                "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "none"}],
                "WarmStartType": "TransferLearning",
            },
        }),
    ],
)  # fmt: skip
def test_what_cannot_be_tuned_is_refused(tunings: Tunings, sentence: str, members: dict[str, Any]) -> None:
    assert sentence in refusal(tunings, **members)
