"""Algorithm mode: check the job, load its data, boost, and leave `xgboost-model` behind."""

import logging
import sys
from dataclasses import dataclass
from typing import Any

from sagemaker_algorithm_toolkit.exceptions import AlgorithmError, BaseToolkitError, UserError

from xgboost_image import (
    channels,
    checkpoints,
    collective,
    evaluation,
    files,
    hyperparameters,
    matrices,
    rounds,
)
from xgboost_image.folds import train_folds
from xgboost_image.library import lean_xgboost
from xgboost_image.models import MODEL_NAME, write_final
from xgboost_image.place import Job
from xgboost_image.stopping import StopRequest

# What XGBoost says, in versions 1.7 to 3, when the data or the settings are at fault.
_USER_FAULTS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "Target is multiclass but average='binary'",
    "Classification metrics need labels",
    "feature_names mismatch",
    "preds.size() == info.labels",
    "dataset only contains pos or neg samples",
    "base_score must be in (0,1)",
    "label must be nonnegative",
    "should be greater equal to",
    "Check failed: valid: Label contains NaN",
)

_REMOVED = (
    "use_dask_gpu_training",
    "dsplit",
    "single_precision_histogram",
    "deterministic_histogram",
    "sketch_eps",
    "prob_buffer_row",
    "lambda_bias",
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """A checked job: XGBoost's parameters, and the settings that are the algorithm's own."""

    job: Job
    form: str
    pipe: bool
    parameters: dict[str, Any]
    num_round: int
    csv_weights: int
    metrics: list[str]
    early_stopping_rounds: int | None
    early_metric: str | None
    save_on_stop: bool
    kfold: int | None
    num_cv_round: int

    @property
    def custom_metric(self) -> Any:
        names = evaluation.divide(self.metrics)[1]
        return evaluation.custom_metric(names, self.parameters.get("objective", "reg:squarederror"))


@dataclass(frozen=True)
class Data:
    """The matrices of a job; `both` is all rows together, for cross-validation."""

    train: Any
    validation: Any | None
    both: Any

    @property
    def watched(self) -> list[tuple[Any, str]]:
        validation = [(self.validation, "validation")] if self.validation is not None else []
        return [(self.train, "train"), *validation]


def plan(job: Job) -> Plan:
    """Check the hyper-parameters and the channels: a job that cannot succeed fails before it reads data."""
    given = {name: text for name, text in job.hyperparameters.items() if not name.startswith("sagemaker_")}
    values = hyperparameters.check(given)
    form = channels.check(job.channels)
    if "updater" in values:
        values["updater"] = ",".join(values["updater"])
    tuned = str(values.pop("_tuning_objective_metric", "")).partition(":")[2]
    asked = values.pop("eval_metric", [])
    metrics = sorted({*asked, tuned}) if tuned and asked else asked or ([tuned] if tuned else [])
    own, _ = evaluation.divide(metrics)
    parameters = _for_installed_version({**values, **({"eval_metric": own} if own else {})})
    take = parameters.pop
    return Plan(
        job=job,
        form=form,
        pipe=channels.is_pipe(job.channels["train"]),
        num_round=take("num_round"),
        csv_weights=take("csv_weights", 0),
        metrics=metrics,
        early_stopping_rounds=take("early_stopping_rounds", None),
        early_metric=tuned or (asked[-1] if asked else None),
        save_on_stop=take("save_model_on_termination", "false") == "true",
        kfold=take("_kfold", None),
        num_cv_round=take("_num_cv_round", 1),
        parameters=parameters,
    )


def _for_installed_version(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what AWS still accepts and XGBoost no longer knows; give objectives their present names."""
    removed = set(_REMOVED)
    if int(lean_xgboost().__version__.split(".")[0]) >= 2:
        removed.add("predictor")
    kept = {name: value for name, value in values.items() if name not in removed}
    if kept.get("objective") == "reg:linear":
        kept["objective"] = "reg:squarederror"
    for name in ("monotone_constraints", "interaction_constraints"):
        if name in kept:  # as text they are columns by number, as lists they would be columns by name
            kept[name] = str(kept[name])
    return kept


def run(job: Job, stop: StopRequest) -> None:
    """Train as the job says and write the model, on one host or together with the others."""
    planned = plan(job)
    _check_data(planned)
    if len(job.hosts) == 1:
        logger.info("Single node training.")
        _train(planned, load(planned), stop, is_master=True)
        return
    logger.info("Distributed node training with %d hosts: %s", len(job.hosts), job.hosts)
    included = _takes_part(job)
    with collective.joined(
        job.hosts, job.current_host, included=included, asked_to_stop=lambda: stop.made
    ) as member:
        if member.included:
            _train(planned, load(planned), stop, is_master=member.is_master)


def load(planned: Plan) -> Data:
    """Read the channels' data."""
    job = planned.job
    train_path, validation_path = job.channel_path("train"), job.channel_path("validation")
    assert train_path is not None  # channels.check refuses a job without it
    read = matrices.load
    train = read(train_path, planned.form, planned.csv_weights, pipe=planned.pipe)
    if train is None:
        raise UserError(f"No data in training channel path {train_path}")
    validation = read(validation_path, planned.form, pipe=planned.pipe) if validation_path else None
    if validation_path and validation is None:
        raise UserError(f"No data in validation channel path {validation_path}")
    both = None
    if planned.kfold and validation_path and not planned.pipe:
        both = read([train_path, validation_path], planned.form, planned.csv_weights)
    _check_labels(planned, train)
    logger.info("Train matrix has %d rows and %d columns", train.num_row(), train.num_col())
    if validation is not None:
        logger.info("Validation matrix has %d rows", validation.num_row())
    return Data(train, validation, both if both is not None else train)


def _check_labels(planned: Plan, train: Any) -> None:
    """XGBoost says this too, but since version 2 it first stumbles over a mean that is no probability."""
    objective, labels = str(planned.parameters.get("objective", "")), train.get_label()
    if objective in ("binary:logistic", "binary:logitraw", "reg:logistic") and not _within(labels, 0, 1):
        raise UserError("label must be in [0,1] for logistic regression")
    if objective.startswith("multi:") and not _within(labels, 0, planned.parameters["num_class"] - 1):
        raise UserError("SoftmaxMultiClassObj: label must be in [0, num_class).")


def _within(labels: Any, low: int, high: int) -> bool:
    return bool(labels.min() >= low and labels.max() <= high)


def _check_data(planned: Plan) -> None:
    """On one host both channels must hold data; with several, a host without data is left out instead."""
    job = planned.job
    train, validation = job.channel_path("train"), job.channel_path("validation")
    if len(job.hosts) == 1 and not files.has_data(train):
        raise UserError(f"No data in training channel path {train}")
    if len(job.hosts) == 1 and validation and not files.has_data(validation):
        raise UserError(f"No data in validation channel path {validation}")
    if train and validation and not planned.pipe and files.has_data(train) and files.has_data(validation):
        files.warn_about_twins(train, validation)


def _takes_part(job: Job) -> bool:
    """Whether this host has what training needs; one without data leaves it to the others."""
    for name in ("train", "validation"):
        path = job.channel_path(name)
        if path and not files.has_data(path):
            logger.warning(
                "Host %s has no data in channel %s and takes no part in training.", job.current_host, name
            )
            return False
    return True


def _early(planned: Plan, data: Data) -> rounds.Early | None:
    if not planned.early_stopping_rounds:
        return None
    watched = "validation" if data.validation is not None else None
    return rounds.Early(planned.early_stopping_rounds, planned.early_metric, watched)


def _train(planned: Plan, data: Data, stop: StopRequest, *, is_master: bool) -> None:
    """Boost once, or once per fold, and write what came out of it."""
    try:
        if planned.kfold:
            boosters = train_folds(planned, data, stop, _early(planned, data))
            named = {f"{MODEL_NAME}-{index}": booster for index, booster in enumerate(boosters)}
        else:
            named = {MODEL_NAME: _boost(planned, data, stop, is_master=is_master)}
    except BaseToolkitError:
        raise
    except (ValueError, TypeError) as error:  # XGBoostError is a ValueError
        text = str(error).partition("\nStack trace:")[0]
        if any(fault in text for fault in _USER_FAULTS):
            raise UserError(text) from error
        raise AlgorithmError(f"XGB train call failed with exception:\n {text}") from error
    if stop.made and not planned.save_on_stop:
        sys.exit(0)
    if is_master:
        planned.job.model_folder.mkdir(parents=True, exist_ok=True)
        for name, booster in named.items():
            write_final(booster, planned.job.model_folder / name)


def _boost(planned: Plan, data: Data, stop: StopRequest, *, is_master: bool) -> Any:
    folder = planned.job.checkpoint_folder
    checkpoint, done = checkpoints.latest(folder)
    if checkpoint:
        logger.info("Checkpoint loaded from %s", checkpoint)
        logger.info("Resuming from iteration %d", done)
    return lean_xgboost().train(
        planned.parameters,
        data.train,
        num_boost_round=max(planned.num_round - done, 0),
        evals=data.watched,
        custom_metric=planned.custom_metric,
        callbacks=rounds.callbacks(
            first_round=done,
            checkpoint_folder=folder,
            early=_early(planned, data),
            stop=stop,
            is_master=is_master,
        ),
        xgb_model=str(checkpoint) if checkpoint else None,
        verbose_eval=False,
    )
