"""Invocations of served models, over HTTP."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from workbench import Bank, Endpoint, Toy, Workbench, toy
from xgboost_image import models, recordio, requests, selection, service
from xgboost_image.library import lean_xgboost

Serve = Callable[..., Endpoint]
Served = tuple[Endpoint, Any, Toy]


def fit(data: Toy, settings: dict[str, Any], rounds: int = 10) -> Any:
    xgboost = lean_xgboost()
    return xgboost.train({"seed": 1, **settings}, xgboost.DMatrix(data.features, label=data.labels), rounds)


def put(workbench: Workbench, booster: Any, name: str = "xgboost-model") -> None:
    folder = workbench.root / "model"
    models.write_model(booster, folder / name)


def body(data: Toy, rows: int = 20) -> str:
    lines = (",".join("" if np.isnan(cell) else f"{cell:g}" for cell in row) for row in data.features[:rows])
    return "\n".join(lines)


def own(booster: Any, data: Toy, rows: int = 20) -> Any:
    return booster.predict(lean_xgboost().DMatrix(data.features[:rows]))


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Endpoint, Any, Toy]]:
    """A served binary classifier, the classifier itself, and the data it was trained on."""
    workbench = Workbench(tmp_path_factory.mktemp("binary"))
    data = toy()
    booster = fit(data, {"objective": "binary:logistic"})
    put(workbench, booster)
    endpoint = Endpoint(workbench, {})
    yield endpoint, booster, data
    endpoint.stop()


def test_a_trained_job_is_served_and_scores_the_test_rows(
    workbench: Workbench, bank: Bank, serve: Serve
) -> None:
    settings = {
        "num_round": "60",
        "objective": "binary:logistic",
        "eval_metric": "auc",
        "max_depth": "4",
        "eta": "0.2",
    }
    outcome = workbench.train(
        settings, {"train.csv": bank.csv(bank.train)}, {"v.csv": bank.csv(bank.validation)}
    )
    assert outcome.code == 0, outcome.log
    status, answer, content_type = serve().invoke(bank.csv(bank.test.drop(columns="label")))
    scores = [float(line) for line in answer.decode().splitlines()]

    assert (status, content_type) == (200, "text/csv; charset=utf-8")
    assert len(scores) == len(bank.test) == 4119
    assert roc_auc_score(bank.test["label"], scores) == pytest.approx(0.770, abs=0.015)


def test_ping_and_execution_parameters(binary: Served) -> None:
    endpoint = binary[0]
    parameters = json.loads(endpoint.get("/execution-parameters")[1])

    assert endpoint.get("/ping")[0] == 200
    assert parameters["BatchStrategy"] == "MULTI_RECORD"
    assert parameters["MaxPayloadInMB"] == 6
    assert parameters["MaxConcurrentTransforms"] >= 1


def test_every_request_format_gives_xgboost_s_own_numbers(binary: Served) -> None:
    endpoint, booster, data = binary
    libsvm = "\n".join(line.partition(" ")[2] for line in data.libsvm().splitlines()[:20])
    rows = ({"values": row.tolist()} for row in data.features[:20])
    features = recordio.write(rows)
    answers = {
        "csv": endpoint.invoke(body(data)),
        "none": endpoint.invoke(body(data), None),
        "parameters": endpoint.invoke(body(data), "text/csv; charset=utf-8"),
        "crlf": endpoint.invoke(body(data).replace("\n", "\r\n") + "\r\n"),
        "libsvm": endpoint.invoke(libsvm, "text/libsvm"),
        "labelled libsvm": endpoint.invoke("\n".join(data.libsvm().splitlines()[:20]), "text/x-libsvm"),
        "recordio": endpoint.invoke(_features(features), "application/x-recordio-protobuf"),
    }

    for name, (status, answer, _) in answers.items():
        assert status == 200, (name, answer)
        assert np.array_equal(np.array(answer.split(), dtype=np.float32), own(booster, data)), name


def _features(stream: bytes) -> bytes:
    """Turn the labels of answered records into features: the same map under field 1 instead of 2."""
    out = bytearray()
    for frame in recordio.frames(stream):
        changed = b"\x0a" + frame[1:]
        out += stream[:4] + len(changed).to_bytes(4, "little") + changed + b"\0" * (-len(changed) % 4)
    return bytes(out)


@pytest.mark.parametrize(
    ("sent", "content_type", "accept", "status"),
    [
        ("", "text/csv", None, 204),
        ("0.1,0.2,0.3,0.4", "application/json", None, 415),
        ("0.1,0.2,0.3,0.4", "application/x-parquet", None, 415),
        ("a,b,c,d", "text/csv", None, 415),
        ("1,2,3,4\n1,2", "text/csv", None, 415),
        ("no pairs", "text/libsvm", None, 415),
        ("no magic", "application/x-recordio-protobuf", None, 415),
        ("1,2,3,4,5,6,7", "text/csv", None, 400),
        ("0.1,0.2,0.3,0.4", "text/csv", "image/png", 406),
        ("0.1,0.2,0.3,0.4", "text/csv", "*/*", 200),
        ("0.1,0.2,0.3,0.4", "text/csv", "image/png, application/json", 200),
    ],
)
def test_statuses_of_requests(
    binary: Served, sent: str, content_type: str, accept: str | None, status: int
) -> None:
    got, answer, _ = binary[0].invoke(sent, content_type, accept)

    assert got == status, answer


def test_every_accepted_type_carries_the_score(binary: Served) -> None:
    endpoint, booster, data = binary
    expected = own(booster, data, 3).tolist()
    sent = body(data, 3)
    csv = endpoint.invoke(sent, accept="text/csv")
    as_json = endpoint.invoke(sent, accept="application/json")
    lines = endpoint.invoke(sent, accept="application/jsonlines")
    records = endpoint.invoke(sent, accept="application/x-recordio-protobuf")

    assert csv[1].decode() == "".join(f"{value}\n" for value in expected)
    assert json.loads(as_json[1]) == {"predictions": [{"score": value} for value in expected]}
    assert [json.loads(line) for line in lines[1].splitlines()] == [{"score": value} for value in expected]
    assert [record.label["score"].values.tolist() for record in recordio.read(records[1])] == [
        [v] for v in expected
    ]
    assert [each[2] for each in (as_json, lines, records)] == [
        "application/json",
        "application/jsonlines",
        "application/x-recordio-protobuf",
    ]


def test_the_default_accept_type_can_be_set(workbench: Workbench, serve: Serve) -> None:
    put(workbench, fit(toy(), {"objective": "binary:logistic"}))
    answer = serve(SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT="application/json").invoke("0.1,0.2,0.3,0.4")

    assert list(json.loads(answer[1])) == ["predictions"]


def test_batch_transform_gets_a_line_per_row(workbench: Workbench, serve: Serve) -> None:
    data = toy(3)
    put(workbench, fit(data, {"objective": "multi:softprob", "num_class": 3}))
    plain = serve().invoke(body(data, 2))[1].decode()
    batch = serve(SAGEMAKER_BATCH="true").invoke(body(data, 2))[1].decode()

    assert [len(line.split(",")) for line in plain.splitlines()] == [3, 3]
    assert [len(json.loads(line)) for line in batch.splitlines()] == [3, 3]
    assert batch.endswith("\n")


PROBABLE = {"predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores"}
BINARY = PROBABLE - {"probability", "probabilities"}
OBJECTIVES: list[tuple[dict[str, Any], int, set[str]]] = [
    ({"objective": "binary:logistic"}, 2, PROBABLE),
    ({"objective": "binary:logitraw"}, 2, BINARY),
    ({"objective": "binary:hinge"}, 2, BINARY),
    ({"objective": "multi:softmax", "num_class": 3}, 3, BINARY),
    ({"objective": "multi:softprob", "num_class": 3}, 3, PROBABLE),
    ({"objective": "reg:squarederror"}, 0, {"predicted_score"}),
    ({"objective": "reg:gamma"}, 0, {"predicted_score"}),
]


@pytest.mark.parametrize(("settings", "classes", "valid"), OBJECTIVES, ids=lambda each: str(each)[:40])
def test_selectable_output_has_what_the_objective_can_give(
    workbench: Workbench, settings: dict[str, Any], classes: int, valid: set[str]
) -> None:
    data = toy(classes)
    booster = fit(data, settings)
    put(workbench, booster)
    keys = sorted(PROBABLE | {"predicted_score"})
    served = service.Service(
        workbench.root / "model", service.Settings.read({"SAGEMAKER_INFERENCE_OUTPUT": ", ".join(keys)})
    )
    answer = served.invocations(body(data).encode(), "text/csv", "application/json")
    rows = json.loads(answer.body)["predictions"]
    useful = {key for key in keys if all(rows[0][key] == row[key] or row[key] == row[key] for row in rows)}

    assert useful == valid
    for raw, row in zip(own(booster, data), rows, strict=True):
        if "labels" in valid:
            assert row["labels"] == list(range(classes))
        if "probabilities" in valid:
            assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-6)
            assert row["probability"] in row["probabilities"]
        if "predicted_label" in valid:
            assert row["predicted_label"] == selection._label(raw, settings["objective"])
        if "predicted_score" in valid:
            assert row["predicted_score"] == raw.item()


def test_selected_values_as_csv_keep_their_order_and_quote_lists(workbench: Workbench, serve: Serve) -> None:
    data = toy()
    booster = fit(data, {"objective": "binary:logistic"})
    put(workbench, booster)
    chosen = "predicted_label,probability,labels"
    answer = serve(SAGEMAKER_INFERENCE_OUTPUT=chosen).invoke(body(data, 1))[1].decode()
    score = own(booster, data, 1)[0].item()

    assert answer == f'{int(score > 0.5)},{score},"[0, 1]"'


def test_selected_values_as_records_are_named(workbench: Workbench, serve: Serve) -> None:
    data = toy()
    put(workbench, fit(data, {"objective": "binary:logistic"}))
    endpoint = serve(SAGEMAKER_INFERENCE_OUTPUT="predicted_label,probabilities")
    answer = endpoint.invoke(body(data, 2), accept="application/x-recordio-protobuf")[1]
    records = list(recordio.read(answer))

    assert [set(record.label) for record in records] == [{"predicted_label", "probabilities"}] * 2
    assert len(records[0].label["probabilities"].values) == 2


def test_several_models_answer_with_their_mean_unless_told_not_to(workbench: Workbench, serve: Serve) -> None:
    data = toy()
    boosters = [fit(data, {"objective": "binary:logistic", "max_depth": depth}) for depth in (1, 3, 6)]
    for index, booster in enumerate(boosters):
        put(workbench, booster, f"xgboost-model-{index}")
    (workbench.root / "model" / ".hidden").write_text("no model")
    (workbench.root / "model" / "code").mkdir()
    together = np.array(serve().invoke(body(data))[1].split(), dtype=np.float32)
    alone = np.array(
        serve(SAGEMAKER_INFERENCE_ENSEMBLE="false").invoke(body(data))[1].split(), dtype=np.float32
    )

    assert np.allclose(together, np.mean([own(booster, data) for booster in boosters], axis=0))
    assert np.array_equal(alone, own(boosters[0], data))


def test_several_classifiers_vote(workbench: Workbench, serve: Serve) -> None:
    data = toy(3)
    settings = {"objective": "multi:softmax", "num_class": 3}
    boosters = [fit(data, {**settings, "max_depth": depth}, rounds=2) for depth in (1, 5, 5)]
    for index, booster in enumerate(boosters):
        put(workbench, booster, f"xgboost-model-{index}")

    assert np.array_equal(
        np.array(serve().invoke(body(data))[1].split(), dtype=float), own(boosters[1], data)
    )


def test_a_pickled_booster_is_served_and_checks_the_number_of_features(
    workbench: Workbench, serve: Serve
) -> None:
    data = toy()
    booster = fit(data, {"objective": "binary:logistic"})
    folder = workbench.root / "model"
    (folder / "xgboost-model").write_bytes(pickle.dumps(booster))
    endpoint = serve()
    right = endpoint.invoke(body(data))
    one_fewer = endpoint.invoke("0.1,0.2,0.3")
    wrong = endpoint.invoke("0.1,0.2")

    assert np.array_equal(np.array(right[1].split(), dtype=np.float32), own(booster, data))
    assert one_fewer[0] == 200
    assert wrong[0] == 400
    assert (
        b"Feature size of csv inference data 2 is not consistent with feature size of trained model 4"
        in wrong[1]
    )


@pytest.mark.parametrize(
    "settings", [{"booster": "gblinear"}, {"booster": "dart", "rate_drop": 0.2}], ids=str
)
def test_other_boosters_are_served_with_their_own_numbers(
    workbench: Workbench, serve: Serve, settings: dict[str, Any]
) -> None:
    data = toy()
    data.features[np.isnan(data.features)] = 0.5
    booster = fit(data, {"objective": "binary:logistic", **settings})
    put(workbench, booster)
    answer = serve().invoke(body(data))

    assert np.allclose(np.array(answer[1].split(), dtype=np.float32), own(booster, data), atol=1e-6)


def test_a_directory_without_a_model_is_unhealthy_and_says_so(workbench: Workbench, serve: Serve) -> None:
    (workbench.root / "model" / "xgboost-model").write_text("this is no model")
    endpoint = serve()
    status, answer, _ = endpoint.invoke("1,2,3,4")

    assert endpoint.get("/ping")[0] >= 500
    assert status == 500
    assert b"Unable to load model" in answer


def test_a_stop_ends_the_server_cleanly(workbench: Workbench, serve: Serve) -> None:
    put(workbench, fit(toy(), {"objective": "binary:logistic"}))

    assert serve().stop() == 0


def test_large_requests_keep_the_order_of_rows(binary: Served) -> None:
    endpoint, booster, data = binary
    answer = endpoint.invoke("\n".join([body(data, 400)] * 25))

    assert np.array_equal(np.array(answer[1].split(), dtype=np.float32), np.tile(own(booster, data, 400), 25))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("cell", ["", "nan", "1e-3", " 7", "True", "False"])
def test_many_rows_are_read_as_a_few_are(cell: str, end: str) -> None:
    few = f"1,{cell},3\n4.25,5,\n"
    many = (few * (requests.LARGE // 8)).rstrip("\n") + end

    table = requests.read(many.encode(), "text/csv").table

    np.testing.assert_array_equal(table[:2], requests.read(few.encode(), "text/csv").table)
    np.testing.assert_array_equal(table[-2:], table[:2])


@pytest.mark.parametrize(
    ("row", "sentence"),
    [("1,2", "has 2 columns, row 1 has 3"), ("1,two,3", "could not convert string to float: 'two'")],
)
def test_a_bad_row_among_many_is_refused_as_among_few(row: str, sentence: str) -> None:
    many = "1,2,3\n" * requests.LARGE + row + "\n"

    with pytest.raises(requests.UnsupportedContent, match=sentence):
        requests.read(many.encode(), "text/csv")


ONE_ROW = """
import sys
from xgboost_image import library, place, service

asked = service.Service(place.base() / "model", service.Settings())
answer = asked.invocations(b"0.5,,0.5", "text/csv", None)
print(answer.status, sorted({"pandas", "sklearn", "pyarrow"} & set(sys.modules)))
import numpy, pandas
frame = pandas.DataFrame(numpy.zeros((2, 3)))
xgboost = library.lean_xgboost()
print(xgboost.DMatrix(frame).num_row(), xgboost.DMatrix(frame[0]).num_col())
"""
"""A first request, and what XGBoost makes of pandas once it is there."""


def test_a_row_is_predicted_without_pandas_which_is_known_once_it_is_imported(workbench: Workbench) -> None:
    features = np.random.default_rng(1).random((50, 3))
    xgboost = lean_xgboost()
    matrix = xgboost.DMatrix(features, label=features[:, 0])
    put(workbench, xgboost.train({"seed": 1}, matrix, 2))

    asked = [sys.executable, "-c", ONE_ROW]
    told = subprocess.run(asked, env=workbench.environment(), capture_output=True, text=True, check=True)

    assert told.stdout.splitlines()[-2:] == ["200 []", "2 1"]
