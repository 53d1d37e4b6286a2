"""Models of several containers through boto3: one after the other, or called by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.client.test_transform import out, transform
from tests.jobs import ROLE
from tests.registry import group, register
from tests.shops import BUCKET, IMAGE, Shop, archive, variant
from tests.waiting import wait_until

PROGRAM = (Path(__file__).parents[1] / "programs" / "linked_server.py").read_bytes()


def container(shop: Shop, mark: str, hostname: str = "", **environment: str) -> dict[str, Any]:
    """A container with a model of its own."""
    data = shop.put(f"{mark}/model.tar.gz", archive({"server.py": PROGRAM, "name.txt": mark.encode()}))
    made = {"Image": IMAGE, "ModelDataUrl": data, "Environment": {"MARK": mark, **environment}}
    return {**made, "ContainerHostname": hostname} if hostname else made


def chain(shop: Shop, *containers: dict[str, Any], **members: Any) -> str:
    """A model of these containers."""
    shop.sagemaker.create_model(
        ModelName="chain", Containers=list(containers), ExecutionRoleArn=ROLE, **members
    )
    return "chain"


def ask(shop: Shop, text: str, **members: Any) -> str:
    """What the endpoint answers."""
    answer = shop.runtime.invoke_endpoint(EndpointName="e", Body=text.encode(), **members)
    said: str = answer["Body"].read().decode()
    return said


def test_what_one_container_answers_the_next_is_asked(shop: Shop) -> None:
    model = chain(shop, container(shop, "first"), container(shop, "second"), container(shop, "third"))
    endpoint = shop.open("e", variant(model, count=2))

    assert ask(shop, "a\nb", ContentType="text/plain") == "a>first>second>third\nb>first>second>third\n"
    (described,) = endpoint["ProductionVariants"]
    assert [image["SpecifiedImage"] for image in described["DeployedImages"]] == [IMAGE] * 3
    assert len(shop.sagemaker.describe_model(ModelName="chain")["Containers"]) == 3


def test_every_container_has_a_world_of_its_own(shop: Shop) -> None:
    model = chain(shop, container(shop, "first", OWN="1"), container(shop, "second"))
    shop.open("e", variant(model))

    said = ask(shop, "tell ", ContentType="text/csv", Accept="text/last", CustomAttributes="trace-7")

    first, second = (json.loads(told) for told in re.findall(r"\{[^}]*\}", said))
    common = {"attributes": "trace-7", "batch": None}
    assert first == {"model": "first", "content": "text/csv", "accept": None, "own": "1", **common}
    assert second == {
        "model": "second",
        "content": "text/first",
        "accept": "text/last",
        "own": None,
        **common,
    }


def test_the_container_that_refuses_is_named(shop: Shop) -> None:
    model = chain(shop, container(shop, "first", "clean"), container(shop, "second", "score"))
    shop.open("e", variant(model))

    with pytest.raises(ClientError) as refused:
        ask(shop, "refuse second")

    assert 'Received client error (400) from score with message "second does not want this"' in str(
        refused.value
    )
    response: Any = refused.value.response
    assert response["OriginalStatusCode"] == 400


def test_a_container_that_dies_comes_back_with_the_others(shop: Shop) -> None:
    model = chain(shop, container(shop, "first"), container(shop, "second"))
    shop.open("e", variant(model))

    with pytest.raises(ClientError, match="ended the connection"):
        ask(shop, "die second")

    def back() -> bool:
        try:
            return ask(shop, "a") == "a>first>second\n"
        except ClientError:
            return False

    wait_until(back, "the chain did not come back")


def test_a_container_that_does_not_come_up_fails_the_endpoint_with_its_log(shop: Shop) -> None:
    model = chain(shop, container(shop, "first"), container(shop, "second", FAILS="yes"))

    assert "no weights found" in shop.failed("e", variant(model))


def test_each_container_has_a_log_of_its_own(shop: Shop) -> None:
    model = chain(shop, container(shop, "first", "clean"), container(shop, "second"))
    shop.open("e", variant(model))

    streams = shop.logs.describe_log_streams(logGroupName="/aws/sagemaker/Endpoints/e")["logStreams"]
    names = sorted(each["logStreamName"].split("/")[-1] for each in streams)
    assert [name for name in names if not name.startswith("i-")] == ["clean", "container-2"]


def test_a_container_is_called_by_its_name(shop: Shop) -> None:
    model = chain(
        shop,
        container(shop, "first", "one"),
        container(shop, "second", "two"),
        InferenceExecutionConfig={"Mode": "Direct"},
    )
    shop.open("e", variant(model))

    assert ask(shop, "a", TargetContainerHostname="two") == "a>second\n"
    assert ask(shop, "a", TargetContainerHostname="one") == "a>first\n"
    with pytest.raises(ClientError, match="must be one of one, two"):
        ask(shop, "a", TargetContainerHostname="three")


def test_a_batch_goes_through_all_containers(shop: Shop) -> None:
    told = json.dumps({"MaxConcurrentTransforms": 4, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6})
    model = chain(shop, container(shop, "first", TELLS=told), container(shop, "second"))
    for name in "abc":
        shop.put(f"in/{name}.csv", b"1\n2\n")

    job = transform(shop, model, f"s3://{BUCKET}/in/", hosts=2, DataProcessing={"JoinSource": "Input"})

    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert {out(shop, f"{name}.csv.out") for name in "abc"} == {"1,1>first>second\n2,2>first>second\n"}


def test_a_batch_tells_every_container_that_it_is_one(shop: Shop) -> None:
    model = chain(shop, container(shop, "first"), container(shop, "second"))

    transform(
        shop, model, shop.put("in/a.csv", b"tell\n"), target={"Accept": "x/y"}, Environment={"OWN": "job"}
    )

    said = out(shop, "a.csv.out")
    assert said.count('"batch": "true"') == said.count('"own": "job"') == 2


def test_a_file_goes_through_all_containers_in_chunks(shop: Shop) -> None:
    model = chain(shop, container(shop, "first"), container(shop, "second"))
    data = shop.put("in/a.csv", b"1,2,3\n" * 100_000)

    transform(shop, model, data, source={"SplitType": "None"}, MaxPayloadInMB=0)

    assert out(shop, "a.csv.out") == "1,2,3>first>second\n" * 100_000


def test_a_batch_fails_with_the_container_that_dies(shop: Shop) -> None:
    model = chain(shop, container(shop, "first"), container(shop, "second"))

    job = transform(shop, model, shop.put("in/a.csv", b"die second\n"))

    assert job["TransformJobStatus"] == "Failed"
    assert "exit code: 9" in job["FailureReason"]


@pytest.mark.parametrize(
    ("names", "members", "sentence"),
    [
        (("same", "same"), {}, "Every ContainerHostname of a model must be another one"),
        (("one", ""), {"InferenceExecutionConfig": {"Mode": "Direct"}}, "every container needs a Container"),
    ],
)
def test_names_that_do_not_fit_are_refused(
    shop: Shop, names: tuple[str, str], members: dict[str, Any], sentence: str
) -> None:
    containers = [container(shop, f"m{number}", name) for number, name in enumerate(names)]

    with pytest.raises(ClientError, match=sentence):
        chain(shop, *containers, **members)


def test_a_model_package_of_several_containers_is_served(shop: Shop) -> None:
    group(shop)
    containers = [container(shop, "first", "clean"), container(shop, "second")]
    arn = register(
        shop,
        InferenceSpecification={
            "Containers": containers,
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelApprovalStatus="Approved",
    )

    model = chain(shop, {"ModelPackageName": arn, "Environment": {"OWN": "caller"}})
    shop.open("e", variant(model))

    assert ask(shop, "a") == "a>first>second\n"
    assert ask(shop, "tell").count('"own": "caller"') == 2
