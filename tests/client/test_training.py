"""Training jobs through boto3: programs that really run, and what AWS would say of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import Bench, channel
from tests.waiting import wait_until

MODEL = 'open("/opt/ml/model/model.txt", "w").write("learnt")\n'


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Code and sentence."""
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


def test_a_job_runs_and_leaves_its_model_in_the_bucket(bench: Bench) -> None:
    job = bench.train(MODEL)

    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Completed"
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://workbench/out/job-1/output/model.tar.gz"
    assert bench.archive("out/job-1/output/model.tar.gz") == {"model.txt": b"learnt"}


def test_a_job_tells_its_way_as_aws_does(bench: Bench) -> None:
    job = bench.train(MODEL)

    told = [(each["Status"], each["StatusMessage"]) for each in job["SecondaryStatusTransitions"]]
    assert told == [
        ("Starting", "Starting the training job"),
        ("Downloading", "Downloading input data"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]
    assert all(each["StartTime"] <= each["EndTime"] for each in job["SecondaryStatusTransitions"])
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["TrainingTimeInSeconds"] == job["BillableTimeInSeconds"] >= 1
    whole = (job["TrainingEndTime"] - job["CreationTime"]).total_seconds()
    assert job["TrainingTimeInSeconds"] < whole + 1


def test_every_member_of_the_request_is_echoed(bench: Bench) -> None:
    request = bench.training(
        MODEL,
        HyperParameters={"depth": "3"},
        Environment={"COLOUR": "blue"},
        RetryStrategy={"MaximumRetryAttempts": 2},
        VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
        CheckpointConfig={"S3Uri": "s3://workbench/checkpoints"},
        ExperimentConfig={"ExperimentName": "e"},
        EnableInterContainerTrafficEncryption=True,
        EnableNetworkIsolation=True,
        ProfilerConfig={"DisableProfiler": True},
        Tags=[{"Key": "team", "Value": "one"}],
    )
    bench.sagemaker.create_training_job(**request)

    job = bench.trained(request["TrainingJobName"])

    tags = request.pop("Tags")
    assert bench.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == tags
    for name, value in request.items():
        assert contains(job[name], value), name


def contains(given: Any, asked: Any) -> bool:
    """Whether all that was asked is in what was given."""
    if isinstance(asked, dict):
        return all(name in given and contains(given[name], value) for name, value in asked.items())
    if isinstance(asked, list):
        return len(given) == len(asked) and all(map(contains, given, asked))
    return bool(given == asked)


def test_the_log_and_the_metrics_of_a_job_are_kept(bench: Bench, aws: Any) -> None:
    program = 'for n in range(3): print(f"[{n}]\\tvalidation-auc:0.{n + 5}")'
    definitions = [{"Name": "validation:auc", "Regex": r".*\[[0-9]+\].*#011validation-auc:(\S+)"}]
    job = bench.train(program, algorithm={"MetricDefinitions": definitions})

    assert bench.log("job-1").splitlines()[-1] == "[2]\tvalidation-auc:0.7"
    final = [(each["MetricName"], each["Value"]) for each in job["FinalMetricDataList"]]
    assert final == [("validation:auc", pytest.approx(0.7))]
    metrics = aws("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")["Metrics"]
    dimensions = {each["MetricName"]: each["Dimensions"] for each in metrics}
    assert dimensions["validation:auc"] == [{"Name": "TrainingJobName", "Value": "job-1"}]


def test_the_program_finds_its_configuration(bench: Bench) -> None:
    program = (
        "import json\n"
        "for name in ('hyperparameters', 'resourceconfig', 'inputdataconfig'):\n"
        "    print(json.dumps(json.load(open(f'/opt/ml/input/config/{name}.json'))))\n"
    )
    bench.train(
        program,
        HyperParameters={"depth": "3"},
        channels=[channel("train", bench.put("data/a.csv", "1"), ContentType="text/csv")],
    )

    parameters, resources, inputs = map(json.loads, bench.log("job-1").splitlines())
    assert parameters == {"depth": "3"}
    assert resources["current_host"] == "algo-1"
    assert resources["hosts"] == ["algo-1"]
    assert resources["instance_groups"][0]["instance_type"] == "ml.m5.large"
    assert inputs["train"] == {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }


@pytest.mark.parametrize("mode", ["File", "FastFile"])
def test_files_below_a_prefix_keep_their_places(bench: Bench, mode: str) -> None:
    bench.put("data/train/a.csv", "a")
    bench.put("data/train/deep/b.csv", "b")
    bench.put("data/train/", "")
    bench.put("data/train-not.csv", "c")
    program = (
        "import os\n"
        "for root, _, names in sorted(os.walk('/opt/ml/input/data/train')):\n"
        "    for name in sorted(names): print(os.path.join(root, name))\n"
    )

    bench.train(program, channels=[channel("train", "s3://workbench/data/train/", InputMode=mode)])

    assert bench.log("job-1").splitlines() == [
        "/opt/ml/input/data/train/a.csv",
        "/opt/ml/input/data/train/deep/b.csv",
    ]


def test_a_manifest_names_the_files(bench: Bench) -> None:
    bench.put("data/one/a.csv", "a")
    bench.put("data/two/b.csv", "b")
    bench.put("data/three.csv", "c")
    manifest = bench.put("m.json", json.dumps([{"prefix": "s3://workbench/data/"}, "one/a.csv", "two/b.csv"]))
    program = "import os\nprint(sorted(os.listdir('/opt/ml/input/data/train')))"

    bench.train(program, channels=[channel("train", manifest, source={"S3DataType": "ManifestFile"})])

    assert bench.log("job-1") == "['one', 'two']"


def test_a_pipe_gives_the_bytes_of_every_object_each_epoch(bench: Bench) -> None:
    bench.put("data/a", "one")
    bench.put("data/b", "two")
    program = "for n in range(2): print(open(f'/opt/ml/input/data/train_{n}').read())"

    bench.train(program, channels=[channel("train", "s3://workbench/data/", InputMode="Pipe")])

    assert bench.log("job-1").splitlines() == ["onetwo", "onetwo"]


def test_an_augmented_manifest_streams_what_its_lines_name(bench: Bench) -> None:
    picture = bench.put("pictures/1", "PICTURE")
    manifest = bench.put("m.jsonl", json.dumps({"source-ref": picture, "label": 1, "other": 2}) + "\n")
    source = {"S3DataType": "AugmentedManifestFile", "AttributeNames": ["source-ref", "label"]}
    program = "print(open('/opt/ml/input/data/train_0').read())"

    bench.train(program, channels=[channel("train", manifest, source=source, InputMode="Pipe")])

    assert bench.log("job-1") == "PICTURE1"


def test_a_channel_goes_to_the_instance_groups_that_it_names(bench: Bench) -> None:
    bench.put("data/a.csv", "1")
    groups = [
        {"InstanceGroupName": name, "InstanceType": "ml.m5.large", "InstanceCount": 1} for name in ("a", "b")
    ]
    resources = {"InstanceGroups": groups, "VolumeSizeInGB": 5}
    program = (
        "import os, socket\n"
        "host, train = socket.gethostname(), '/opt/ml/input/data/train'\n"
        "open(f'/opt/ml/model/{host}', 'w').write(str(os.path.exists(train)))\n"
    )
    only_b = channel("train", "s3://workbench/data/", source={"InstanceGroupNames": ["b"]})
    output = {"S3OutputPath": "s3://workbench/out", "CompressionType": "NONE"}

    bench.train(program, channels=[only_b], ResourceConfig=resources, OutputDataConfig=output)

    assert bench.get("out/job-1/output/model/algo-1") == b"False"
    assert bench.get("out/job-1/output/model/algo-2") == b"True"
    none = channel("train", "s3://workbench/data/", source={"InstanceGroupNames": ["c"]})
    with pytest.raises(ClientError, match="names instance groups"):
        bench.train(program, channels=[none], ResourceConfig=resources)


def test_hosts_share_what_is_sharded_and_know_each_other(bench: Bench) -> None:
    for name in "abcd":
        bench.put(f"data/{name}", name)
    program = (
        "import json, os, socket\n"
        "config = json.load(open('/opt/ml/input/config/resourceconfig.json'))\n"
        "other = [host for host in config['hosts'] if host != config['current_host']][0]\n"
        "print(config['current_host'], sorted(os.listdir('/opt/ml/input/data/train')))\n"
        "mine = socket.gethostbyname(config['current_host'])\n"
        "print(socket.gethostname(), socket.gethostbyname(other) != mine)\n"
        "open(f'/opt/ml/model/{config[\"current_host\"]}', 'w').write('m')\n"
    )
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}
    sharded = channel("train", "s3://workbench/data/", source={"S3DataDistributionType": "ShardedByS3Key"})

    bench.train(program, channels=[sharded], ResourceConfig=resources)

    assert bench.log("job-1", host="algo-1").splitlines() == ["algo-1 ['a', 'c']", "algo-1 True"]
    assert bench.log("job-1", host="algo-2").splitlines() == ["algo-2 ['b', 'd']", "algo-2 True"]
    assert sorted(bench.archive("out/job-1/output/model.tar.gz")) == ["algo-1", "algo-2"]


