"""Lineage through boto3: entities, associations, and questions about where things come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Arns = dict[str, str]


@pytest.fixture
def sagemaker(aws: Callable[..., Any]) -> Any:
    """An account of the test's own."""
    return aws("sagemaker")


@pytest.fixture
def graph(sagemaker: Any) -> Arns:
    """raw → clean → model → deploy → endpoint, and a second model of the clean data."""
    made: Arns = {}
    for name, kind in (("raw", "DataSet"), ("clean", "DataSet"), ("model", "Model"), ("other", "Model")):
        made[name] = sagemaker.create_artifact(
            ArtifactName=name,
            ArtifactType=kind,
            Source={"SourceUri": f"s3://bucket/{name}"},
            Properties={"name": name},
        )["ArtifactArn"]
    made["deploy"] = sagemaker.create_action(
        ActionName="deploy", ActionType="ModelDeployment", Source={"SourceUri": "u"}, Status="Completed"
    )["ActionArn"]
    made["endpoint"] = sagemaker.create_context(
        ContextName="end_point", ContextType="Endpoint", Source={"SourceUri": "arn:endpoint"}
    )["ContextArn"]
    for source, destination, kind in (
        ("raw", "clean", "DerivedFrom"),
        ("clean", "model", "ContributedTo"),
        ("clean", "other", "ContributedTo"),
        ("model", "deploy", "ContributedTo"),
        ("deploy", "endpoint", "AssociatedWith"),
    ):
        sagemaker.add_association(
            SourceArn=made[source], DestinationArn=made[destination], AssociationType=kind
        )
    return made


def names(graph: Arns, answer: dict[str, Any]) -> list[str]:
    """The names of an answer's vertices, in order."""
    return [name for vertex in answer["Vertices"] for name, arn in graph.items() if arn == vertex["Arn"]]


def test_entities_are_described_listed_and_changed(sagemaker: Any, graph: Arns) -> None:
    artifact = sagemaker.describe_artifact(ArtifactArn=graph["model"])
    assert (artifact["ArtifactType"], artifact["Source"]) == ("Model", {"SourceUri": "s3://bucket/model"})
    assert artifact["LineageGroupArn"].endswith("lineage-group/sagemaker-default-lineage-group")

    sagemaker.update_action(ActionName="deploy", Status="Failed", Properties={"a": "1", "b": "2"})
    sagemaker.update_action(ActionName="deploy", PropertiesToRemove=["a"])
    action = sagemaker.describe_action(ActionName=graph["deploy"])
    assert (action["Status"], action["Properties"]) == ("Failed", {"b": "2"})

    sagemaker.update_context(ContextName="end_point", Description="d")
    assert sagemaker.describe_context(ContextName="end_point")["Description"] == "d"
    listed = sagemaker.list_contexts(SourceUri="arn:endpoint", ContextType="Endpoint")["ContextSummaries"]
    assert [each["ContextArn"] for each in listed] == [graph["endpoint"]]
    models = sagemaker.list_artifacts(ArtifactType="Model", SortOrder="Ascending")["ArtifactSummaries"]
    assert [each["ArtifactName"] for each in models] == ["model", "other"]
    assert sagemaker.list_lineage_groups()["LineageGroupSummaries"][0]["LineageGroupName"].startswith("sage")


def test_a_source_has_one_artifact(sagemaker: Any, graph: Arns) -> None:
    given: dict[str, Any] = {"ArtifactType": "Model", "Source": {"SourceUri": "s3://bucket/model"}}
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.create_artifact(**given)

    tag = {"SourceIdType": "S3ETag", "Value": "abc"}
    other = sagemaker.create_artifact(ArtifactType="Model", Source={**given["Source"], "SourceTypes": [tag]})
    assert other["ArtifactArn"] != graph["model"]
    sagemaker.delete_artifact(Source={**given["Source"], "SourceTypes": [tag]})
    with pytest.raises(ClientError) as missing:
        sagemaker.describe_artifact(ArtifactArn=other["ArtifactArn"])
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"


