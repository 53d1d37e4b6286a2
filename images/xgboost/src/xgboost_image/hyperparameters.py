"""The hyper-parameters of algorithm mode: the table of all of them, and the check before training begins.

Names, ranges and aliases: AWS developer guide, "XGBoost hyperparameters", and the tables of
aws/sagemaker-xgboost-container. What AWS accepts is accepted, what it refuses is refused in its style of
error.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_algorithm_toolkit.exceptions import UserError

from xgboost_image import evaluation
from xgboost_image.asked import before_1_3
from xgboost_image.dependencies import check_dependencies
from xgboost_image.ranges import CATEGORICAL, CONTINUOUS, INTEGER, LIST, NESTED, TUPLE, Interval, Kind


@dataclass(frozen=True)
class Hyperparameter:
    """One row of the table."""

    name: str
    kind: Kind
    range: Container[Any]

    def read(self, text: str) -> Any:
        """The value that the text stands for, if it lies in the range."""
        try:
            value = self.kind.parse(text)
        except ValueError as error:
            raise UserError(f"Hyperparameter {self.name}: could not parse value", caused_by=error) from error
        if not all(part in self.range for part in self.kind.parts(value)):
            raise UserError(f"Hyperparameter {self.name}: {value} is not in {self._allowed()}")
        return value

    def _allowed(self) -> str:
        return str(list(self.range)) if isinstance(self.range, Iterable) else str(self.range)


_FROM_0 = Interval(0)
_FROM_1 = Interval(1)
_0_TO_1 = Interval(0, 1)
_ABOVE_0_TO_1 = Interval(0, 1, low_open=True)
_SWITCH = Interval(0, 1)
_TRUTH = ("true", "false")

_OBJECTIVES = [
    "aft_loss_distribution",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
]
_UPDATERS = [
    "grow_colmaker",
    "distcol",
    "grow_histmaker",
    "grow_local_histmaker",
    "grow_quantile_histmaker",
    "grow_skmaker",
    "sync",
    "refresh",
    "prune",
    "shotgun",
    "coord_descent",
]

_TABLE = (
    Hyperparameter("num_round", INTEGER, _FROM_1),
    Hyperparameter("csv_weights", INTEGER, _SWITCH),
    Hyperparameter("early_stopping_rounds", INTEGER, _FROM_1),
    Hyperparameter("booster", CATEGORICAL, ("gbtree", "gblinear", "dart")),
    Hyperparameter("verbosity", INTEGER, Interval(0, 3)),
    Hyperparameter("nthread", INTEGER, _FROM_1),
    Hyperparameter("eta", CONTINUOUS, _0_TO_1),
    Hyperparameter("gamma", CONTINUOUS, _FROM_0),
    Hyperparameter("max_depth", INTEGER, _FROM_0),
    Hyperparameter("min_child_weight", CONTINUOUS, _FROM_0),
    Hyperparameter("max_delta_step", CONTINUOUS, _FROM_0),
    Hyperparameter("subsample", CONTINUOUS, _ABOVE_0_TO_1),
    Hyperparameter("colsample_bytree", CONTINUOUS, _ABOVE_0_TO_1),
    Hyperparameter("colsample_bylevel", CONTINUOUS, _ABOVE_0_TO_1),
    Hyperparameter("colsample_bynode", CONTINUOUS, _ABOVE_0_TO_1),
    Hyperparameter("lambda", CONTINUOUS, _FROM_0),
    Hyperparameter("alpha", CONTINUOUS, _FROM_0),
    Hyperparameter("tree_method", CATEGORICAL, ("auto", "exact", "approx", "hist", "gpu_hist")),
    Hyperparameter("sketch_eps", CONTINUOUS, Interval(0, 1, low_open=True, high_open=True)),
    Hyperparameter("scale_pos_weight", CONTINUOUS, Interval(0, low_open=True)),
    Hyperparameter("updater", LIST, _UPDATERS),
    Hyperparameter("dsplit", CATEGORICAL, ("row", "col")),
    Hyperparameter("refresh_leaf", INTEGER, _SWITCH),
    Hyperparameter("process_type", CATEGORICAL, ("default", "update")),
    Hyperparameter("grow_policy", CATEGORICAL, ("depthwise", "lossguide")),
    Hyperparameter("max_leaves", INTEGER, _FROM_0),
    Hyperparameter("max_bin", INTEGER, _FROM_0),
    Hyperparameter("predictor", CATEGORICAL, ("auto", "cpu_predictor", "gpu_predictor")),
    Hyperparameter("monotone_constraints", TUPLE, (-1, 0, 1)),
    Hyperparameter("interaction_constraints", NESTED, _FROM_1),
    Hyperparameter("sample_type", CATEGORICAL, ("uniform", "weighted")),
    Hyperparameter("normalize_type", CATEGORICAL, ("tree", "forest")),
    Hyperparameter("rate_drop", CONTINUOUS, _0_TO_1),
    Hyperparameter("one_drop", INTEGER, _SWITCH),
    Hyperparameter("skip_drop", CONTINUOUS, _0_TO_1),
    Hyperparameter("lambda_bias", CONTINUOUS, _0_TO_1),
    Hyperparameter("tweedie_variance_power", CONTINUOUS, Interval(1, 2, low_open=True, high_open=True)),
    Hyperparameter("huber_slope", CONTINUOUS, Interval(0, low_open=True)),
    Hyperparameter("objective", CATEGORICAL, _OBJECTIVES),
    Hyperparameter("num_class", INTEGER, Interval(2)),
    Hyperparameter("base_score", CONTINUOUS, _FROM_0),
    Hyperparameter("_kfold", INTEGER, Interval(2)),
    Hyperparameter("_num_cv_round", INTEGER, _FROM_1),
    Hyperparameter("_tuning_objective_metric", CATEGORICAL, evaluation.TUNABLE),
    Hyperparameter("eval_metric", LIST, evaluation.MetricNames()),
    Hyperparameter("seed", INTEGER, Interval(-(2**31), 2**31 - 1, low_open=True, high_open=True)),
    Hyperparameter("num_parallel_tree", INTEGER, _FROM_1),
    Hyperparameter("save_model_on_termination", CATEGORICAL, _TRUTH),
    Hyperparameter("aft_loss_distribution", CATEGORICAL, ("normal", "logistic", "extreme")),
    Hyperparameter("aft_loss_distribution_scale", CONTINUOUS, _FROM_0),
    Hyperparameter("single_precision_histogram", CATEGORICAL, _TRUTH),
    Hyperparameter("deterministic_histogram", CATEGORICAL, _TRUTH),
    Hyperparameter("sampling_method", CATEGORICAL, ("uniform", "gradient_based")),
    Hyperparameter("prob_buffer_row", CONTINUOUS, Interval(1.0, low_open=True)),
    Hyperparameter("use_dask_gpu_training", CATEGORICAL, _TRUTH),
)
_SILENT = Hyperparameter("silent", INTEGER, _SWITCH)
HYPERPARAMETERS = {row.name: row for row in _TABLE}
ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}


def check(given: Mapping[str, str]) -> dict[str, Any]:
    """The values of a job's hyper-parameters; the algorithm's error for the first that is wrong."""
    texts = {ALIASES.get(name, name): _unquoted(str(text)) for name, text in given.items()}
    if "num_round" not in texts:
        raise UserError("Missing required hyperparameter: num_round")
    if before_1_3() and "silent" in texts:
        _SILENT.read(texts.pop("silent"))  # of no effect in the XGBoost that stands in
    for name in texts:
        if name not in HYPERPARAMETERS:
            raise UserError(f"Extraneous hyperparameter found: {name}")
    values = {name: HYPERPARAMETERS[name].read(text) for name, text in texts.items()}
    check_dependencies(values)
    return values


def _unquoted(text: str) -> str:
    """The SDK's framework estimators send `"hist"` with the quotes of JSON; plain estimators send it bare."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
