"""Resources as documents: names, pages, worlds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oficina.clock import StoppedClock
from oficina.errors import AwsError
from oficina.store.database import Database
from oficina.store.documents import Query, Scope
from oficina.store.kinds import Kind

THING = Kind("Model", arn="model", missing=("ValidationException", 'Could not find model "{arn}".'))


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def docs(tmp_path: Path, clock: StoppedClock) -> Iterator[Scope]:
    database = Database(tmp_path / "db")
    yield Scope(database, clock, "123456789012", "us-east-1")
    database.close()


def fill(docs: Scope, clock: StoppedClock, count: int) -> None:
    for number in range(count):
        clock.at += 1
        docs.create(THING, {"ModelName": f"m{number}"})


def names(docs: Scope, request: dict[str, object]) -> list[list[str]]:
    pages, token = [], None
    while True:
        page = docs.page(THING, request | ({"NextToken": token} if token else {}))
        pages.append([item["ModelName"] for item in page.items])
        if page.token is None:
            return pages
        token = page.token


def test_a_created_document_has_its_arn_and_times(docs: Scope, clock: StoppedClock) -> None:
    created = docs.create(THING, {"ModelName": "M1"})

    assert created["ModelArn"] == "arn:aws:sagemaker:us-east-1:123456789012:model/m1"
    assert created["CreationTime"] == clock.at
    assert docs.get(THING, "M1") == created


def test_a_taken_name_is_refused_and_nothing_is_changed(docs: Scope) -> None:
    docs.create(THING, {"ModelName": "m", "A": 1})

    with pytest.raises(AwsError):
        docs.create(THING, {"ModelName": "m", "A": 2})

    assert docs.get(THING, "m")["A"] == 1


def test_a_missing_resource_answers_with_the_kinds_sentence(docs: Scope) -> None:
    with pytest.raises(
        AwsError, match='Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/x"'
    ):
        docs.get(THING, "x")


def test_pages_hold_everything_once_newest_first(docs: Scope, clock: StoppedClock) -> None:
    fill(docs, clock, 7)

    assert names(docs, {"MaxResults": 3}) == [["m6", "m5", "m4"], ["m3", "m2", "m1"], ["m0"]]


def test_things_of_the_same_moment_are_not_lost_between_pages(docs: Scope) -> None:
    for number in range(5):
        docs.create(THING, {"ModelName": f"m{number}"})

    assert [len(page) for page in names(docs, {"MaxResults": 2})] == [2, 2, 1]


def test_a_list_sorts_by_name_and_filters(docs: Scope, clock: StoppedClock) -> None:
    fill(docs, clock, 12)

    page = docs.page(THING, {"SortBy": "Name", "SortOrder": "Ascending", "NameContains": "M1"})

    assert [item["ModelName"] for item in page.items] == ["m1", "m10", "m11"]


def test_a_token_of_another_list_is_refused(docs: Scope, clock: StoppedClock) -> None:
    fill(docs, clock, 3)
    token = docs.page(THING, {"MaxResults": 1}).token

    with pytest.raises(AwsError, match="NextToken"):
        docs.page(THING, {"MaxResults": 1, "SortBy": "Name", "NextToken": token})


def test_accounts_and_regions_are_separate_worlds(docs: Scope) -> None:
    docs.create(THING, {"ModelName": "m"})
    elsewhere = Scope(docs.database, docs.clock, "210987654321", "us-east-1")
    abroad = Scope(docs.database, docs.clock, "123456789012", "eu-west-1")

    assert elsewhere.find(THING, "m") is None
    assert abroad.page(THING, {}).items == []


def test_deleting_takes_the_tags_along(docs: Scope) -> None:
    arn = docs.create(THING, {"ModelName": "m", "Tags": [{"Key": "a", "Value": "b"}]})["ModelArn"]
    assert docs.tags(arn) == [{"Key": "a", "Value": "b"}]

    docs.delete(THING, "m")

    assert docs.tags(arn) == []


def test_a_broken_transaction_leaves_nothing(docs: Scope) -> None:
    def cut() -> None:
        with docs.transaction():
            docs.create(THING, {"ModelName": "m"})
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        cut()

    assert docs.find(THING, "m") is None


def test_a_parent_narrows_a_list(docs: Scope) -> None:
    docs.create(THING, {"ModelName": "1"}, parent="a")
    docs.create(THING, {"ModelName": "1"}, parent="b")

    assert len(docs.page(THING, {}, Query(parent="a")).items) == 1


def test_a_name_is_found_whatever_its_case(docs: Scope) -> None:
    docs.create(THING, {"ModelName": "MyModel"})

    assert docs.get(THING, "mymodel")["ModelName"] == "MyModel"
    docs.update(THING, "mymodel", {"A": 1})
    assert docs.delete(THING, "MYMODEL")["A"] == 1


def test_a_name_of_another_case_is_taken(docs: Scope) -> None:
    docs.create(THING, {"ModelName": "MyModel"})

    with pytest.raises(AwsError):
        docs.create(THING, {"ModelName": "mymodel"})


def test_a_name_that_is_not_there_is_not_looked_for_in_every_resource(docs: Scope) -> None:
    said: list[str] = []
    docs.database.reader.set_trace_callback(said.append)
    assert docs.find(THING, "none") is None
    docs.database.reader.set_trace_callback(None)
    for statement in said:
        plan = docs.database.reader.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        assert all("arn=?" in row[3] or "name=?" in row[3] for row in plan), [row[3] for row in plan]
