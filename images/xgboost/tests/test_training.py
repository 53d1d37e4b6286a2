"""Training jobs in algorithm mode, each a process of its own on a folder that is its `/opt/ml`."""

import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from workbench import Bank, Files, Outcome, Workbench, toy
from xgboost_image import content_types, delimited, matrices, models, recordio
from xgboost_image.library import lean_xgboost

COURSE = {
    "num_round": "60",
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "eta": "0.2",
    "max_depth": "4",
    "seed": "1",
}
QUICK = {"num_round": "8", "objective": "binary:logistic", "eval_metric": "auc,logloss"}


def booster(outcome: Outcome, name: str = "xgboost-model") -> Any:
    model = lean_xgboost().Booster()
    model.load_model(str(outcome.root / "model" / name))
    return model


def records(features: Any, labels: Any) -> bytes:
    """Dense records as the SDK's `write_numpy_to_dense_tensor` lays them out."""

    def field(number: int, body: bytes) -> bytes:
        return bytes([number << 3 | 2, len(body)]) + body

    def entry(number: int, values: Any) -> bytes:
        tensor = field(1, np.asarray(values, dtype="<f4").tobytes())
        return field(number, field(1, b"values") + field(2, field(2, tensor)))

    out = bytearray()
    for row, label in zip(features, labels, strict=True):
        body = entry(1, row) + entry(2, [label])
        out += struct.pack("<II", recordio.MAGIC, len(body)) + body + b"\0" * (-len(body) % 4)
    return bytes(out)


def test_the_bank_data_is_learnt_as_well_as_on_aws(workbench: Workbench, bank: Bank) -> None:
    outcome = workbench.train(
        COURSE, {"train.csv": bank.csv(bank.train)}, {"v.csv": bank.csv(bank.validation)}
    )

    assert outcome.code == 0, outcome.log
    assert len(outcome.metrics("validation-auc")) == 60
    assert 0.755 <= outcome.metrics("validation-auc")[-1] <= 0.785
    assert f"Train matrix has {len(bank.train)} rows and {bank.train.shape[1] - 1} columns" in outcome.log
    assert booster(outcome).num_boosted_rounds() == 60


def test_lines_of_metrics_match_the_image_s_metric_definitions(workbench: Workbench) -> None:
    data = {"a.csv": toy().csv()}
    outcome = workbench.train({**QUICK, "eval_metric": "auc,f1,accuracy"}, data, data)
    line = next(line for line in outcome.log.splitlines() if line.startswith("[7]")).replace("\t", "#011")
    definitions = json.loads((Path(__file__).parents[1] / "metric-definitions.json").read_text())
    found = {each["Name"]: re.search(each["Regex"], line) for each in definitions}

    assert {name for name, match in found.items() if match} == {
        f"{data}:{metric}" for data in ("train", "validation") for metric in ("auc", "f1", "accuracy")
    }


