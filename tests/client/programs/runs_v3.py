"""SDK v3, as a data scientist writes it: a run with its curves, and the table of the experiment."""

import tempfile
from pathlib import Path

from sagemaker.core.analytics import ExperimentAnalytics
from sagemaker.core.experiments import Experiment
from sagemaker.core.experiments.run import Run, load_run
from sagemaker.core.helper.session_helper import Session

NAME = "runs-v3"
session = Session()
truth, scores = [0, 1, 1, 0], [0.1, 0.9, 0.4, 0.3]
with tempfile.TemporaryDirectory() as folder:
    notes = Path(folder) / "notes.txt"
    notes.write_text("hello")
    with Run(NAME, run_name="first", sagemaker_session=session) as run:
        run.log_parameter("depth", 3)
        for step in range(12):
            run.log_metric("auc", step / 10, step=step)
        run.log_file(str(notes), name="notes")
        run.log_confusion_matrix(truth, [0, 1, 0, 0], title="confusion")
        run.log_precision_recall(truth, scores, positive_label=1, title="recall")
        run.log_roc_curve(truth, scores, title="roc")
with load_run(experiment_name=NAME, run_name="first", sagemaker_session=session) as run:
    component = run._trial_component
    print("metrics", [(one.metric_name, one.max, one.count) for one in component.metrics])
made = session.sagemaker_client.list_associations(SourceArn=component.trial_component_arn)
print("curves", sorted(one["DestinationType"] for one in made["AssociationSummaries"]))
table = ExperimentAnalytics(sagemaker_session=session, experiment_name=NAME).dataframe()
print("table", list(table["DisplayName"]), list(table["auc - Last"]), list(table["depth"]))
Experiment.load(NAME, sagemaker_session=session)._delete_all(action="--force")
