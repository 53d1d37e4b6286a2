"""What CreateHyperParameterTuningJob refuses."""

from __future__ import annotations

from oficina.engine.tuning.choosing import combinations
from oficina.engine.tuning.kinds import ENDED, OBJECTIVE, TUNING_JOB, Definition, definitions
from oficina.engine.tuning.ranges import Choice, RangeFailed
from oficina.engine.tuning.requests import training_job
from oficina.engine.tuning.stopping import Hyperband
from oficina.engine.tuning.warmstart import parents
from oficina.errors import AwsError, validation
from oficina.runners.images import Catalog, ImageError
from oficina.services.context import Context
from oficina.services.sagemaker import training
from oficina.store.kinds import Document

MOST_TRIALS = 750
"""Training jobs of one tuning job (Service Quotas; contracts, aws-contracts D.17)."""
MOST_PARALLEL = 100
"""Training jobs of one tuning job that run at once (Service Quotas)."""
MOST_RANGES = 30
"""Hyper-parameters that one tuning job searches (Service Quotas)."""


def read(request: Document) -> list[Definition]:
    """The definitions of a request. Raises AwsError when they have no meaning."""
    if ("TrainingJobDefinition" in request) == ("TrainingJobDefinitions" in request):
        raise validation(
            "You must provide either TrainingJobDefinition or TrainingJobDefinitions, but not both."
        )
    config = request["HyperParameterTuningJobConfig"]
    several = request.get("TrainingJobDefinitions", ())
    for each in several:
        for member in ("DefinitionName", "TuningObjective", "HyperParameterRanges"):
            if member not in each:
                raise validation(f"{member} is required for each of TrainingJobDefinitions.")
    names = [each["DefinitionName"] for each in several]
    if len(set(names)) < len(names):
        raise validation("The DefinitionName of each of TrainingJobDefinitions must be unique.")
    one = request.get("TrainingJobDefinition", {})
    if not several and not (config.get("HyperParameterTuningJobObjective") or one.get("TuningObjective")):
        raise validation("HyperParameterTuningJobObjective is required for a tuning job.")
    try:
        return definitions(request)
    except RangeFailed as failed:
        raise validation(str(failed)) from failed


def implied_trials(request: Document) -> int:
    """How many trials a request means that does not say so. Raises AwsError."""
    found = read(request)
    config = request["HyperParameterTuningJobConfig"]
    if config["Strategy"] == "Grid":
        return sum(combinations(each.ranges) for each in found)
    if "MaxNumberOfTrainingJobs" in config["ResourceLimits"]:
        return int(config["ResourceLimits"]["MaxNumberOfTrainingJobs"])
    if "MaxRuntimeInSeconds" in config["ResourceLimits"] or "TuningJobCompletionCriteria" in config:
        return MOST_TRIALS
    raise validation(f"MaxNumberOfTrainingJobs is required for the strategy {config['Strategy']}.")


def check(ctx: Context, request: Document) -> None:
    """Refuses what cannot be tuned."""
    found = read(request)
    config = request["HyperParameterTuningJobConfig"]
    for definition in found:
        _check_ranges(definition)
        _check_objective(ctx, definition)
    if len({each.objective for each in found}) > 1:
        raise validation("The TuningObjective must be the same in all TrainingJobDefinitions.")
    _check_limits(config["ResourceLimits"])
    _check_strategy(config, found)
    _check_parents(ctx, request, found)
    for definition in found:
        training.check(ctx, training_job(definition, request["HyperParameterTuningJobName"], {}, []))


def _check_ranges(definition: Definition) -> None:
    if not definition.ranges:
        raise validation("At least one hyperparameter range must be specified for a tuning job.")
    if len(definition.ranges) > MOST_RANGES:
        raise validation(f"A tuning job can search at most {MOST_RANGES} hyperparameters.")
    static = definition.body.get("StaticHyperParameters", {})
    for each in definition.ranges:
        if each.name in static:
            raise validation(
                f"Hyperparameter {each.name} can't be both static and tunable. "
                "Take it out of StaticHyperParameters or out of the ranges."
            )
        if each.name == OBJECTIVE:
            raise validation(f"{OBJECTIVE} is reserved and can't be tuned.")


def _check_objective(ctx: Context, definition: Definition) -> None:
    """The objective is one of the metrics; an image of AWS may know its own."""
    algorithm = definition.body["AlgorithmSpecification"]
    metrics = algorithm.get("MetricDefinitions") or _of_image(ctx, algorithm.get("TrainingImage", ""))
    if metrics is not None and definition.objective.metric not in [each["Name"] for each in metrics]:
        raise validation(
            "A metric is required for this hyperparameter tuning job objective. Provide a metric with the "
            f"name {definition.objective.metric} in the metric definitions."
        )


