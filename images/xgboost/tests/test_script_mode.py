"""The user's own programs: training through AWS's toolkit, and serving with the user's functions."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from workbench import Endpoint, Workbench, toy

TRAIN = """
import argparse, json, os, pickle
import xgboost as xgb
from sagemaker_containers import entry_point
from sagemaker_xgboost_container import distributed
from sagemaker_xgboost_container.data_utils import get_dmatrix

def fit(params, dtrain, rounds, model_dir, is_master):
    print("hosts", os.environ["SM_HOSTS"], "master", is_master)
    booster = xgb.train(params, dtrain, rounds, evals=[(dtrain, "train")])
    if is_master:
        pickle.dump(booster, open(os.path.join(model_dir, "xgboost-model"), "wb"))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_depth", type=int)
    parser.add_argument("--num_round", type=int)
    parser.add_argument("--model_dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    args, _ = parser.parse_known_args()
    hosts = json.loads(os.environ["SM_HOSTS"])
    dtrain = get_dmatrix(args.train, "csv")
    settings = {"max_depth": args.max_depth, "objective": "binary:logistic", "eval_metric": "auc"}
    distributed.rabit_run(
        exec_fun=fit,
        args={"params": settings, "dtrain": dtrain, "rounds": args.num_round, "model_dir": args.model_dir},
        include_in_training=dtrain is not None,
        hosts=hosts,
        current_host=os.environ["SM_CURRENT_HOST"],
        update_rabit_args=True,
    )
"""

INFERENCE = """
import os, pickle

def model_fn(model_dir):
    with open(os.path.join(model_dir, "xgboost-model"), "rb") as file:
        return pickle.load(file)

def output_fn(prediction, accept):
    return ";".join(f"{value:.3f}" for value in prediction)
"""


def test_a_program_trains_with_the_modules_of_the_image(workbench: Workbench, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text(TRAIN)
    given = {
        "max_depth": 3,
        "num_round": 6,
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": str(code),
    }
    outcome = workbench.train(
        {name: json.dumps(value) for name, value in given.items()}, {"a.csv": toy().csv()}
    )

    assert outcome.code == 0, outcome.log
    assert "--max_depth 3 --num_round 6" in outcome.log
    assert "master True" in outcome.log
    assert len(outcome.metrics("train-auc")) == 6
    assert outcome.model.exists()


def test_a_program_that_fails_leaves_its_error(workbench: Workbench, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "train.py").write_text("raise ValueError('no such column: pdays')")
    given = {"sagemaker_program": "train.py", "sagemaker_submit_directory": str(code)}
    outcome = workbench.train({name: json.dumps(value) for name, value in given.items()}, {"a.csv": "1,2\n"})

    assert outcome.code == 1
    assert "ExecuteUserScriptError" in outcome.failure
    assert "no such column: pdays" in outcome.log


def test_an_inference_script_is_completed_with_the_image_s_defaults(
    workbench: Workbench, serve: Callable[..., Endpoint], tmp_path: Path
) -> None:
    data = toy()
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text(TRAIN)
    given = {"max_depth": 3, "num_round": 6, "sagemaker_program": "train.py"}
    given["sagemaker_submit_directory"] = str(tmp_path / "code")
    trained = workbench.train(
        {name: json.dumps(value) for name, value in given.items()}, {"a.csv": data.csv()}
    )
    code = workbench.root / "model" / "code"
    code.mkdir()
    (code / "inference.py").write_text(INFERENCE)
    endpoint = serve(SAGEMAKER_PROGRAM="inference.py", SAGEMAKER_SUBMIT_DIRECTORY=str(code))
    rows = "\n".join(",".join(map(str, row)) for row in np.nan_to_num(data.features[:3]))
    status, answer, _ = endpoint.invoke(rows, "text/csv")

    assert trained.code == 0, trained.log
    assert status == 200, answer
    assert len(answer.decode().split(";")) == 3
    assert endpoint.invoke("[1]", "application/json")[0] == 415