def test_log_lines_begin_as_the_image_s_do(workbench: Workbench) -> None:
    outcome = workbench.train(QUICK, {"a.csv": toy().csv()})
    first = outcome.log.splitlines()[0]

    assert re.match(
        r"\[\d{4}-\d\d-\d\d:\d\d:\d\d:\d\d:INFO\] Imported framework sagemaker_xgboost_container", first
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "rows"
    path.write_text(f"1{delimiter}2.5{delimiter}-3e2\r\n0{delimiter}nan{delimiter}4\r\n")
    rows = delimited.read([path])

    assert np.array_equal(rows, [[1, 2.5, -300], [0, np.nan, 4]], equal_nan=True)


def test_booleans_as_pandas_writes_them_are_ones_and_zeros(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pd.DataFrame({"label": [True, False], "age": [31.0, np.nan], "job": [False, None]}).to_csv(
        path, header=False, index=False
    )
    rows = delimited.read([path])

    assert np.array_equal(rows, [[1, 31, 0], [0, np.nan, np.nan]], equal_nan=True)


def test_every_format_of_the_same_rows_is_the_same_matrix(tmp_path: Path) -> None:
    data = toy()
    parquet = io.BytesIO()
    pd.DataFrame(np.column_stack([data.labels, data.features])).rename(columns=str).to_parquet(parquet)
    contents: dict[str, tuple[str | bytes, str | None]] = {
        "csv": (data.csv(), "text/csv; label_size=1"),
        "libsvm": (data.libsvm(), "text/libsvm"),
        "x-libsvm": (data.libsvm(), "text/x-libsvm"),
        "default": (data.libsvm(), None),
        "parquet": (parquet.getvalue(), "application/x-parquet"),
        "recordio": (records(data.features, data.labels), "application/x-recordio-protobuf"),
    }
    model = lean_xgboost().train(
        {"objective": "binary:logistic", "nthread": 1},
        lean_xgboost().DMatrix(data.features, label=data.labels),
        5,
    )
    expected = model.predict(lean_xgboost().DMatrix(data.features))
    for name, (content, content_type) in contents.items():
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        matrix = matrices.load(path, content_types.format_of(content_type))
        assert matrix is not None
        assert np.array_equal(matrix.get_label(), data.labels), name
        assert np.array_equal(model.predict(matrix), expected), name


@pytest.mark.parametrize("content_type", ["text/x-libsvm", "application/x-parquet"])
def test_a_job_trains_on_data_that_is_not_csv(workbench: Workbench, content_type: str) -> None:
    data = toy()
    content: str | bytes = data.libsvm()
    if content_type == "application/x-parquet":
        parquet = io.BytesIO()
        pd.DataFrame(np.column_stack([data.labels, data.features])).rename(columns=str).to_parquet(parquet)
        content = parquet.getvalue()
    outcome = workbench.train(QUICK, {"deep/part": content}, content_type=content_type)

    assert outcome.code == 0, outcome.log
    assert outcome.metrics("train-auc")[-1] > 0.9


def test_files_in_nested_folders_are_read_and_hidden_ones_are_not(workbench: Workbench) -> None:
    lines = toy().csv().splitlines(keepends=True)
    files: Files = {
        "a.csv": "".join(lines[:100]),
        "deeper/b.csv": "".join(lines[100:250]),
        "deeper/down/c.csv": "".join(lines[250:]),
        ".hidden": "not,a,number",
        "_SUCCESS": "",
        "empty.csv": "",
    }
    outcome = workbench.train(QUICK, files)

    assert outcome.code == 0, outcome.log
    assert "Train matrix has 400 rows and 4 columns" in outcome.log


def test_weights_in_the_second_column_change_what_is_learnt(workbench: Workbench, tmp_path: Path) -> None:
    data = toy()
    weights = np.where(data.labels == 1, 5.0, 1.0)
    weighed = workbench.train({**QUICK, "csv_weights": "1"}, {"a.csv": data.csv(weights)})
    plain = Workbench(tmp_path / "plain").train(QUICK, {"a.csv": data.csv()})

    assert weighed.code == plain.code == 0, weighed.log
    assert "400 rows and 4 columns" in weighed.log
    assert weighed.metrics("train-logloss") != plain.metrics("train-logloss")


def test_recordio_comes_through_a_pipe(workbench: Workbench) -> None:
    data = toy()
    workbench.configure("hyperparameters", QUICK)
    workbench.channel("train", {}, "application/x-recordio-protobuf", "Pipe")
    folder = workbench.root / "input" / "data"
    pipe = folder / "train_0"
    os.mkfifo(pipe)
    job = workbench.start()
    threading.Thread(target=pipe.write_bytes, args=[records(data.features, data.labels)], daemon=True).start()
    outcome = workbench.outcome(job)

    assert outcome.code == 0, outcome.log
    assert "Train matrix has 400 rows" in outcome.log


@pytest.mark.parametrize(
    ("hyperparameters", "files", "content_type", "mode", "message"),
    [
        ({}, {"a": "1,2\n"}, "text/csv", "File", "Missing required hyperparameter: num_round"),
        (QUICK, {}, "text/csv", "File", "No data in training channel path"),
        (QUICK, {"a": "1,2\n"}, "text/html", "File", "text/html is not an accepted ContentType"),
        (QUICK, {"a": "1,2\n"}, "text/csv;label_size=2", "File", "label_size must be 1"),
        (
            QUICK,
            {"a": "1,2\n"},
            "text/csv",
            "Pipe",
            "Channel configuration for 'train' channel is not supported",
        ),
        (QUICK, {"a": "1,2\n"}, "application/x-parquet", "Pipe", "is not supported"),
        (QUICK, {"a": "age,job\n1,2\n"}, "text/csv", "File", "holds 'age', which is not a number"),
        (QUICK, {"a": "1,2\n1,True\n"}, "text/csv", "File", "Failed to load csv data with exception"),
        (QUICK, {"a": "1,2\n1\n"}, "text/csv", "File", "Failed to load csv data with exception"),
        (QUICK, {"a": "1\n2\n"}, "text/csv", "File", "Could not determine delimiter"),
        (QUICK, {"a": "1,2,3\n"}, None, "File", "is not 'LIBSVM' format"),
        (QUICK, {"a": b"PAR1 no"}, "application/x-parquet", "File", "Failed to load parquet data"),
        (QUICK, {"a": b"no magic"}, "application/x-recordio-protobuf", "File", "Failed to load recordio"),
        (QUICK, {"a": "7,1\n9,2\n"}, "text/csv", "File", "label must be in [0,1] for logistic regression"),
    ],
)
def test_what_the_user_can_put_right_is_said_in_the_failure_file(
    workbench: Workbench,
    hyperparameters: dict[str, str],
    files: Files,
    content_type: str | None,
    mode: str,
    message: str,
) -> None:
    outcome = workbench.train_here(hyperparameters, files, content_type, mode)
    failure = outcome.failure

    assert outcome.code == 1
    assert failure.startswith("framework error: \nTraceback (most recent call last):\n")
    assert "sagemaker_algorithm_toolkit.exceptions.UserError" in failure
    assert message in failure[:1024]


def test_a_failed_job_ends_with_1(workbench: Workbench) -> None:
    outcome = workbench.train({}, {"a.csv": toy().csv()})

    assert outcome.code == 1
    assert "Missing required hyperparameter: num_round" in outcome.failure
    assert not outcome.model.exists()


def test_a_missing_channel_is_named(workbench: Workbench) -> None:
    workbench.configure("hyperparameters", QUICK)
    workbench.channel("validation", {"a": "1,2\n"}, "text/csv", "File")
    outcome = workbench.outcome(workbench.start())

    assert "Missing required channel: train" in outcome.failure


def test_an_unknown_channel_is_named(workbench: Workbench) -> None:
    workbench.channel("extra", {"a": "1,2\n"}, "text/csv", "File")

    assert (
        "Extraneous channel found: extra"
        in workbench.train_here(QUICK, {"a.csv": toy().csv()}, "text/csv").failure
    )


def test_an_empty_validation_channel_is_an_error(workbench: Workbench) -> None:
    workbench.channel("validation", {}, "text/csv", "File")

    outcome = workbench.train_here(QUICK, {"a.csv": toy().csv()}, "text/csv")

    assert "No data in validation channel path" in outcome.failure


def test_early_stopping_ends_when_the_last_metric_gets_no_better(workbench: Workbench) -> None:
    lines = toy(rows=200).csv().splitlines(keepends=True)
    settings = {
        "num_round": "300",
        "early_stopping_rounds": "5",
        "eval_metric": "auc",
        "objective": "binary:logistic",
    }
    outcome = workbench.train(settings, {"a.csv": "".join(lines[:150])}, {"b.csv": "".join(lines[150:])})
    rounds = len(outcome.metrics("validation-auc"))
    scores = outcome.metrics("validation-auc")

    assert outcome.code == 0, outcome.log
    assert rounds < 300
    assert booster(outcome).num_boosted_rounds() == scores.index(max(scores)) + 1


def test_a_tuning_objective_is_evaluated_too(workbench: Workbench) -> None:
    data = {"a.csv": toy().csv()}
    settings = {**QUICK, "eval_metric": "logloss", "_tuning_objective_metric": "validation:f1"}
    outcome = workbench.train(settings, data, data)

    assert len(outcome.metrics("validation-f1")) == 8
    assert len(outcome.metrics("validation-logloss")) == 8


@pytest.mark.parametrize(
    ("tag", "pickled"),
    [("0.90-2", True), ("1.0-1", True), ("1.2-2", True), ("1.3-1", False), ("latest", False)],
)
def test_a_model_is_pickled_under_the_tags_that_do_so_on_aws(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, tag: str, pickled: bool
) -> None:
    monkeypatch.setenv("OFICINA_IMAGE_TAG", tag)
    outcome = workbench.train_here(QUICK, {"a.csv": toy().csv()}, "text/csv")

    assert outcome.code == 0
    assert (outcome.model.read_bytes()[:1] == b"\x80") is pickled
    (model,) = models.read_models(outcome.root / "model")
    assert model.booster.num_boosted_rounds() == 8


def test_checkpoints_are_kept_and_gone_on_from(workbench: Workbench) -> None:
    data = {"a.csv": toy().csv()}
    folder = workbench.root / "checkpoints"
    workbench.configure("checkpointconfig", {"S3Uri": "s3://b/c", "LocalPath": str(folder)})
    first = workbench.train(QUICK, data)
    kept = sorted(path.name for path in folder.iterdir())
    shutil.rmtree(workbench.root / "model")
    second = workbench.train({**QUICK, "num_round": "12"}, data)

    assert first.code == second.code == 0, second.log
    assert kept == [f"xgboost-checkpoint.{number}" for number in (3, 4, 5, 6, 7)]
    assert "Resuming from iteration 8" in second.log
    assert re.findall(r"^\[(\d+)\]", second.log, re.M) == ["8", "9", "10", "11"]
    assert booster(second).num_boosted_rounds() == 12


@pytest.mark.parametrize(("save", "kept"), [("true", True), ("false", False)])
def test_a_stopped_job_saves_its_model_only_if_asked_to(workbench: Workbench, save: str, kept: bool) -> None:
    settings = {**QUICK, "num_round": "1000000", "save_model_on_termination": save}
    workbench.configure("hyperparameters", settings)
    workbench.channel("train", {"a.csv": toy(rows=100).csv()}, "text/csv", "File")
    job = workbench.start()
    assert job.stdout is not None
    for line in job.stdout:
        if line.startswith("[3]"):
            break
    job.send_signal(signal.SIGTERM)
    outcome = workbench.outcome(job)

    assert outcome.code == 0, outcome.log
    assert outcome.model.exists() is kept


def test_cross_validation_leaves_a_model_per_fold_and_out_of_fold_predictions(workbench: Workbench) -> None:
    lines = toy().csv().splitlines(keepends=True)
    settings = {**QUICK, "eval_metric": "auc", "_kfold": "4", "_num_cv_round": "2"}
    outcome = workbench.train(settings, {"a.csv": "".join(lines[:300])}, {"b.csv": "".join(lines[300:])})
    models = sorted(path.name for path in (workbench.root / "model").iterdir())
    predictions = np.loadtxt(workbench.root / "output" / "data" / "predictions.csv", delimiter=",")

    assert outcome.code == 0, outcome.log
    assert models == [f"xgboost-model-{index}" for index in range(8)]
    assert len(re.findall(r"^\[8\]\ttrain-auc:\S+\tvalidation-auc:\S+$", outcome.log, re.M)) == 3
    assert predictions.shape == (400, 3)
    assert np.mean(predictions[:, 0] == predictions[:, 1]) > 0.8


@pytest.mark.parametrize(
    "settings",
    [
        {"objective": "multi:softprob", "num_class": "3", "eval_metric": "mlogloss,accuracy,f1_macro"},
        {
            "objective": "multi:softmax",
            "num_class": "3",
            "eval_metric": "merror,precision_macro,recall_micro",
        },
        {"objective": "reg:squarederror", "eval_metric": "rmse,mae,r2,mse,rmsle"},
        {"objective": "reg:linear"},
        {"objective": "reg:tweedie", "tweedie_variance_power": "1.4"},
        {"objective": "reg:gamma"},
        {"objective": "count:poisson"},
        {"objective": "binary:hinge", "eval_metric": "error,balanced_accuracy"},
        {"objective": "binary:logitraw", "eval_metric": "auc,accuracy"},
        {
            "booster": "gblinear",
            "updater": "coord_descent",
            "objective": "binary:logistic",
            "lambda_bias": "0.1",
        },
        {"booster": "dart", "rate_drop": "0.1", "sample_type": "weighted", "objective": "binary:logistic"},
        {
            "tree_method": "hist",
            "monotone_constraints": "(1, 0, 0, -1)",
            "max_bin": "64",
            "grow_policy": "lossguide",
        },
        {"tree_method": "hist", "interaction_constraints": "[[1, 2], [3]]"},
        {"tree_method": "exact", "predictor": "cpu_predictor", "dsplit": "row", "num_parallel_tree": "2"},
    ],
    ids=lambda settings: settings.get("objective", settings.get("tree_method")),
)
def test_every_kind_of_setting_trains(workbench: Workbench, settings: dict[str, str]) -> None:
    classes = int(settings.get("num_class", 2 if settings.get("objective", "").startswith("binary") else 0))
    outcome = workbench.train_here({"num_round": "4", **settings}, {"a.csv": toy(classes).csv()}, "text/csv")

    assert outcome.code == 0, outcome.log
    assert re.search(r"^\[3\]\ttrain-", outcome.log, re.M), outcome.log


def on_hosts(
    folder: Path, settings: dict[str, str], parts: list[Files]
) -> "list[tuple[Workbench, subprocess.Popen[str]]]":
    """Start a job of several hosts, each with its part of the data, on addresses that only it uses."""
    network = f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 256}"
    hosts = [f"{network}.{number}" for number in range(1, len(parts) + 1)]
    started = []
    for host, part in zip(hosts, parts, strict=True):
        workbench = Workbench(folder / host)
        workbench.configure("resourceconfig", {"current_host": host, "hosts": hosts})
        workbench.configure("hyperparameters", settings)
        workbench.channel("train", part, "text/csv", "File")
        started.append((workbench, workbench.start()))
    return started


def test_hosts_that_are_stopped_end_after_the_same_round_and_keep_the_model(tmp_path: Path) -> None:
    lines = toy().csv().splitlines(keepends=True)
    settings = {**QUICK, "num_round": "1000000", "save_model_on_termination": "true"}
    (first, one), (second, other) = on_hosts(
        tmp_path, settings, [{"a.csv": "".join(lines[part::2])} for part in range(2)]
    )
    assert one.stdout is not None
    for line in one.stdout:
        if line.startswith("[3]"):
            break
    for job in (other, one):
        job.send_signal(signal.SIGTERM)
    outcomes = [first.outcome(one), second.outcome(other)]

    assert [outcome.code for outcome in outcomes] == [0, 0], [outcome.log for outcome in outcomes]
    assert [outcome.model.exists() for outcome in outcomes] == [True, False]


@pytest.mark.parametrize("absent", [0, 1], ids=["leader", "other"])
def test_a_stopped_host_does_not_wait_for_one_that_never_came(tmp_path: Path, absent: int) -> None:
    jobs = on_hosts(tmp_path, QUICK, [{"a.csv": toy().csv()}] * 2)
    jobs[absent][1].kill()
    jobs[absent][0].outcome(jobs[absent][1])
    workbench, job = jobs[1 - absent]
    assert job.stdout is not None
    for line in job.stdout:
        if "Distributed node training" in line:
            break
    job.send_signal(signal.SIGTERM)

    outcome = workbench.outcome(job)

    assert outcome.code == 0, outcome.log
    assert "not all hosts are there" in outcome.log


@pytest.mark.parametrize("empty", [False, True], ids=["all-have-data", "first-host-has-none"])
def test_hosts_train_one_model_together(tmp_path: Path, empty: bool) -> None:
    lines = toy(rows=600).csv().splitlines(keepends=True)
    parts: list[Files] = [{"a.csv": "".join(lines[part::3])} for part in range(3)]
    if empty:
        parts[0] = {}
    jobs = on_hosts(tmp_path, QUICK, parts)
    outcomes = [workbench.outcome(job) for workbench, job in jobs]
    writers = [outcome.model.exists() for outcome in outcomes]

    assert [outcome.code for outcome in outcomes] == [0, 0, 0], [outcome.log for outcome in outcomes]
    assert writers == ([False, True, False] if empty else [True, False, False])
    assert len(outcomes[writers.index(True)].metrics("train-auc")) == 8