def test_associations_are_listed_by_ends_and_types(sagemaker: Any, graph: Arns) -> None:
    def sources(**asked: Any) -> list[str]:
        found = sagemaker.list_associations(SortOrder="Ascending", **asked)["AssociationSummaries"]
        return [each["SourceName"] for each in found]

    assert sources(DestinationArn=graph["model"]) == ["clean"]
    assert sources(SourceArn=graph["clean"], DestinationType="Model") == ["clean", "clean"]
    assert sources(DestinationType="Context") == ["deploy"]
    assert sources(AssociationType="DerivedFrom") == ["raw"]
    pages = sagemaker.get_paginator("list_associations").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["AssociationSummaries"]) for page in pages] == [2, 2, 1]


def test_associations_join_what_is_there_once(sagemaker: Any, graph: Arns) -> None:
    both = {"SourceArn": graph["raw"], "DestinationArn": graph["clean"]}
    with pytest.raises(ClientError, match="already exists"):
        sagemaker.add_association(**both)
    with pytest.raises(ClientError) as missing:
        sagemaker.add_association(SourceArn=graph["raw"], DestinationArn=graph["raw"][:-1] + "x")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFound"
    with pytest.raises(ClientError, match="it still has associations"):
        sagemaker.delete_artifact(ArtifactArn=graph["raw"])

    sagemaker.delete_association(**both)
    sagemaker.delete_artifact(ArtifactArn=graph["raw"])
    with pytest.raises(ClientError) as parted:
        sagemaker.delete_association(**both)
    assert parted.value.response["Error"]["Code"] == "ResourceNotFound"


def test_what_an_endpoint_came_from(sagemaker: Any, graph: Arns) -> None:
    answer = sagemaker.query_lineage(StartArns=[graph["endpoint"]], Direction="Ascendants", IncludeEdges=True)

    assert names(graph, answer) == ["endpoint", "deploy", "model", "clean", "raw"]
    assert [(one["Type"], one["LineageType"]) for one in answer["Vertices"][:3]] == [
        ("Endpoint", "Context"),
        ("ModelDeployment", "Action"),
        ("Model", "Artifact"),
    ]
    assert len(answer["Edges"]) == 4


def test_a_query_goes_as_deep_as_it_is_asked_to(sagemaker: Any, graph: Arns) -> None:
    def reached(direction: str, depth: int) -> list[str]:
        answer = sagemaker.query_lineage(
            StartArns=[graph["clean"]], Direction=direction, MaxDepth=depth, IncludeEdges=False
        )
        assert answer["Edges"] == []
        return sorted(names(graph, answer))

    assert reached("Descendants", 1) == ["clean", "model", "other"]
    assert reached("Descendants", 2) == ["clean", "deploy", "model", "other"]
    assert reached("Both", 1) == ["clean", "model", "other", "raw"]


def test_a_query_with_filters_gives_what_satisfies_them(sagemaker: Any, graph: Arns) -> None:
    def reached(edges: bool = False, **filters: Any) -> list[str]:
        answer = sagemaker.query_lineage(
            StartArns=[graph["raw"]], Direction="Descendants", IncludeEdges=edges, Filters=filters
        )
        return names(graph, answer)

    assert sorted(reached(Types=["Model"])) == ["model", "other"]
    assert reached(LineageTypes=["Action"]) == ["deploy"]
    assert reached(Properties={"name": "other"}) == ["other"]
    assert reached(CreatedBefore=1.0) == []
    assert reached(edges=True, Properties={"name": "other"}) == ["raw", "clean", "other"]


def test_the_vertices_of_a_query_come_in_pages(sagemaker: Any, graph: Arns) -> None:
    seen: list[str] = []
    edges, token = 0, dict[str, Any]()
    while True:
        answer = sagemaker.query_lineage(
            StartArns=[graph["raw"]], Direction="Descendants", IncludeEdges=True, MaxResults=2, **token
        )
        seen += names(graph, answer)
        edges += len(answer["Edges"])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}

    assert (len(seen), len(set(seen)), edges) == (6, 6, 5)


def test_a_circle_is_walked_once(sagemaker: Any, graph: Arns) -> None:
    sagemaker.add_association(SourceArn=graph["endpoint"], DestinationArn=graph["raw"])

    answer = sagemaker.query_lineage(StartArns=[graph["raw"]], Direction="Both", IncludeEdges=True)

    assert sorted(names(graph, answer)) == sorted(graph)
    assert len(answer["Edges"]) == 6