def test_a_program_that_writes_into_its_input_does_not_change_the_bucket(bench: Bench) -> None:
    uri = bench.put("data/a.csv", "kept")
    program = (
        "path = '/opt/ml/input/data/train/a.csv'\nopen(path, 'w').write('lost')\nprint(open(path).read())\n"
    )

    bench.train(program, channels=[channel("train", uri)])

    assert bench.log("job-1") == "lost"
    assert bench.get("data/a.csv") == b"kept"


def test_output_data_is_an_archive_of_its_own(bench: Bench) -> None:
    bench.train('open("/opt/ml/output/data/report.txt", "w").write("fine")')

    assert bench.archive("out/job-1/output/output.tar.gz") == {"report.txt": b"fine"}


def test_an_uncompressed_model_is_a_folder(bench: Bench) -> None:
    output = {"S3OutputPath": "s3://workbench/out", "CompressionType": "NONE"}
    job = bench.train(MODEL, OutputDataConfig=output)

    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://workbench/out/job-1/output/model/"
    assert bench.get("out/job-1/output/model/model.txt") == b"learnt"


def test_checkpoints_are_uploaded(bench: Bench) -> None:
    bench.train(
        'open("/opt/ml/checkpoints/1.ckpt", "w").write("half")',
        CheckpointConfig={"S3Uri": "s3://workbench/checkpoints"},
    )

    assert bench.get("checkpoints/1.ckpt") == b"half"


