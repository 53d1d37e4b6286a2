"""What happens after each boosting round: the log line, early stopping, checkpoints, a stop when asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xgboost_image import checkpoints, collective, evaluation
from xgboost_image.library import lean_xgboost
from xgboost_image.stopping import StopRequest


@dataclass(frozen=True)
class Early:
    """When to stop because a metric no longer gets better."""

    rounds: int
    metric: str | None
    data: str | None


def line(number: int, evals_log: dict[str, dict[str, list[Any]]]) -> str:
    """`[3]<tab>train-auc:0.79<tab>validation-auc:0.77`: what the metric definitions of the image look for."""
    parts = [f"[{number}]"]
    for data, metrics in evals_log.items():
        for name, history in metrics.items():
            last = history[-1]
            parts.append(f"{data}-{name}:{last[0] if isinstance(last, tuple) else last:.5f}")
    return "\t".join(parts)


def callbacks(
    *,
    first_round: int,
    checkpoint_folder: Path | None,
    early: Early | None,
    stop: StopRequest,
    is_master: bool,
) -> list[Any]:
    """XGBoost's callbacks for one training run, in the order in which they must be called."""
    chosen: list[Any] = [_watch(first_round, stop, is_master)]
    if checkpoint_folder and is_master:
        chosen.append(checkpoints.callback(checkpoint_folder, first_round))
    if early:
        chosen.append(
            lean_xgboost().callback.EarlyStopping(
                rounds=early.rounds,
                metric_name=early.metric,
                data_name=early.data,
                maximize=early.metric.partition("@")[0] in evaluation.MAXIMIZE if early.metric else None,
                save_best=is_master,
            )
        )
    return chosen


def _watch(first_round: int, stop: StopRequest, is_master: bool) -> Any:
    class Watch(lean_xgboost().callback.TrainingCallback):  # type: ignore[misc]
        """Prints the round's metrics and ends training when the job is being stopped."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            if is_master:
                print(line(first_round + epoch, evals_log), flush=True)
            # Every host must end after the same round: one that went on would wait for the others for ever.
            return stop.agreed(collective.any_says)

    return Watch()
