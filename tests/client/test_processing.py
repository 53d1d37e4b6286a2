"""Processing jobs through boto3: programs that really run, and what AWS would say of them."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from tests.jobs import Bench, processing_input, processing_output
from tests.waiting import wait_until

GROUP = "/aws/sagemaker/ProcessingJobs"
OUT = "/opt/ml/processing/output"


def outputs(*given: object) -> dict[str, object]:
    """The member of the request."""
    return {"ProcessingOutputConfig": {"Outputs": list(given)}}


def test_a_job_reads_its_input_and_leaves_its_output_in_the_bucket(bench: Bench) -> None:
    data = bench.put("in/a.csv", "1,2\n")
    program = (
        "text = open('/opt/ml/processing/input/a.csv').read()\n"
        "open('/opt/ml/processing/output/deep.csv', 'w').write(text * 2)\n"
    )

    job = bench.process(
        program,
        inputs=[processing_input("data", data, "/opt/ml/processing/input")],
        **outputs(processing_output("result", "s3://workbench/result", OUT)),
    )

    assert job["ProcessingJobStatus"] == "Completed"
    assert bench.get("result/deep.csv") == b"1,2\n1,2\n"
    assert job["ProcessingStartTime"] <= job["ProcessingEndTime"]


def test_members_of_the_request_are_echoed_with_awss_defaults(bench: Bench) -> None:
    job = bench.process("pass", Environment={"A": "b"}, ExperimentConfig={"ExperimentName": "e"})

    assert job["Environment"] == {"A": "b"}
    assert job["ExperimentConfig"] == {"ExperimentName": "e"}
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["ProcessingInputs"][0]["AppManaged"] is False
    assert job["ProcessingInputs"][0]["S3Input"]["S3DataDistributionType"] == "FullyReplicated"
    assert job["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] == 5


def test_the_program_finds_the_request_and_its_hosts(bench: Bench) -> None:
    program = (
        "import json, os\n"
        "config = json.load(open('/opt/ml/config/processingjobconfig.json'))\n"
        "resources = json.load(open('/opt/ml/config/resourceconfig.json'))\n"
        "print(json.dumps([config['ProcessingJobName'], resources['current_host'], os.environ['COLOUR']]))\n"
    )
    bench.process(program, Environment={"COLOUR": "blue"})

    assert json.loads(bench.log("job-1", GROUP)) == ["job-1", "algo-1", "blue"]


def test_a_program_may_write_where_it_starts(bench: Bench) -> None:
    program = (
        "import pathlib, shutil\n"
        "pathlib.Path('model.txt').write_text('kept')\n"
        "shutil.copy('model.txt', '/opt/ml/processing/output')\n"
    )
    bench.process(program, **outputs(processing_output("result", "s3://workbench/result", OUT)))

    assert bench.get("result/model.txt") == b"kept"


def test_a_message_is_told_as_exit_message(bench: Bench) -> None:
    job = bench.process("open('/opt/ml/output/message', 'w').write('all is well')")

    assert job["ExitMessage"] == "all is well"


def test_a_failure_keeps_back_the_outputs(bench: Bench) -> None:
    job = bench.process(
        f"open('{OUT}/half', 'w').write('half')\nraise SystemExit(1)",
        **outputs(processing_output("result", "s3://workbench/result", OUT)),
    )

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert bench.keys("result") == []


def test_a_program_that_is_not_there_is_named(bench: Bench) -> None:
    request = bench.processing("")
    request["AppSpecification"]["ContainerEntrypoint"] = ["no-such-program"]
    bench.sagemaker.create_processing_job(**request)
    reason = bench.processed(request["ProcessingJobName"])["FailureReason"]

    assert reason.startswith(
        "AlgorithmError: See job logs for more information. no-such-program: command not"
    )
    assert reason.endswith(", exit code: 127")


def test_a_link_in_the_place_of_an_output_is_not_followed(bench: Bench) -> None:
    job = bench.process(
        f"import os; os.rmdir('{OUT}'); os.symlink('/etc', '{OUT}')",
        **outputs(processing_output("result", "s3://workbench/result", OUT)),
    )

    assert job["ProcessingJobStatus"] == "Completed"
    assert bench.keys("result") == []


def test_an_input_in_the_place_of_an_output_comes_out_with_it(bench: Bench) -> None:
    data = bench.put("in/a.csv", "1,2\n")
    bench.process(
        f"open('{OUT}/b.csv', 'w').write('b')",
        inputs=[processing_input("data", data, OUT)],
        **outputs(processing_output("result", "s3://workbench/result", OUT)),
    )

    assert sorted(bench.keys("result")) == ["result/a.csv", "result/b.csv"]


def test_a_continuous_output_is_there_while_the_job_runs(bench: Bench) -> None:
    program = f"import time\nopen('{OUT}/first', 'w').write('1')\ntime.sleep(600)"
    request = bench.processing(
        program, **outputs(processing_output("result", "s3://workbench/result", OUT, "Continuous"))
    )
    bench.sagemaker.create_processing_job(**request)

    wait_until(lambda: bench.keys("result") == ["result/first"], "nothing was uploaded while the job ran")

    bench.sagemaker.stop_processing_job(ProcessingJobName="job-1")
    assert bench.processed("job-1")["ProcessingJobStatus"] == "Stopped"


def test_hosts_share_and_add_to_one_output(bench: Bench) -> None:
    for name in "abc":
        bench.put(f"in/{name}", name)
    program = (
        "import json, os\n"
        "host = json.load(open('/opt/ml/config/resourceconfig.json'))['current_host']\n"
        "names = ''.join(sorted(os.listdir('/opt/ml/processing/input')))\n"
        f"open(f'{OUT}/{{host}}', 'w').write(names)\n"
    )
    shared = {"S3DataDistributionType": "ShardedByS3Key"}

    bench.process(
        program,
        hosts=2,
        inputs=[processing_input("data", "s3://workbench/in/", "/opt/ml/processing/input", **shared)],
        **outputs(processing_output("result", "s3://workbench/result", OUT)),
    )

    assert bench.get("result/algo-1") == b"ac"
    assert bench.get("result/algo-2") == b"b"


def test_a_missing_input_fails_the_job_in_awss_words(bench: Bench) -> None:
    job = bench.process(
        "pass", inputs=[processing_input("data", "s3://workbench/nothing", "/opt/ml/processing/input")]
    )

    assert job["ProcessingJobStatus"] == "Failed"
    assert 'No S3 objects found under S3 URL "s3://workbench/nothing"' in job["FailureReason"]


def test_an_output_to_a_missing_bucket_fails_the_job(bench: Bench) -> None:
    job = bench.process(
        f"open('{OUT}/a', 'w').write('a')", **outputs(processing_output("r", "s3://not-there/x", OUT))
    )

    assert job["ProcessingJobStatus"] == "Failed"
    assert "The specified bucket does not exist" in job["FailureReason"]


def test_an_input_without_a_place_is_refused(bench: Bench) -> None:
    request = bench.processing("pass")
    del request["ProcessingInputs"][0]["S3Input"]["LocalPath"]

    with pytest.raises(ClientError, match="LocalPath"):
        bench.sagemaker.create_processing_job(**request)


def test_a_job_that_nobody_made_is_not_found(bench: Bench) -> None:
    with pytest.raises(ClientError) as error:
        bench.sagemaker.describe_processing_job(ProcessingJobName="nobody")

    assert error.value.response["Error"]["Code"] == "ValidationException"


def test_a_list_is_newest_first_and_a_deleted_job_is_gone(bench: Bench) -> None:
    bench.process("pass")
    bench.process("pass")

    listed = bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert [each["ProcessingJobName"] for each in listed] == ["job-2", "job-1"]

    bench.sagemaker.delete_processing_job(ProcessingJobName="job-2")
    listed = bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    assert [each["ProcessingJobName"] for each in listed] == ["job-1"]


def test_a_place_outside_of_a_jobs_own_is_refused(bench: Bench) -> None:
    there = processing_input("data", bench.put("data/a.csv", "1"), "/other/data")
    with pytest.raises(ClientError, match="LocalPath of data must begin with /opt/ml/processing/"):
        bench.sagemaker.create_processing_job(**bench.processing("", ProcessingInputs=[there]))


def test_an_output_to_a_feature_group_is_the_programs_own_work(bench: Bench) -> None:
    features = {"OutputName": "features", "FeatureStoreOutput": {"FeatureGroupName": "clients"}}
    request = bench.processing("", **outputs(features))
    with pytest.raises(ClientError, match="only supported with AppManaged"):
        bench.sagemaker.create_processing_job(**request)