def test_checkpoints_of_an_earlier_job_are_there_when_the_next_begins(bench: Bench) -> None:
    bench.put("checkpoints/1.ckpt", "half")

    bench.train(
        'print(open("/opt/ml/checkpoints/1.ckpt").read())',
        CheckpointConfig={"S3Uri": "s3://workbench/checkpoints"},
    )

    assert bench.log("job-1") == "half"


def test_a_failure_file_is_the_reason(bench: Bench) -> None:
    job = bench.train('open("/opt/ml/output/failure", "w").write("no label column")\nraise SystemExit(3)')

    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: no label column, exit code: 3"


def test_a_program_that_is_killed_fails_with_its_signal(bench: Bench) -> None:
    job = bench.train("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

    assert job["FailureReason"] == (
        "AlgorithmError: the program was killed (SIGKILL), as the system does when memory runs short, "
        "exit code: 137"
    )


CODE = "/opt/ml/input/data/code/program.py"


@pytest.mark.parametrize(
    ("entry", "said", "code"),
    [
        (["no-such-program"], "no-such-program: command not found; PATH is /", 127),
        (["sh", "-c", "no-such-program"], "a program was not found: sh: ", 127),
        ([CODE], f"{CODE} could not be started: [Errno 13] Permission denied", 126),
        (["sh", "-c", CODE], "a program could not be executed: sh: ", 126),
        (["python", f"{CODE}.txt"], f"can't open file '{CODE}.txt': [Errno 2] No such file or directory", 2),
        (["sh", "-c", "echo well; exit 3"], "AlgorithmError: , exit code: 3", 3),
    ],
)
def test_a_failure_without_a_text_says_what_its_end_shows(
    bench: Bench, entry: list[str], said: str, code: int
) -> None:
    reason = bench.train("", algorithm={"ContainerEntrypoint": entry})["FailureReason"]

    assert reason.startswith("AlgorithmError: ")
    assert said in reason
    assert reason.endswith(f", exit code: {code}")


def test_an_unknown_image_fails_with_what_to_type(bench: Bench) -> None:
    job = bench.train(MODEL, image="123456789012.dkr.ecr.us-east-1.amazonaws.com/nobody-has-this:1")

    assert job["TrainingJobStatus"] == "Failed"
    assert "oficina image add nobody-has-this" in job["FailureReason"]


def test_a_missing_object_is_refused_in_awss_words(bench: Bench) -> None:
    request = bench.training(MODEL, channels=[channel("train", "s3://workbench/nothing/here")])

    with pytest.raises(ClientError) as error:
        bench.sagemaker.create_training_job(**request)

    code, sentence = refusal(error)
    assert code == "ValidationException"
    assert sentence.startswith(
        'No S3 objects found under S3 URL "s3://workbench/nothing/here" given in input data'
    )


def test_a_missing_bucket_is_refused_in_awss_words(bench: Bench) -> None:
    request = bench.training(MODEL, channels=[channel("train", "s3://no-such-bucket-here/x")])

    with pytest.raises(ClientError) as error:
        bench.sagemaker.create_training_job(**request)

    assert refusal(error)[1].endswith("Error message from S3: The specified bucket does not exist")


def test_a_name_can_be_taken_once(bench: Bench) -> None:
    bench.train(MODEL, TrainingJobName="mine")

    with pytest.raises(ClientError) as error:
        bench.sagemaker.create_training_job(**bench.training(MODEL, TrainingJobName="mine"))

    code, sentence = refusal(error)
    assert code == "ResourceInUse"
    assert sentence.startswith("Job name must be unique within an AWS account and region")


def test_a_job_that_nobody_made_is_not_found(bench: Bench) -> None:
    with pytest.raises(ClientError) as error:
        bench.sagemaker.describe_training_job(TrainingJobName="nobody")

    assert refusal(error) == ("ValidationException", "Requested resource not found.")


def test_a_job_past_its_time_is_stopped_and_keeps_its_model(bench: Bench) -> None:
    # A shell, for it has begun long before its time is over, however busy the machine is.
    script = "echo learnt > /opt/ml/model/model.txt; exec sleep 600"
    job = bench.train(
        "",
        algorithm={"ContainerEntrypoint": ["sh", "-c", script]},
        StoppingCondition={"MaxRuntimeInSeconds": 4},
    )

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert bench.archive("out/job-1/output/model.tar.gz") == {"model.txt": b"learnt\n"}


def test_a_stopped_job_hears_the_signal_and_keeps_its_model(bench: Bench) -> None:
    program = (
        "import signal, sys, time\n"
        "def leave(*_):\n"
        "    open('/opt/ml/model/half', 'w').write('half')\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "open('/opt/ml/checkpoints/ready', 'w')\n"
        "time.sleep(600)\n"
    )
    request = bench.training(program, CheckpointConfig={"S3Uri": "s3://workbench/checkpoints"})
    bench.sagemaker.create_training_job(**request)
    until_uploaded(bench, "checkpoints/ready")

    bench.sagemaker.stop_training_job(TrainingJobName="job-1")

    job = bench.trained("job-1")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert bench.archive("out/job-1/output/model.tar.gz") == {"half": b"half"}


def until_uploaded(bench: Bench, key: str) -> None:
    """Waits until a job has uploaded an object."""
    wait_until(lambda: key in bench.keys(key), f"{key} was not uploaded")


def test_an_ended_job_cannot_be_stopped(bench: Bench) -> None:
    bench.train(MODEL)

    with pytest.raises(ClientError) as error:
        bench.sagemaker.stop_training_job(TrainingJobName="job-1")

    assert refusal(error)[0] == "ValidationException"


def test_a_deleted_job_is_gone_with_its_tags(bench: Bench) -> None:
    job = bench.train(MODEL, Tags=[{"Key": "a", "Value": "b"}])

    bench.sagemaker.delete_training_job(TrainingJobName="job-1")

    assert bench.sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
    with pytest.raises(ClientError, match="not found"):
        bench.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])


