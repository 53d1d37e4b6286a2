"""What a data scientist does with MLflow, 2.13 or 3.x. Arguments: tracking URI, name."""

import sys
import warnings

import mlflow
from mlflow.tracking import MlflowClient

warnings.filterwarnings("ignore")
uri, name = sys.argv[1:3]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment(f"experiment {name}")
with mlflow.start_run(run_name="parent") as run:
    mlflow.log_param("depth", 3)
    mlflow.set_tag("team", "blue & green")
    for step in range(3):
        mlflow.log_metric("auc", 0.5 + step / 10, step=step)
    mlflow.log_metrics({"a": 1.0, "b": 2.0})
    mlflow.log_text("hello", "notes/hello.txt")
    with mlflow.start_run(run_name="child", nested=True):
        mlflow.log_metric("auc", 0.9)
found = mlflow.search_runs(
    experiment_names=[f"experiment {name}"], filter_string="metrics.auc > 0.6", output_format="list"
)
print("runs", sorted(run.info.run_name for run in found))
client = MlflowClient()
print("history", [metric.value for metric in client.get_metric_history(run.info.run_id, "auc")])
print("artifact", mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/hello.txt"))
print("listed", [item.path for item in client.list_artifacts(run.info.run_id)])


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


with mlflow.start_run(run_id=run.info.run_id):
    logged = mlflow.pyfunc.log_model("model", python_model=Echo(), pip_requirements=["mlflow"])
version = mlflow.register_model(logged.model_uri, f"model-{name}")
print("version", version.version)
print("loaded", mlflow.pyfunc.load_model(f"models:/model-{name}/{version.version}").predict([1, 2]))
if mlflow.__version__.startswith("3"):
    models = mlflow.search_logged_models(experiment_ids=[run.info.experiment_id], output_format="list")
    print("logged models", len(models))
    with mlflow.start_span("step") as span:
        span.set_inputs({"x": 1})
    mlflow.flush_trace_async_logging()
    traces = mlflow.search_traces(locations=[run.info.experiment_id], return_type="list")
    print("traces", len(traces))
