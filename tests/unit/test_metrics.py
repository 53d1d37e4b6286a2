"""Metric definitions over log lines."""

from __future__ import annotations

from oficina.engine.metrics import MetricReader

AUC = {"Name": "validation:auc", "Regex": r".*\[[0-9]+\].*#011validation-auc:(\S+)"}


def test_a_tab_is_read_as_the_log_agent_of_aws_writes_it() -> None:
    line = "[10]\ttrain-auc:0.8\tvalidation-auc:0.76"
    assert MetricReader([AUC]).read(line) == [("validation:auc", 0.76)]


def test_a_match_that_is_no_finite_number_is_no_metric() -> None:
    reader = MetricReader([{"Name": "loss", "Regex": "loss=(.*)"}])
    assert [reader.read(line) for line in ("loss=nan", "loss=x", "loss=", "other")] == [[], [], [], []]
    assert reader.read("loss=1e-3") == [("loss", 0.001)]


def test_an_expression_without_a_group_gives_the_whole_match() -> None:
    assert MetricReader([{"Name": "n", "Regex": r"(?<=epoch )\d+"}]).read("epoch 12") == [("n", 12.0)]


def test_a_hostile_expression_is_dropped_and_told_and_the_others_go_on() -> None:
    reader = MetricReader([{"Name": "bad", "Regex": "^(a|aa)+$"}, {"Name": "good", "Regex": r"n=(\d+)"}])
    assert reader.read("a" * 10_000 + " n=3") == [("good", 3.0)]
    assert reader.read("n=4") == [("good", 4.0)]
    assert list(reader.dropped) == ["bad"]


def test_a_text_that_is_no_expression_is_dropped_and_told() -> None:
    reader = MetricReader([{"Name": "bad", "Regex": "("}])
    assert reader.read("(") == []
    assert "is not a regular expression" in reader.dropped["bad"]


def test_a_group_that_takes_more_than_its_value_is_cut_at_the_tab() -> None:
    """XGBoost logs two metrics in one line, and its image's expressions end in ``(\\S+)``."""
    train = {"Name": "train:auc", "Regex": r".*\[[0-9]+\].*#011train-auc:(\S+)"}

    found = MetricReader([train, AUC]).read("[99]\ttrain-auc:0.78959\tvalidation-auc:0.77471")

    assert found == [("train:auc", 0.78959), ("validation:auc", 0.77471)]
