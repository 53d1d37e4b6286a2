"""SDK v2, as a user writes it: a tuner, its analytics, its best model, and a warm start."""

from pathlib import Path

import sagemaker
from sagemaker.sklearn import SKLearn
from sagemaker.tuner import (
    CategoricalParameter,
    ContinuousParameter,
    HyperparameterTuner,
    IntegerParameter,
)

CODE = str(Path(__file__).parent / "code")
session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "tuning-v2/train/data.csv")
train = {"train": f"s3://{bucket}/tuning-v2/train"}

estimator = SKLearn(
    entry_point="tuned.py",
    source_dir=CODE,
    framework_version="1.2-1",
    role=role,
    instance_type="ml.m5.large",
    hyperparameters={"mode": "fast"},
    sagemaker_session=session,
)
tuner = HyperparameterTuner(
    estimator,
    objective_metric_name="validation:auc",
    metric_definitions=[{"Name": "validation:auc", "Regex": "validation-auc: ([0-9.]+)"}],
    hyperparameter_ranges={
        "depth": IntegerParameter(1, 6),
        "rate": ContinuousParameter(0.001, 1.0, scaling_type="Logarithmic"),
        "mode": CategoricalParameter(["fast", "slow"]),
    },
    strategy="Bayesian",
    max_jobs=5,
    max_parallel_jobs=2,
    random_seed=7,
    base_tuning_job_name="tune-v2",
)
tuner.fit(train, wait=True)
frame = tuner.analytics().dataframe()
print("trials", len(frame), sorted(frame["TrainingJobStatus"].unique()))
best = frame.sort_values("FinalObjectiveValue").iloc[-1]
print("same best", best["TrainingJobName"] == tuner.best_training_job())
print("columns", sorted(set(frame.columns) & {"depth", "rate", "mode", "FinalObjectiveValue"}))
print("best depth", tuner.best_estimator().hyperparameters()["depth"] == str(int(float(best["depth"]))))
print(
    "summary", tuner.analytics().training_job_summaries()[0]["TuningJobName"] == tuner.latest_tuning_job.name
)

again = HyperparameterTuner.attach(tuner.latest_tuning_job.name, sagemaker_session=session)
print("attached", again.best_training_job() == tuner.best_training_job())
child = tuner.identical_dataset_and_algorithm_tuner()
child.metric_definitions = tuner.metric_definitions
child.max_jobs = 1
child.max_parallel_jobs = 1
child.fit(train, wait=True)
print("warm", child.describe()["OverallBestTrainingJob"]["TuningJobName"].startswith("tune-v2"))

free = HyperparameterTuner(
    SKLearn(
        entry_point="tuned.py",
        source_dir=CODE,
        framework_version="1.2-1",
        role=role,
        instance_type="ml.m5.large",
        hyperparameters={"depth": 3, "rate": 0.1, "mode": "fast"},
        sagemaker_session=session,
    ),
    objective_metric_name="validation:auc",
    metric_definitions=tuner.metric_definitions,
    hyperparameter_ranges=None,
    hyperparameters_to_keep_static=["mode"],
    autotune=True,
    base_tuning_job_name="free-v2",
    strategy="Random",
    max_jobs=2,
    max_parallel_jobs=2,
)
free.fit(train, wait=True)
tried = free.analytics().dataframe()
print("autotune", len(tried), tried["rate"].astype(float).between(0.01, 0.99).all())
