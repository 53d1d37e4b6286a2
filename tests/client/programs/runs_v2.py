"""SDK v2, as a data scientist writes it: runs of an experiment, on the desk and in a job, and their table."""

import tempfile
from pathlib import Path

import sagemaker
from sagemaker.analytics import ExperimentAnalytics
from sagemaker.estimator import Estimator
from sagemaker.experiments import Experiment
from sagemaker.experiments.run import Run, list_runs, load_run

NAME = "runs-v2"
IMAGE = "885854791233.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution:2.0-cpu"
JOB = """
import boto3
from sagemaker.experiments import load_run
from sagemaker.session import Session

with load_run(sagemaker_session=Session(boto3.Session())) as run:
    run.log_parameter("place", "job")
    run.log_metric("loss", 0.5, step=1)
"""
session = sagemaker.Session()
client = session.sagemaker_client
with tempfile.TemporaryDirectory() as folder:
    notes = Path(folder) / "notes.txt"
    notes.write_text("hello")
    program = Path(folder) / "job.py"
    program.write_text(JOB)
    code = session.upload_data(str(program), key_prefix=NAME)
    with Run(NAME, run_name="first", sagemaker_session=session) as run:
        run.log_parameters({"depth": 3, "kind": "tree"})
        for step in range(15):
            run.log_metric("auc", step / 10, step=step)
        run.log_file(str(notes), name="notes")
        run.log_artifact("data", "s3://somewhere/data", is_output=False)
    with Run(NAME, run_name="second", sagemaker_session=session) as run:
        run.log_parameter("depth", 6)
        run.log_metric("auc", 9.0)
        estimator = Estimator(
            image_uri=IMAGE,
            role=sagemaker.get_execution_role(session),
            instance_type="ml.m5.large",
            instance_count=1,
            container_entry_point=["python", "/opt/ml/input/data/code/job.py"],
            sagemaker_session=session,
        )
        estimator.fit({"code": code}, wait=False)
        client.get_waiter("training_job_completed_or_stopped").wait(
            TrainingJobName=estimator.latest_training_job.name, WaiterConfig={"Delay": 1, "MaxAttempts": 1800}
        )
try:
    with Run(NAME, run_name="third", sagemaker_session=session):
        raise ValueError("it went wrong")
except ValueError:
    pass

with load_run(experiment_name=NAME, run_name="first", sagemaker_session=session) as run:
    component = run._trial_component
    print("parameters", component.parameters)
    print("metrics", [(one.metric_name, one.max, one.count) for one in component.metrics])
    print("file", component.output_artifacts["notes"].media_type)
runs = {run.run_name: run for run in list_runs(NAME, sagemaker_session=session)}
print("runs", sorted((name, run._trial_component.status.primary_status) for name, run in runs.items() if run))
second = client.describe_trial_component(TrialComponentName=f"{NAME}-second")
print("in the job", second["Parameters"]["place"], [one["MetricName"] for one in second["Metrics"]])
components = client.list_trial_components(ExperimentName=NAME)["TrialComponentSummaries"]
job = f"{estimator.latest_training_job.name}-aws-training-job"
print("job in the experiment", job in [one["TrialComponentName"] for one in components])
table = ExperimentAnalytics(
    sagemaker_session=session, experiment_name=NAME, sort_by="metrics.auc.max", sort_order="Descending"
).dataframe()
print("best", list(table["DisplayName"])[:2], list(table["auc - Max"])[:2], table["Experiments"][0])
deep = {"Filters": [{"Name": "Parameters.depth", "Operator": "GreaterThan", "Value": "4"}]}
table = ExperimentAnalytics(
    sagemaker_session=session, experiment_name=NAME, search_expression=deep, metric_names=["auc"]
).dataframe()
print("deep", list(table["DisplayName"]))
experiment = Experiment.load(NAME, sagemaker_session=session)
experiment._delete_all(action="--force")
every = [one["ExperimentName"] for one in client.list_experiments()["ExperimentSummaries"]]
print("left", [name for name in every if name == NAME])
