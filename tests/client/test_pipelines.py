"""Pipelines through boto3: definitions that are checked, executions that run each step for real."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import IMAGE, ROLE, Bench, processing_input, processing_output
from tests.servers import Server
from tests.shops import Shop
from tests.tunings import Tunings, categorical, teach
from tests.waiting import wait_until

OUT = "/opt/ml/processing/output"


def get(path: str) -> dict[str, str]:
    """A reference."""
    return {"Get": path}


def join(*values: object, on: str = "") -> dict[str, Any]:
    """Texts put together."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def equals(left: object, right: object) -> dict[str, Any]:
    """A condition."""
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


class Line:
    """A pipeline in the making: steps are added, then it is created and started."""

    def __init__(self, bench: Bench, name: str = "line") -> None:
        self.bench, self.name = bench, name
        self.steps: list[dict[str, Any]] = []
        self.parameters: list[dict[str, Any]] = []

    def processing(self, name: str, program: str, **members: Any) -> dict[str, Any]:
        """A step that runs a Python program and leaves ``output``."""
        code = self.bench.put(f"code/{name}/program.py", program)
        arguments = {
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python", "/opt/ml/processing/code/program.py"],
                **members.pop("app", {}),
            },
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
            },
            "ProcessingInputs": [
                processing_input("code", code, "/opt/ml/processing/code"),
                *members.pop("inputs", []),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [processing_output("output", f"s3://workbench/{name}", OUT)]
            },
            **members.pop("arguments", {}),
        }
        return self.add({"Name": name, "Type": "Processing", "Arguments": arguments, **members})

    def add(self, step: dict[str, Any]) -> dict[str, Any]:
        """Adds a step and gives it back."""
        self.steps.append(step)
        return step

    def inside(self, step: dict[str, Any]) -> dict[str, Any]:
        """Takes a step out of the top level, to stand in a condition."""
        self.steps.remove(step)
        return step

    @property
    def definition(self) -> str:
        """The definition as text."""
        return json.dumps({"Version": "2020-12-01", "Parameters": self.parameters, "Steps": self.steps})

    def create(self) -> None:
        """Creates the pipeline."""
        self.bench.sagemaker.create_pipeline(
            PipelineName=self.name, PipelineDefinition=self.definition, RoleArn=ROLE
        )

    def start(self, **parameters: str) -> str:
        """Starts an execution and gives its ARN."""
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        arn: str = self.bench.sagemaker.start_pipeline_execution(
            PipelineName=self.name, PipelineParameters=given
        )["PipelineExecutionArn"]
        return arn

    def run(self, **parameters: str) -> dict[str, Any]:
        """Creates, starts, and gives the execution once it has ended."""
        self.create()
        return self.ended(self.start(**parameters))

    def ended(self, arn: str) -> dict[str, Any]:
        """An execution once it has ended."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            return found if found["PipelineExecutionStatus"] in ("Succeeded", "Failed", "Stopped") else None

        found = wait_until(look, "the execution did not end", 60)
        assert found is not None
        return found

    def told(self, execution: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The steps of an execution by name, the oldest first."""
        arn = execution["PipelineExecutionArn"]
        steps = self.bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
        return {each["StepName"]: each for each in reversed(steps["PipelineExecutionSteps"])}


@pytest.fixture
def line(bench: Bench) -> Line:
    """An empty pipeline."""
    return Line(bench)


def refusal(call: Callable[[], Any]) -> str:
    """The sentence of a ValidationException."""
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == "ValidationException"
    return str(error.value.response["Error"]["Message"])


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
    after_bad = line.processing("after-bad", "pass", DependsOn=["bad"])
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
            "Arguments": {"Conditions": [condition], "IfSteps": [good], "ElseSteps": [bad]},
        }
    )
    line.create()

    passed = line.ended(line.start())
    failed = line.ended(line.start(Threshold="0.9"))

    assert list(line.told(passed)) == ["judge", "check", "good"]
    assert line.told(passed)["check"]["Metadata"]["Condition"]["Outcome"] == "True"
    assert list(line.told(failed)) == ["judge", "check", "bad"]
    assert (failed["PipelineExecutionStatus"], failed["FailureReason"]) == ("Failed", "not good enough")
    assert after_bad["Name"] not in line.told(failed)


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
    assert "See job logs" in line.told(failed)["second"]["FailureReason"]
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


