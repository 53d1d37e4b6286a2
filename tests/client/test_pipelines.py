"""Pipelines through boto3: definitions that are checked, executions that run each step for real."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.jobs import IMAGE, ROLE, processing_input
from tests.lines import OUT, Line, get, join, refusal
from tests.servers import Server
from tests.shops import Shop
from tests.tunings import Tunings, categorical, teach
from tests.waiting import PATIENCE, wait_until


def test_a_step_reads_what_another_left(line: Line) -> None:
    line.processing("first", f"open('{OUT}/a', 'w').write('made by first')")
    uri = get("Steps.first.ProcessingOutputConfig.Outputs['output'].S3Output.S3Uri")
    line.processing(
        "second",
        f"open('{OUT}/b', 'w').write(open('/opt/ml/processing/input/a').read().upper())",
        inputs=[processing_input("data", uri, "/opt/ml/processing/input")],  # type: ignore[arg-type]  # an expression
    )

    execution = line.run()

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert list(line.told(execution)) == ["first", "second"]
    assert line.bench.get("second/b") == b"MADE BY FIRST"


def test_a_training_step_gives_its_model_on(line: Line) -> None:
    bench = line.bench
    request = bench.training('open("/opt/ml/model/m", "w").write("m")')
    del request["TrainingJobName"]
    line.add({"Name": "Train", "Type": "Training", "Arguments": request})
    line.add(
        {
            "Name": "Make-Model",
            "Type": "Model",
            "Arguments": {
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {
                    "Image": IMAGE,
                    "ModelDataUrl": get("Steps.Train.ModelArtifacts.S3ModelArtifacts"),
                },
            },
        }
    )

    execution = line.run()

    told = line.told(execution)
    assert {name: each["StepStatus"] for name, each in told.items()} == {
        "Train": "Succeeded",
        "Make-Model": "Succeeded",
    }
    arn = told["Train"]["Metadata"]["TrainingJob"]["Arn"]
    id_ = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert f":training-job/pipelines-{id_}-train-" in arn
    model = bench.sagemaker.describe_model(ModelName=bench.sagemaker.list_models()["Models"][0]["ModelName"])
    assert model["PrimaryContainer"]["ModelDataUrl"].endswith("/output/model.tar.gz")


def test_a_transform_step_scores_a_batch(line: Line, shop: Shop) -> None:
    server = (Path(__file__).parents[1] / "programs" / "summing_server.py").read_bytes()
    model = shop.model("summing", {"server.py": server})
    data = line.bench.put("batch/a.csv", "1,2\n3,4\n")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": data}}
    arguments = {
        "ModelName": model,
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": join("s3://workbench", get("Execution.PipelineName"), on="/")},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    line.add({"Name": "Score", "Type": "Transform", "Arguments": arguments})

    execution = line.run()

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert "TransformJob" in line.told(execution)["Score"]["Metadata"]
    assert line.bench.get("line/a.csv.out") == b"3.0\n7.0\n"


def test_a_condition_takes_one_branch_and_the_other_never_appears(line: Line) -> None:
    line.processing(
        "judge",
        f"open('{OUT}/e.json', 'w').write('{{\"auc\": {{\"value\": 0.8}}}}')",
        PropertyFiles=[{"PropertyFileName": "evaluation", "OutputName": "output", "FilePath": "e.json"}],
    )
    good = line.inside(line.processing("good", "pass"))
    line.processing("after-bad", "pass", DependsOn=["sorry"])
    sorry = line.inside(line.processing("sorry", "pass"))
    bad = {"Name": "bad", "Type": "Fail", "Arguments": {"ErrorMessage": "not good enough"}}
    value = {
        "Std:JsonGet": {"PropertyFile": get("Steps.judge.PropertyFiles.evaluation"), "Path": "auc.value"}
    }
    line.parameters.append({"Name": "Threshold", "Type": "Float", "DefaultValue": 0.7})
    condition = {
        "Type": "GreaterThanOrEqualTo",
        "LeftValue": value,
        "RightValue": get("Parameters.Threshold"),
    }
    line.add(
        {
            "Name": "check",
            "Type": "Condition",
            "Arguments": {"Conditions": [condition], "IfSteps": [good], "ElseSteps": [bad, sorry]},
        }
    )
    line.create()

    passed = line.ended(line.start())
    failed = line.ended(line.start(Threshold="0.9"))

    assert list(line.told(passed)) == ["judge", "check", "good"]
    assert line.told(passed)["check"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert list(line.told(failed)) == ["judge", "check", "bad"]
    assert (failed["PipelineExecutionStatus"], failed["FailureReason"]) == ("Failed", "not good enough")
    assert "after-bad" not in line.told(failed)


def test_arguments_are_put_together_and_cast(line: Line) -> None:
    line.parameters += [
        {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
        {"Name": "Flag", "Type": "Boolean", "DefaultValue": True},
    ]
    arguments = [
        join("s3://", get("Execution.PipelineExecutionId"), on=""),
        get("Parameters.Flag"),
        get("Parameters.Count"),
    ]
    line.processing(
        "only",
        f"import sys; open('{OUT}/a', 'w').write(' '.join(sys.argv[1:]))",
        app={"ContainerArguments": arguments},
    )

    execution = line.run(Count="7", Flag="false")

    id_ = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert line.bench.get("only/a").decode() == f"s3://{id_} false 7"
    given = line.bench.sagemaker.list_pipeline_parameters_for_execution(
        PipelineExecutionArn=execution["PipelineExecutionArn"]
    )
    assert given["PipelineParameters"] == [
        {"Name": "Count", "Value": "7"},
        {"Name": "Flag", "Value": "false"},
    ]


def test_a_step_can_tell_its_job_the_jobs_name(line: Line) -> None:
    told = join("name=", get("Execution.ProcessingJobName"))
    line.processing("only", "pass", arguments={"Environment": {"NAME": told}})

    step = line.told(line.run())["only"]

    (summary,) = line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    name = summary["ProcessingJobName"]
    job = line.bench.sagemaker.describe_processing_job(ProcessingJobName=name)
    assert (step["StepStatus"], job["Environment"]) == ("Succeeded", {"NAME": f"name={name}"})


def test_a_second_run_hits_the_cache(line: Line) -> None:
    line.processing(
        "only", f"open('{OUT}/a', 'w').write('x')", CacheConfig={"Enabled": True, "ExpireAfter": "p30d"}
    )
    first = line.run()
    second = line.ended(line.start())

    hit = line.told(second)["only"]
    assert hit["CacheHitResult"] == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
    assert hit["Metadata"] == line.told(first)["only"]["Metadata"]
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 1


def test_a_failed_step_fails_the_execution_and_a_retry_resumes_there(line: Line) -> None:
    line.processing("first", "pass")
    line.processing(
        "second", "import os; raise SystemExit(0 if os.path.exists('/opt/ml/processing/code/ok') else 1)"
    )
    line.steps[1]["DependsOn"] = ["first"]
    code = line.steps[1]["Arguments"]["ProcessingInputs"][0]["S3Input"]
    code["S3Uri"] = "s3://workbench/code/second"
    failed = line.run()
    assert failed["PipelineExecutionStatus"] == "Failed"
    assert failed["FailureReason"] == "Step failure: One or multiple steps failed."
    assert line.told(failed)["second"]["FailureReason"] == (
        "ClientError: AlgorithmError: See job logs for more information"
    )
    line.bench.put("code/second/ok", "")

    line.bench.sagemaker.retry_pipeline_execution(
        PipelineExecutionArn=failed["PipelineExecutionArn"], ClientRequestToken="t" * 32
    )

    again = line.ended(failed["PipelineExecutionArn"])
    assert again["PipelineExecutionStatus"] == "Succeeded"
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 3


def test_a_stopped_execution_stops_its_jobs(line: Line) -> None:
    line.processing("long", "import time; time.sleep(600)")
    line.create()
    arn = line.start()
    sagemaker = line.bench.sagemaker

    def begun() -> bool:
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
        return bool(steps) and "Metadata" in steps[0]

    wait_until(begun, "the step did not begin")
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="t" * 32)

    stopped = line.ended(arn)
    assert stopped["PipelineExecutionStatus"] == "Stopped"
    assert line.told(stopped)["long"]["StepStatus"] == "Stopped"
    jobs = sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert [each["ProcessingJobStatus"] for each in jobs] == ["Stopped"]


def test_the_parallelism_of_an_execution_may_change_while_it_runs(line: Line) -> None:
    wait = "import time; time.sleep(600)"
    line.processing("one", wait)
    line.processing("two", wait)
    line.create()
    arn = line.bench.sagemaker.start_pipeline_execution(
        PipelineName="line", ParallelismConfiguration={"MaxParallelExecutionSteps": 1}
    )["PipelineExecutionArn"]
    begun = {"PipelineExecutionArn": arn}
    wait_until(lambda: list(line.told(begun)) == ["one"], "the first step did not begin")

    line.bench.sagemaker.update_pipeline_execution(
        PipelineExecutionArn=arn, ParallelismConfiguration={"MaxParallelExecutionSteps": 2}
    )

    wait_until(lambda: list(line.told(begun)) == ["one", "two"], "the second step did not begin")
    line.bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert line.ended(arn)["PipelineExecutionStatus"] == "Stopped"


def test_versions_are_kept_and_can_be_started(line: Line) -> None:
    line.processing("one", "pass")
    line.create()
    line.steps.clear()
    line.processing("two", "pass")
    updated = line.bench.sagemaker.update_pipeline(PipelineName="line", PipelineDefinition=line.definition)

    assert updated["PipelineVersionId"] == 2
    versions = line.bench.sagemaker.list_pipeline_versions(PipelineName="line")["PipelineVersionSummaries"]
    assert [each["PipelineVersionId"] for each in versions] == [2, 1]
    arn = line.bench.sagemaker.start_pipeline_execution(PipelineName="line", PipelineVersionId=1)
    assert list(line.told(line.ended(arn["PipelineExecutionArn"]))) == ["one"]


def test_a_name_is_taken_once_and_the_sdks_can_tell(line: Line) -> None:
    line.processing("only", "pass")
    line.create()

    assert refusal(line.create) == (
        "Pipeline names must be unique within an AWS account and region. "
        "Pipeline with name (line) already exists."
    )


def test_a_deleted_pipeline_is_gone(line: Line) -> None:
    line.processing("only", "pass")
    line.run()

    line.bench.sagemaker.delete_pipeline(PipelineName="line", ClientRequestToken="t" * 32)

    with pytest.raises(ClientError) as error:
        line.bench.sagemaker.describe_pipeline(PipelineName="line")
    assert error.value.response["Error"]["Code"] == "ResourceNotFound"


def test_an_execution_tells_why_a_step_missed_the_cache(line: Line, open_server: Server) -> None:
    cached = {"Enabled": True, "ExpireAfter": "P1D"}
    line.processing("only", "pass", CacheConfig=cached, arguments={"Environment": {"COLOUR": "blue"}})
    first = line.run()
    line.steps[0]["Arguments"]["Environment"] = {"COLOUR": "red"}
    line.bench.sagemaker.update_pipeline(PipelineName="line", PipelineDefinition=line.definition)
    second, third = line.ended(line.start()), line.ended(line.start())

    told = [why(open_server, each["PipelineExecutionArn"], "only") for each in (first, second, third)]

    assert told == [
        "No earlier execution of this pipeline has run this step to success.",
        "Since the nearest earlier run these arguments changed: Environment.",
        f"Step only was a hit: it was taken from {second['PipelineExecutionArn']}.",
    ]


def why(server: Server, execution: str, step: str) -> str:
    """What the server says."""
    query = urllib.parse.urlencode({"execution": execution, "step": step})
    with urllib.request.urlopen(f"{server.address}/_oficina/why?{query}", timeout=PATIENCE) as answer:
        return str(json.load(answer)["message"])


def test_a_tuning_step_gives_its_trials_on_the_best_first(open_server: Server, line: Line) -> None:
    teach(open_server)
    request = Tunings(line.bench).request("Grid", ranges=[categorical("x", "0.3", "0.9")], most=None)
    del request["HyperParameterTuningJobName"]
    line.add({"Name": "Tune", "Type": "Tuning", "Arguments": request})
    best = get("Steps.Tune.BestTrainingJob.TrainingJobName")
    top, next_best = (get(f"Steps.Tune.TrainingJobSummaries[{rank}].TrainingJobName") for rank in range(2))
    told = f"import os\nopen('{OUT}/a', 'w').write('{{BEST}} {{TOP}} {{NEXT}}'.format(**os.environ))"
    given = {"BEST": best, "TOP": top, "NEXT": next_best}
    line.processing("tell", told, arguments={"Environment": given})

    execution = line.run()

    steps = line.told(execution)
    assert {each: step["StepStatus"] for each, step in steps.items()} == {
        "Tune": "Succeeded",
        "tell": "Succeeded",
    }
    arn = steps["Tune"]["Metadata"]["TuningJob"]["Arn"]
    tuning = arn.partition(":hyper-parameter-tuning-job/")[2]
    job = line.bench.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    assert job["BestTrainingJob"]["TunedHyperParameters"] == {"x": "0.3"}
    name = job["BestTrainingJob"]["TrainingJobName"]
    told_best, told_top, told_next = line.bench.get("tell/a").decode().split()
    assert told_best == told_top == name
    other = line.bench.sagemaker.describe_training_job(TrainingJobName=told_next)
    assert other["HyperParameters"]["x"] == "0.9"


def test_an_execution_has_its_experiment_and_trial(line: Line) -> None:
    line.processing("only", "pass")
    names = {
        "ExperimentName": get("Execution.PipelineName"),
        "TrialName": get("Execution.PipelineExecutionId"),
    }
    text = json.dumps({**json.loads(line.definition), "PipelineExperimentConfig": names})
    sagemaker = line.bench.sagemaker
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=text, RoleArn=ROLE)

    execution = line.ended(line.start())

    id_ = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert execution["PipelineExperimentConfig"] == {"ExperimentName": "line", "TrialName": id_}
    assert sagemaker.describe_trial(TrialName=id_)["ExperimentName"] == "line"
    job = sagemaker.list_processing_jobs()["ProcessingJobSummaries"][0]["ProcessingJobName"]
    assert sagemaker.describe_processing_job(ProcessingJobName=job)["ExperimentConfig"]["TrialName"] == id_
    (component,) = sagemaker.list_trial_components(TrialName=id_)["TrialComponentSummaries"]
    assert component["TrialComponentName"] == f"{job}-aws-processing-job"
    tags = sagemaker.list_tags(ResourceArn=component["TrialComponentSource"]["SourceArn"])["Tags"]
    assert {
        "Key": "sagemaker:pipeline-execution-arn",
        "Value": execution["PipelineExecutionArn"],
    } in tags


def test_a_start_that_is_sent_twice_begins_one_execution(line: Line) -> None:
    line.processing("only", "pass")
    line.create()
    start, token = line.bench.sagemaker.start_pipeline_execution, "s" * 32

    first = start(PipelineName="line", ClientRequestToken=token)["PipelineExecutionArn"]
    again = start(PipelineName="line", ClientRequestToken=token)["PipelineExecutionArn"]

    assert again == first
    with pytest.raises(ClientError) as error:
        start(PipelineName="line", ClientRequestToken=token, PipelineExecutionDisplayName="other")
    assert error.value.response["Error"]["Code"] == "ConflictException"
    line.ended(first)
    line.bench.sagemaker.delete_pipeline(PipelineName="line")
    line.create()
    assert start(PipelineName="line", ClientRequestToken=token)["PipelineExecutionArn"] != first
