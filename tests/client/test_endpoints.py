"""Endpoints from creation to deletion, with model processes that really answer."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests import ports, shops
from tests.jobs import ROLE
from tests.shops import BUCKET, IMAGE, PROGRAM, Shop, variant
from tests.waiting import wait_until

ARN = "arn:aws:sagemaker:us-east-1:{account}:{what}"


def test_an_endpoint_answers_with_its_model(shop: Shop) -> None:
    endpoint = shop.open("one", variant(shop.model("m", {"data/a.txt": b"weights"})))
    said = shop.ask("one")
    assert said["mark"] == "m"
    assert said["files"] == {"data/a.txt": "weights"}
    assert endpoint["EndpointConfigName"] == "one"
    (summary,) = endpoint["ProductionVariants"]
    assert summary["VariantName"] == "AllTraffic"
    assert (summary["CurrentWeight"], summary["DesiredWeight"]) == (1.0, 1.0)
    assert (summary["CurrentInstanceCount"], summary["DesiredInstanceCount"]) == (1, 1)
    (image,) = summary["DeployedImages"]
    assert image["SpecifiedImage"] == IMAGE
    assert image["ResolvedImage"].startswith(IMAGE.partition(":")[0] + "@sha256:")


def test_the_model_runs_with_credentials_of_its_role(shop: Shop) -> None:
    shop.open("one", variant(shop.model("m", GREETING="hello")))
    environment = shop.ask("one")["environment"]
    assert environment["GREETING"] == "hello"
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert "OFICINA_HOME" not in environment


def test_a_deleted_endpoint_is_gone_with_its_processes(shop: Shop, account: str) -> None:
    shop.open("one", variant(shop.model("m")))
    shop.sagemaker.delete_endpoint(EndpointName="one")
    shop.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="one")
    with pytest.raises(ClientError) as told:
        shop.sagemaker.describe_endpoint(EndpointName="one")
    arn = ARN.format(account=account, what="endpoint/one")
    assert told.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f'Could not find endpoint "{arn}".',
    }
    with pytest.raises(ClientError) as told:
        shop.ask("one")
    assert told.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": f"Endpoint one of account {account} not found.",
    }


def test_a_waiter_sees_the_endpoint_in_service(shop: Shop) -> None:
    shop.sagemaker.create_endpoint(
        EndpointName="one", EndpointConfigName=shop.config("c", variant(shop.model("m")))
    )
    shop.sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="one")
    assert shop.ask("one")["mark"] == "m"


def test_taken_names_are_refused_in_awss_words(shop: Shop, account: str) -> None:
    shop.open("one", variant(shop.model("m")))
    arns = {
        what: ARN.format(account=account, what=what)
        for what in ("endpoint/one", "endpoint-config/one", "model/m")
    }
    for ask, sentence in (
        (lambda: shop.model("m"), f'Cannot create already existing model "{arns["model/m"]}".'),
        (
            lambda: shop.config("one", variant("m")),
            f'Cannot create already existing endpoint configuration "{arns["endpoint-config/one"]}".',
        ),
        (
            lambda: shop.sagemaker.create_endpoint(EndpointName="one", EndpointConfigName="one"),
            f'Cannot create already existing endpoint "{arns["endpoint/one"]}".',
        ),
    ):
        with pytest.raises(ClientError) as told:
            ask()
        assert told.value.response["Error"]["Message"] == sentence


def test_what_is_missing_is_told_in_awss_words(shop: Shop, account: str) -> None:
    with pytest.raises(ClientError, match="Could not find model data at s3://shop/nothing"):
        shop.model_of("m", {"ModelDataUrl": f"s3://{BUCKET}/nothing.tar.gz"})
    with pytest.raises(ClientError, match=f'Could not find model "arn:.*:{account}:model/m".'):
        shop.config("c", variant("m"))
    with pytest.raises(
        ClientError, match=r'Could not find endpoint configuration "arn:.*endpoint-config/c".'
    ):
        shop.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    with pytest.raises(ClientError, match="ExecutionRoleArn is required"):
        shop.sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": IMAGE})
    with pytest.raises(ClientError, match="You must provide an Image"):
        shop.sagemaker.create_model(ModelName="m", PrimaryContainer={}, ExecutionRoleArn=ROLE)


def test_a_model_may_be_a_prefix_of_objects(shop: Shop) -> None:
    shop.put("loose/server.py", PROGRAM)
    uri = shop.put("loose/data/a.txt", b"weights").removesuffix("data/a.txt")
    source = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
    shop.open("one", variant(shop.model_of("m", {"ModelDataSource": {"S3DataSource": source}})))
    assert shop.ask("one")["files"] == {"data/a.txt": "weights"}


def test_an_image_nobody_knows_fails_with_what_to_type(shop: Shop) -> None:
    data = shop.put("m.tar.gz", shops.archive({"server.py": PROGRAM}))
    shop.model_of("m", {"ModelDataUrl": data, "Image": "1.dkr.ecr.us-east-1.amazonaws.com/nobodys:1"})
    assert "Give it one with: oficina image add nobodys" in shop.failed("one", variant("m"))


def test_a_model_that_dies_fails_with_the_end_of_its_log(shop: Shop) -> None:
    reason = shop.failed("one", variant(shop.model("m", FAILS="yes")))
    assert reason.startswith(
        "The primary container for production variant AllTraffic did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert reason.endswith("no weights found")


def test_the_log_is_in_cloudwatch_by_variant_and_instance(shop: Shop) -> None:
    shop.open("one", variant(shop.model("m"), "blue"))
    group = "/aws/sagemaker/Endpoints/one"
    (stream,) = shop.logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert stream["logStreamName"].startswith("blue/i-")
    (event,) = shop.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    assert event["message"] == "the model server m starts with ['serve']"
    shop.sagemaker.delete_endpoint(EndpointName="one")
    shop.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="one")
    assert shop.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]


def test_several_instances_take_turns(shop: Shop) -> None:
    shop.open("one", variant(shop.model("m"), count=2))
    pids = [shop.ask("one")["environment"]["SAGEMAKER_BIND_TO_PORT"] for _ in range(4)]
    assert len(set(pids)) == 2
    assert pids[:2] == pids[2:]


def test_variants_share_by_weight_and_can_be_chosen(shop: Shop) -> None:
    shop.model("a")
    shop.model("b")
    heavy, light = variant("a", "A", InitialVariantWeight=1), variant("b", "B", InitialVariantWeight=0)
    shop.open("one", heavy, light)
    assert {shop.ask("one")["mark"] for _ in range(10)} == {"a"}
    answer = shop.runtime.invoke_endpoint(EndpointName="one", Body=b"echo x", TargetVariant="B")
    assert answer["InvokedProductionVariant"] == "B"
    with pytest.raises(ClientError, match="Variant C not found"):
        shop.ask("one", TargetVariant="C")


def test_weights_and_capacities_change_in_place(shop: Shop) -> None:
    shop.model("a")
    shop.model("b")
    shop.open("one", variant("a", "A"), variant("b", "B", InitialVariantWeight=0))
    first = shop.ask("one", TargetVariant="B")["environment"]["SAGEMAKER_BIND_TO_PORT"]
    shop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="one",
        DesiredWeightsAndCapacities=[
            {"VariantName": "A", "DesiredWeight": 0},
            {"VariantName": "B", "DesiredWeight": 3, "DesiredInstanceCount": 2},
        ],
    )
    endpoint = shop.settled("one")
    summary = {one["VariantName"]: one for one in endpoint["ProductionVariants"]}
    assert (summary["B"]["CurrentWeight"], summary["B"]["CurrentInstanceCount"]) == (3.0, 2)
    said = [shop.ask("one") for _ in range(4)]
    assert {one["mark"] for one in said} == {"b"}
    ports = {one["environment"]["SAGEMAKER_BIND_TO_PORT"] for one in said}
    assert first in ports
    assert len(ports) == 2


def test_endpoints_are_listed_by_name_and_status(shop: Shop) -> None:
    shop.model("m")
    shop.open("alpha", variant("m"))
    shop.failed("beta", variant(shop.model("broken", FAILS="yes")))
    found = shop.sagemaker.list_endpoints(SortBy="Name", SortOrder="Ascending")["Endpoints"]
    assert [one["EndpointName"] for one in found] == ["alpha", "beta"]
    found = shop.sagemaker.list_endpoints(StatusEquals="Failed")["Endpoints"]
    assert [one["EndpointName"] for one in found] == ["beta"]
    found = shop.sagemaker.list_endpoint_configs(NameContains="alp")["EndpointConfigs"]
    assert [one["EndpointConfigName"] for one in found] == ["alpha"]
    found = shop.sagemaker.list_models(NameContains="brok")["Models"]
    assert [one["ModelName"] for one in found] == ["broken"]


def test_a_serverless_variant_runs_too(shop: Shop) -> None:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    shop.model("m")
    endpoint = shop.open("one", {"VariantName": "AllTraffic", "ModelName": "m", "ServerlessConfig": config})
    assert endpoint["ProductionVariants"][0]["CurrentServerlessConfig"] == config
    assert shop.ask("one")["mark"] == "m"


def test_a_serverless_variant_has_one_of_the_memories_of_aws(shop: Shop) -> None:
    shop.model("m")
    config = {"MemorySizeInMB": 1111, "MaxConcurrency": 5}
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "ServerlessConfig": config}
    with pytest.raises(ClientError, match=r"Value '1111' at 'MemorySizeInMB' failed to satisfy constraint"):
        shop.sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])


def test_a_model_that_listens_where_it_likes_is_found(shop: Shop) -> None:
    with ports.held() as port:
        shop.open("one", variant(shop.model("m", PORT=str(port))))
    assert shop.ask("one")["environment"]["SAGEMAKER_BIND_TO_PORT"] != str(port)


def test_an_endpoint_that_changes_cannot_be_changed(shop: Shop) -> None:
    shop.sagemaker.create_endpoint(
        EndpointName="one", EndpointConfigName=shop.config("c", variant(shop.model("m", SLOW="600")))
    )
    with pytest.raises(ClientError, match=r'Cannot update in-progress endpoint "arn:.*:endpoint/one".'):
        shop.sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="c")


def test_an_endpoint_can_be_deleted_while_it_is_made(shop: Shop) -> None:
    shop.sagemaker.create_endpoint(
        EndpointName="one", EndpointConfigName=shop.config("c", variant(shop.model("m", SLOW="600")))
    )
    shop.sagemaker.delete_endpoint(EndpointName="one")
    shop.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="one")
    shop.sagemaker.create_endpoint(EndpointName="one", EndpointConfigName="c")
    shop.sagemaker.delete_endpoint(EndpointName="one")


def test_invocations_are_measured(shop: Shop) -> None:
    shop.open("one", variant(shop.model("m")))
    for _ in range(5):
        shop.echo("one", "x")
    with pytest.raises(ClientError):
        shop.echo("one", "x", TargetVariant="nobody")
    with pytest.raises(ClientError):
        shop.runtime.invoke_endpoint(EndpointName="one", Body=b"status 400 no")
    dimensions = [{"Name": "EndpointName", "Value": "one"}, {"Name": "VariantName", "Value": "AllTraffic"}]

    def total(metric: str, statistic: str) -> float:
        points = shop.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=0,
            EndTime=2_000_000_000,
            Period=2_000_000_000 // 60 * 60,
            Statistics=[statistic],
        )["Datapoints"]
        return float(sum(point[statistic] for point in points))

    wait_until(lambda: total("Invocations", "Sum") == 6, "six calls are counted")
    assert total("Invocation4XXErrors", "Sum") == 1
    assert total("Invocation5XXErrors", "Sum") == 0
    assert 0 < total("ModelLatency", "Average") < 1_000_000


def test_a_model_may_put_shared_libraries_into_lib(shop: Shop) -> None:
    library = Path("/lib") / f"lib-of-{secrets.token_hex(4)}.so"
    line = f"open({str(library)!r}, 'w').write('library')\n"
    program = PROGRAM.replace(b"MODEL = Path(", line.encode() + b"MODEL = Path(", 1)
    assert program != PROGRAM
    shop.open("one", variant(shop.model("m", {"server.py": program})))
    assert shop.ask("one")["mark"] == "m"
    assert not library.exists()