def test_a_selective_execution_takes_the_rest_from_its_source(line: Line) -> None:
    line.processing("first", f"open('{OUT}/a', 'w').write('x')")
    line.processing("second", "pass", DependsOn=["first"])
    source = line.run()

    arn = line.bench.sagemaker.start_pipeline_execution(
        PipelineName="line",
        SelectiveExecutionConfig={
            "SourcePipelineExecutionArn": source["PipelineExecutionArn"],
            "SelectedSteps": [{"StepName": "second"}],
        },
    )["PipelineExecutionArn"]

    told = line.told(line.ended(arn))
    assert told["first"]["SelectiveExecutionResult"] == {
        "SourcePipelineExecutionArn": source["PipelineExecutionArn"]
    }
    assert "SelectiveExecutionResult" not in told["second"]
    assert len(line.bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 3


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


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([{"Name": "a", "Type": "Magic"}], "has the unknown type 'Magic'"),
        ([{"Name": "a b", "Type": "Fail"}], "a step's Name must satisfy"),
        ([{"Name": "a", "Type": "Fail"}, {"Name": "a", "Type": "Fail"}], "must be unique"),
        ([{"Name": "a", "Type": "Fail", "DependsOn": ["b"]}], "refers to the step b, which does not exist"),
        (
            [{"Name": "a", "Type": "Fail", "Arguments": {"ErrorMessage": get("Parameters.X")}}],
            "refers to the parameter X, which does not exist",
        ),
        (
            [
                {"Name": "a", "Type": "Fail", "DependsOn": ["b"]},
                {"Name": "b", "Type": "Fail", "DependsOn": ["a"]},
            ],
            "depend on each other in a circle: a, b",
        ),
        ([{"Name": "a", "Type": "EMR"}], "oficina does not run steps of type EMR"),
        ([], "at least one step"),
    ],
)
def test_a_definition_that_is_not_right_is_refused(line: Line, steps: list[Any], sentence: str) -> None:
    line.steps = steps

    told = refusal(line.create)

    assert told.startswith("Unable to parse pipeline definition. ")
    assert sentence.lower() in told.lower()


def test_parameters_are_checked_when_an_execution_begins(line: Line) -> None:
    line.parameters.append({"Name": "Count", "Type": "Integer"})
    line.processing("only", "pass")
    line.create()

    assert "Parameter [Count] has no default value" in refusal(line.start)
    assert "cannot have the value [many]" in refusal(lambda: line.start(Count="many"))
    assert "Unknown parameters were provided: ['Other']" in refusal(lambda: line.start(Count="1", Other="x"))


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


def test_a_large_definition_comes_from_the_bucket(line: Line) -> None:
    line.parameters.append({"Name": "Long", "Type": "String", "DefaultValue": "x" * 150_000})
    line.processing("only", "pass")
    line.bench.put("definition.json", line.definition)

    line.bench.sagemaker.create_pipeline(
        PipelineName="line",
        PipelineDefinitionS3Location={"Bucket": "workbench", "ObjectKey": "definition.json"},
        RoleArn=ROLE,
    )

    described = line.bench.sagemaker.describe_pipeline(PipelineName="line")
    assert described["PipelineDefinition"] == line.definition
    assert line.ended(line.start())["PipelineExecutionStatus"] == "Succeeded"


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
    with urllib.request.urlopen(f"{server.address}/_oficina/why?{query}", timeout=10) as answer:
        return str(json.load(answer)["message"])


def test_a_tuning_step_gives_its_best_trial_on(open_server: Server, line: Line) -> None:
    teach(open_server)
    request = Tunings(line.bench).request("Grid", ranges=[categorical("x", "0.3", "0.9")], most=None)
    del request["HyperParameterTuningJobName"]
    line.add({"Name": "Tune", "Type": "Tuning", "Arguments": request})
    best = get("Steps.Tune.BestTrainingJob.TrainingJobName")
    told = f"open('{OUT}/a', 'w').write(__import__('os').environ['BEST'])"
    line.processing("tell", told, arguments={"Environment": {"BEST": best}})

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
    assert line.bench.get("tell/a").decode() == job["BestTrainingJob"]["TrainingJobName"]


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
