"""Rules between hyper-parameters: what one of them allows the others to be."""

from collections.abc import Mapping
from typing import Any

from sagemaker_algorithm_toolkit.exceptions import UserError

_GROWERS = {"grow_colmaker", "distcol", "grow_histmaker", "grow_local_histmaker", "grow_quantile_histmaker"}
_LINEAR = {"shotgun", "coord_descent"}
_REFRESHERS = {"refresh", "prune"}


def check_dependencies(values: Mapping[str, Any]) -> None:
    """Raise the algorithm's error for the first pair of settings that cannot go together."""
    _check_objective(values)
    _check_metrics(values)
    _check_updaters(values)
    _check_constraints(values)
    if values.get("use_dask_gpu_training") == "true":
        raise UserError(
            "use_dask_gpu_training needs an instance with GPUs and this one has none; leave it out."
        )


def _check_objective(values: Mapping[str, Any]) -> None:
    objective = values.get("objective")
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise UserError(f"Hyperparameter num_class is required when objective is {objective}.")
    if objective is None and "num_class" in values:
        raise UserError(
            "Hyperparameter num_class is for the objectives multi:softmax and multi:softprob only."
        )


def _check_metrics(values: Mapping[str, Any]) -> None:
    metrics = values.get("eval_metric", [])
    objective = values.get("objective", "reg:squarederror")
    if "auc" in metrics and not objective.startswith(("binary:", "rank:", "multi:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")


def _check_updaters(values: Mapping[str, Any]) -> None:
    updaters = set(values.get("updater", []))
    if not updaters:
        return
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or not updaters <= _LINEAR:
            raise UserError(f"Linear updater should be one of these options: {_listed(_LINEAR)}.")
    elif values.get("process_type") == "update":
        if not updaters <= _REFRESHERS:
            raise UserError(f"process_type 'update' can only be used with updaters {_listed(_REFRESHERS)}.")
    elif updaters & _LINEAR:
        raise UserError(f"Updaters {_listed(_LINEAR)} need booster 'gblinear'.")
    elif len(updaters & _GROWERS) > 1:
        raise UserError(f"Only one tree grow plugin can be selected, from: {_listed(_GROWERS)}.")


def _check_constraints(values: Mapping[str, Any]) -> None:
    method = values.get("tree_method")
    if "monotone_constraints" in values and method not in ("exact", "hist"):
        raise UserError("monotone_constraints can be used only when tree_method is 'exact' or 'hist'.")
    if "interaction_constraints" in values and method not in ("exact", "hist", "approx"):
        raise UserError(
            "interaction_constraints can be used only when tree_method is 'exact', 'hist' or 'approx'."
        )


def _listed(names: set[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))
