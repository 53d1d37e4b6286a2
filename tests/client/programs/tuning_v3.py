"""SDK v3, as a user writes it: a tuner, its analytics and its best training job."""

from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.tuner import HyperparameterTuner

CODE = str(Path(__file__).parent / "code")
session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "tuning-v3/train/data.csv")

trainer = ModelTrainer(
    training_image=image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1"),
    source_code=SourceCode(source_dir=CODE, entry_script="tuned.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"mode": "fast"},
    base_job_name="tune-v3",
    role=role,
    sagemaker_session=session,
)
tuner = HyperparameterTuner(
    trainer,
    objective_metric_name="validation:auc",
    metric_definitions=[{"Name": "validation:auc", "Regex": "validation-auc: ([0-9.]+)"}],
    hyperparameter_ranges={
        "depth": IntegerParameter(1, 6),
        "rate": ContinuousParameter(0.001, 1.0, scaling_type="Logarithmic"),
        "mode": CategoricalParameter(["fast", "slow"]),
    },
    strategy="Random",
    max_jobs=3,
    max_parallel_jobs=2,
    base_tuning_job_name="tune-v3",
)
tuner.tune([InputData(channel_name="train", data_source=f"s3://{bucket}/tuning-v3/train")], wait=True)
job = tuner.describe()
print("status", job.hyper_parameter_tuning_job_status)
frame = tuner.analytics().dataframe()
print("trials", len(frame), sorted(frame["TrainingJobStatus"].unique()))
best = frame.sort_values("FinalObjectiveValue").iloc[-1]
print("same best", best["TrainingJobName"] == tuner.best_training_job())
