"""What algorithm mode accepts and refuses as hyper-parameters."""

import pytest
from sagemaker_algorithm_toolkit.exceptions import UserError
from xgboost_image import hyperparameters


def refusal(**given: str) -> str:
    with pytest.raises(UserError) as caught:
        hyperparameters.check({"num_round": "10", **given})
    return caught.value.message


def test_every_hyperparameter_of_the_course_is_read_into_its_type() -> None:
    given = {
        "num_round": "100",
        "eta": "0.2",
        "max_depth": "5",
        "objective": "binary:logistic",
        "eval_metric": "auc",
    }
    read = hyperparameters.check(given)

    assert read["num_round"] == 100
    assert read["eta"] == 0.2
    assert read["eval_metric"] == ["auc"]


def test_num_round_is_required() -> None:
    with pytest.raises(UserError, match="Missing required hyperparameter: num_round"):
        hyperparameters.check({"eta": "0.1"})


def test_an_unknown_name_is_extraneous() -> None:
    assert refusal(n_estimators="3") == "Extraneous hyperparameter found: n_estimators"


def test_silent_is_known_to_the_tags_that_know_it_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(silent="0") == "Extraneous hyperparameter found: silent"
    monkeypatch.setenv("OFICINA_IMAGE_TAG", "1.0-1")
    assert hyperparameters.check({"num_round": "5", "silent": "0"}) == {"num_round": 5}
    assert refusal(silent="maybe").startswith("Hyperparameter silent: could not parse value")


def test_text_that_is_no_number_names_the_hyperparameter() -> None:
    assert (
        refusal(max_depth="five") == "Hyperparameter max_depth: could not parse value (caused by ValueError)"
    )


@pytest.mark.parametrize(
    ("name", "text", "range_"),
    [
        ("eta", "1.5", "[0, 1]"),
        ("subsample", "0", "(0, 1]"),
        ("num_round", "0", "[1, +inf)"),
        ("verbosity", "4", "[0, 3]"),
        ("tweedie_variance_power", "2", "(1, 2)"),
        ("booster", "forest", "['gbtree', 'gblinear', 'dart']"),
    ],
)
def test_a_value_out_of_range_is_told_the_range(name: str, text: str, range_: str) -> None:
    message = refusal(**{name: text})

    assert message.startswith(f"Hyperparameter {name}: ")
    assert message.endswith(f" is not in {range_}")


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"objective": "multi:softmax"}, "num_class is required"),
        ({"num_class": "3"}, "num_class is for"),
        ({"eval_metric": "auc", "objective": "reg:squarederror"}, "'auc' can only"),
        ({"eval_metric": "aft-nloglik", "objective": "reg:squarederror"}, "'aft-nloglik' can only"),
        ({"eval_metric": "rmse@0.5"}, "is not supported"),
        ({"eval_metric": "error@half", "objective": "binary:logistic"}, "expects float"),
        ({"updater": "grow_colmaker", "booster": "gblinear"}, "Linear updater"),
        ({"updater": "grow_colmaker,distcol"}, "Only one tree grow plugin"),
        ({"updater": "grow_colmaker", "process_type": "update"}, "process_type 'update'"),
        ({"monotone_constraints": "(1, 0)"}, "monotone_constraints can be used only"),
        ({"interaction_constraints": "[[1, 2]]"}, "interaction_constraints can be used only"),
        ({"use_dask_gpu_training": "true"}, "GPUs"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict[str, str], part: str) -> None:
    assert part in refusal(**given)


@pytest.mark.parametrize("text", ["__import__('os')", "(1", "[1]", "(2, 0)"])
def test_a_constraint_is_a_literal_tuple_of_allowed_numbers(text: str) -> None:
    assert refusal(monotone_constraints=text, tree_method="hist").startswith(
        "Hyperparameter monotone_constraints"
    )


def test_aliases_and_quoted_text_mean_the_same() -> None:
    read = hyperparameters.check({"num_round": "1", "learning_rate": "0.3", "tree_method": '"hist"'})

    assert read == {"num_round": 1, "eta": 0.3, "tree_method": "hist"}


def test_thresholds_of_metrics_are_accepted() -> None:
    given = {"num_round": "1", "objective": "binary:logistic", "eval_metric": "error@0.7,auc"}

    assert hyperparameters.check(given)["eval_metric"] == ["error@0.7", "auc"]
