"""How a transform job works through its files: sizes, order, trouble, and what is left of it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests import ports
from tests.client.test_transform import PROGRAM, ROWS, out, transform
from tests.shops import BUCKET, Shop
from tests.waiting import wait_until


@pytest.fixture
def summing(shop: Shop) -> str:
    """A model that adds up."""
    return shop.model("summing", {"server.py": PROGRAM})


def made(shop: Shop) -> list[str]:
    """The names of the results."""
    found = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix="out/").get("Contents", [])
    return [each["Key"].removeprefix("out/") for each in found]


def logged(shop: Shop, line: str) -> bool:
    """Whether a line is in the job's log; a Describe would wait for the job's end."""
    group = "/aws/sagemaker/TransformJobs"
    try:
        events = shop.logs.filter_log_events(logGroupName=group, logStreamNamePrefix="batch/")["events"]
    except ClientError:
        return False
    return any(each["message"] == line for each in events)


def test_files_of_all_kinds_of_names_have_their_results(shop: Shop, summing: str) -> None:
    names = ["a", "a/b.csv", "empty.csv", "são paulo & co.csv", "x" * 300 + ".csv"]
    for name in names:
        shop.put(f"in/{name}", b"" if name == "empty.csv" else ROWS)
    shop.put("in/folder/", b"")

    job = transform(shop, summing, f"s3://{BUCKET}/in/")

    assert job.get("FailureReason") is None
    assert sorted(made(shop)) == sorted(f"{name}.out" for name in names)
    assert out(shop, "empty.csv.out") == ""
    assert {out(shop, f"{name}.out") for name in names if name != "empty.csv"} == {"3.0\n7.0\n11.0\n"}


def test_a_manifest_names_the_files(shop: Shop, summing: str) -> None:
    for name in ("a", "b", "c"):
        shop.put(f"in/{name}.csv", ROWS)
    told = json.dumps([{"prefix": f"s3://{BUCKET}/in/"}, "a.csv", "c.csv"]).encode()
    where = {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": shop.put("list.json", told)}}

    transform(shop, summing, "", source={"DataSource": where})

    assert made(shop) == ["a.csv.out", "c.csv.out"]


def test_a_prefix_without_a_file_is_refused(shop: Shop, summing: str) -> None:
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        transform(shop, summing, f"s3://{BUCKET}/nothing/")


def test_a_prefix_with_nothing_but_marks_of_folders_fails(shop: Shop, summing: str) -> None:
    shop.put("in/folder/", b"")

    job = transform(shop, summing, f"s3://{BUCKET}/in/")

    assert "No S3 objects found under S3 URL" in job["FailureReason"]


def test_answers_stay_in_order_when_several_requests_are_under_way(shop: Shop, summing: str) -> None:
    rows = [("wait" if number % 3 == 0 else "row") + f"-{number}" for number in range(12)]
    data = shop.put("in/a.csv", "\n".join(rows).encode())

    transform(shop, summing, data, BatchStrategy="SingleRecord", MaxConcurrentTransforms=6)

    assert out(shop, "a.csv.out").splitlines() == rows


def test_the_container_says_how_a_batch_should_be(shop: Shop) -> None:
    told = json.dumps({"MaxConcurrentTransforms": 1, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 1})
    model = shop.model("sizes", {"server.py": PROGRAM}, TELLS=told)
    shop.put("in/a.csv", ROWS)
    shop.put("in/b.csv", b"x" * ((1 << 20) + 1))

    job = transform(shop, model, f"s3://{BUCKET}/in/")

    assert out(shop, "a.csv.out") == "1\n1\n1\n"
    assert job["FailureReason"] == (
        "ClientError: b.csv: record 1: it has more than the 1048576 bytes that MaxPayloadInMB allows"
    )


def test_the_container_is_told_what_the_job_says(shop: Shop) -> None:
    model = shop.model("request", {"server.py": PROGRAM}, A="of the model", B="of the model")

    transform(
        shop,
        model,
        shop.put("in/a.csv", ROWS),
        target={"Accept": "application/json"},
        BatchStrategy="MultiRecord",
        MaxPayloadInMB=2,
        MaxConcurrentTransforms=3,
        Environment={"A": "of the job"},
    )

    said = json.loads(out(shop, "a.csv.out"))
    assert said["body"] == ROWS.decode()
    assert said["headers"] == {"Content-Type": "text/csv", "Accept": "application/json"}
    assert (
        said["environment"].items()
        >= {
            "A": "of the job",
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD",
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "3",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": "2",
        }.items()
    )


@pytest.mark.parametrize(
    ("processing", "accept"), [({}, "*/*"), ({"DataProcessing": {"JoinSource": "Input"}}, "text/csv")]
)
def test_without_accept_the_model_chooses_unless_records_are_taken_apart(
    shop: Shop, processing: dict[str, Any], accept: str
) -> None:
    model = shop.model("request", {"server.py": PROGRAM})

    transform(shop, model, shop.put("in/a.csv", b"1\n"), target={"Accept": ""}, **processing)

    said = out(shop, "a.csv.out")
    assert json.loads(said[said.index("{") :])["headers"]["Accept"] == accept


@pytest.mark.parametrize("compression", ["None", "Gzip"])
def test_without_a_limit_a_file_goes_in_chunks(shop: Shop, compression: str) -> None:
    model = shop.model("request", {"server.py": PROGRAM})
    rows = b"1,2,3,4,5,6,7\n" * 100_000
    data = shop.put("in/a.csv", gzip.compress(rows, 1) if compression == "Gzip" else rows)

    transform(
        shop,
        model,
        data,
        source={"SplitType": "None", "CompressionType": compression},
        target={"AssembleWith": "None"},
        MaxPayloadInMB=0,
    )

    said = json.loads(out(shop, "a.csv.out"))
    assert said["headers"]["Transfer-Encoding"] == "chunked"
    assert said["body"] == rows.decode()


def test_a_model_that_listens_where_it_likes_is_found(shop: Shop) -> None:
    with ports.held() as port:
        model = shop.model("summing", {"server.py": PROGRAM}, PORT=str(port))

        transform(shop, model, shop.put("in/a.csv", ROWS))

    assert out(shop, "a.csv.out") == "3.0\n7.0\n11.0\n"


def test_files_that_went_well_keep_their_results_when_others_fail(shop: Shop, summing: str) -> None:
    for name, rows in {"a": ROWS, "b": b"1,2\nbad,row\n", "c": ROWS, "d": b"bad\n"}.items():
        shop.put(f"in/{name}.csv", rows)

    job = transform(shop, summing, f"s3://{BUCKET}/in/", hosts=2)

    assert job["TransformJobStatus"] == "Failed"
    assert "b.csv: record 2: Bad HTTP status" in job["FailureReason"]
    assert "(1 more of 2 files failed; the log names them)" in job["FailureReason"]
    assert made(shop) == ["a.csv.out", "c.csv.out"]


def test_a_broken_archive_fails_its_file_alone(shop: Shop, summing: str) -> None:
    whole = gzip.compress(ROWS)
    for name, data in {"a": whole, "b": whole[:-9], "c": b"no archive", "d": whole}.items():
        shop.put(f"in/{name}.csv.gz", data)

    job = transform(shop, summing, f"s3://{BUCKET}/in/", source={"CompressionType": "Gzip"})

    assert job["FailureReason"].startswith("ClientError: b.csv.gz: it cannot be read: Compressed file ended")
    assert made(shop) == ["a.csv.gz.out", "d.csv.gz.out"]


def test_a_model_that_is_busy_is_asked_again(shop: Shop, summing: str) -> None:
    job = transform(shop, summing, shop.put("in/a.csv", b"once\n"))

    assert (job["TransformJobStatus"], out(shop, "a.csv.out")) == ("Completed", "once\n")


def test_without_retries_it_is_not(shop: Shop, summing: str) -> None:
    data = shop.put("in/a.csv", b"once\n")

    job = transform(shop, summing, data, ModelClientConfig={"InvocationsMaxRetries": 0})

    assert job["FailureReason"].endswith(
        "a.csv: record 1: Bad HTTP status returned from invoke: 503; not now"
    )
    assert job["ModelClientConfig"] == {"InvocationsMaxRetries": 0}


def test_a_model_that_takes_too_long_fails_the_file(shop: Shop) -> None:
    model = shop.model("summing", {"server.py": PROGRAM}, WAIT="30")
    patience = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 0}

    job = transform(shop, model, shop.put("in/a.csv", b"1,2\nwait\n"), ModelClientConfig=patience)

    assert job["FailureReason"] == (
        "ClientError: a.csv: records 1 to 2: The model server did not answer: timed out"
    )


def test_a_model_server_that_dies_fails_the_job_and_leaves_no_half(shop: Shop, summing: str) -> None:
    shop.put("in/a.csv", ROWS)
    shop.put("in/b.csv", b"1,2\n3,4\ndie\n5,6\n")

    job = transform(
        shop, summing, f"s3://{BUCKET}/in/", BatchStrategy="SingleRecord", MaxConcurrentTransforms=1
    )

    assert job["FailureReason"] == "ClientError: b.csv: record 3: The model server ended with exit code 9."
    assert made(shop) == ["a.csv.out"]


def test_a_job_that_is_stopped_in_the_middle_leaves_nothing(shop: Shop) -> None:
    model = shop.model("summing", {"server.py": PROGRAM}, WAIT="3600")
    shop.put("in/a.csv", ROWS)
    shop.put("in/b.csv", b"wait\n")
    describe = shop.sagemaker.describe_transform_job
    request = {
        "TransformJobName": "batch",
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}},
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    shop.sagemaker.create_transform_job(**request)
    wait_until(lambda: logged(shop, "a row waits"), "the model was not asked")

    shop.sagemaker.stop_transform_job(TransformJobName="batch")

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = describe(TransformJobName="batch")
        return job if job["TransformJobStatus"] not in ("InProgress", "Stopping") else None

    job = wait_until(ended, "the job did not stop")
    assert job is not None
    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Stopped", None)
    assert made(shop) == []


def test_an_experiment_gets_the_job(shop: Shop, summing: str) -> None:
    shop.sagemaker.create_experiment(ExperimentName="e")
    shop.sagemaker.create_trial(ExperimentName="e", TrialName="t")
    wanted = {"ExperimentName": "e", "TrialName": "t", "TrialComponentDisplayName": "scores"}

    job = transform(shop, summing, shop.put("in/a.csv", ROWS), ExperimentConfig=wanted)

    assert job["ExperimentConfig"] == wanted
    listed = shop.sagemaker.list_trial_components(TrialName="t")["TrialComponentSummaries"]
    assert [(each["DisplayName"], each["Status"]["PrimaryStatus"]) for each in listed] == [
        ("scores", "Completed")
    ]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"MaxPayloadInMB": 101}, "cannot exceed 100; they are 101 and 101"),
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "cannot exceed 100; they are 50 and 150"),
        ({"source": {"CompressionType": "Bzip2"}}, "Member must satisfy enum value set"),
        (
            {"source": {"SplitType": "None"}, "DataProcessing": {"JoinSource": "Input"}},
            "SplitType must be Line for records of text/csv; it is None",
        ),
        (
            {"target": {"AssembleWith": "None"}, "DataProcessing": {"JoinSource": "Input"}},
            "AssembleWith must be Line for records of text/csv; it is None",
        ),
        (
            {"target": {"Accept": "application/json"}, "DataProcessing": {"JoinSource": "Input"}},
            "needs input and output in one format; they are text/csv and application/json",
        ),
        (
            {"source": {"ContentType": "text/libsvm"}, "DataProcessing": {"InputFilter": "$[1:]"}},
            "DataProcessing needs ContentType to be one of text/csv",
        ),
        ({"DataProcessing": {"OutputFilter": "$..a"}}, "DataProcessing.OutputFilter is not valid"),
    ],
)
def test_what_cannot_be_is_refused(shop: Shop, summing: str, members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ClientError, match=sentence) as refused:
        transform(shop, summing, shop.put("in/a.csv", ROWS), **members)

    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert shop.sagemaker.list_transform_jobs()["TransformJobSummaries"] == []