def test_a_list_filters_by_status(bench: Bench) -> None:
    bench.train(MODEL)
    bench.train("raise SystemExit(1)")

    failed = bench.sagemaker.list_training_jobs(StatusEquals="Failed")["TrainingJobSummaries"]

    assert [each["TrainingJobName"] for each in failed] == ["job-2"]
    assert failed[0]["SecondaryStatus"] == "Failed"
    plan = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/none"
    assert bench.sagemaker.list_training_jobs(TrainingPlanArnEquals=plan)["TrainingJobSummaries"] == []


def test_a_job_that_fills_its_disk_fails_and_the_server_lives(bench: Bench) -> None:
    program = (
        "with open('/opt/ml/model/big', 'wb') as file:\n"
        "    for _ in range(3 * 1024): file.write(bytes(1 << 20))\n"
    )
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}

    job = bench.train(program, ResourceConfig=resources)

    assert job["TrainingJobStatus"] == "Failed"
    # The program may see the full disk, or be ended, whichever is first.
    assert "VolumeSizeInGB" in job["FailureReason"] or "exit code" in job["FailureReason"]
    assert bench.sagemaker.list_training_jobs()["TrainingJobSummaries"]


def test_two_jobs_do_not_see_each_other(bench: Bench) -> None:
    program = (
        "import os, time\n"
        "open('/tmp/mine', 'x'); open('/opt/ml/model/mine', 'x')\n"
        "time.sleep(0.3)\n"
        "print(sorted(os.listdir('/tmp')), [p for p in os.listdir('/proc') if p.isdigit()].__len__() < 6)\n"
    )
    first, second = bench.training(program), bench.training(program)
    bench.sagemaker.create_training_job(**first)
    bench.sagemaker.create_training_job(**second)

    for request in (first, second):
        assert bench.trained(request["TrainingJobName"])["TrainingJobStatus"] == "Completed"
        assert "'mine'" in bench.log(request["TrainingJobName"])
        assert bench.log(request["TrainingJobName"]).endswith("True")