def _of_image(ctx: Context, uri: str) -> list[Document] | None:
    """The metrics that an image brings; None when nobody knows it, which the trials will tell."""
    try:
        return [dict(each) for each in Catalog(ctx.config).resolve(uri).metric_definitions]
    except ImageError:
        return None


def _check_limits(limits: Document) -> None:
    most, parallel = limits["MaxNumberOfTrainingJobs"], limits["MaxParallelTrainingJobs"]
    if most > MOST_TRIALS:
        raise _beyond("Number of training jobs per hyperparameter tuning job", MOST_TRIALS, most)
    if parallel > MOST_PARALLEL:
        raise _beyond(
            "Maximum number of parallel training jobs per hyperparameter tuning job", MOST_PARALLEL, parallel
        )
    if parallel > most:
        raise validation(
            f"MaxParallelTrainingJobs {parallel} must be less than or equal to "
            f"MaxNumberOfTrainingJobs {most}."
        )


def _beyond(what: str, limit: int, wanted: int) -> AwsError:
    return AwsError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{what}' is {limit} Training jobs, with current utilization of 0 "
        f"Training jobs and a request delta of {wanted} Training jobs. Please use AWS Service Quotas to "
        "request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to "
        "request an increase for this quota.",
    )


def _check_strategy(config: Document, found: list[Definition]) -> None:
    strategy = config["Strategy"]
    if strategy != "Hyperband" and "StrategyConfig" in config:
        raise validation("StrategyConfig is only supported when Strategy is Hyperband.")
    if strategy == "Grid":
        _check_grid(config, found)
    if strategy == "Hyperband":
        if config.get("TrainingJobEarlyStoppingType") == "Auto":
            raise validation(
                "TrainingJobEarlyStoppingType must be Off for the strategy Hyperband, which has its own."
            )
        for each in found:
            band = Hyperband.of(config, each.static)
            if band is None:
                raise validation(
                    "HyperbandStrategyConfig.MaxResource is required: it can't be inferred from the static "
                    "hyperparameters, since none of them is named epochs."
                )
            if band.least > band.most:
                raise validation("HyperbandStrategyConfig.MinResource must not be greater than MaxResource.")


def _check_grid(config: Document, found: list[Definition]) -> None:
    if any(not isinstance(one, Choice) for each in found for one in each.ranges):
        raise validation("The strategy Grid only supports CategoricalParameterRanges.")
    size = sum(combinations(each.ranges) for each in found)
    if config["ResourceLimits"]["MaxNumberOfTrainingJobs"] != size:
        raise validation(
            f"MaxNumberOfTrainingJobs must be equal to the number of distinct categorical combinations, "
            f"{size}, for the strategy Grid; or leave it out."
        )
    if len(found) > 1:
        raise validation("The strategy Grid takes one TrainingJobDefinition.")


def _check_parents(ctx: Context, request: Document, found: list[Definition]) -> None:
    names = parents(request)
    if names and request["HyperParameterTuningJobConfig"]["Strategy"] in ("Grid", "Hyperband"):
        raise validation("Warm start is only supported for the strategies Bayesian and Random.")
    for name in names:
        parent = ctx.docs.find(TUNING_JOB, name)
        if parent is None:
            raise TUNING_JOB.not_found(name, name)
        if parent["HyperParameterTuningJobStatus"] not in ENDED:
            raise validation(
                f"The parent tuning job {name} is in status {parent['HyperParameterTuningJobStatus']}; "
                "a warm start needs parents that have ended."
            )
        if definitions(parent)[0].objective != found[0].objective:
            raise validation(f"The objective of the parent tuning job {name} must be the same.")
        if request["WarmStartConfig"]["WarmStartType"] == "IdenticalDataAndAlgorithm":
            _check_identical(request, parent, name)


def _check_identical(request: Document, parent: Document, name: str) -> None:
    mine, other = (each.get("TrainingJobDefinition", {}) for each in (request, parent))
    image = [each.get("AlgorithmSpecification", {}).get("TrainingImage") for each in (mine, other)]
    data = [[one["DataSource"] for one in each.get("InputDataConfig", ())] for each in (mine, other)]
    if image[0] != image[1] or data[0] != data[1]:
        raise validation(
            f"The warm start type IdenticalDataAndAlgorithm needs the same InputDataConfig and TrainingImage "
            f"as the parent tuning job {name}; use TransferLearning otherwise."
        )
