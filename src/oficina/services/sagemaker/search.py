"""Search over what SageMaker keeps: training jobs and, as far as they are there, everything else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from oficina.errors import validation
from oficina.model.shapes import Shape
from oficina.services.context import Context
from oficina.services.sagemaker import filters
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.search_records import ADDED, record
from oficina.store.kinds import Document
from oficina.store.scan import scan

PAGE = 100
"""The most results of one answer (botocore, MaxResults)."""
_MEMBERS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
"""Resources whose results stand under another name."""
_COLUMNS = {None: "modified", "LastModifiedTime": "modified", "CreationTime": "created"}


@sagemaker.operation
def search(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The resources of one kind that satisfy an expression."""
    member = _MEMBERS.get(request["Resource"], request["Resource"])
    shape = sagemaker.model.shape("SearchRecord").members.get(member)
    if shape is None:
        raise validation(f"Resource {request['Resource']} is not supported in Search yet.")
    expression = request.get("SearchExpression", {})
    _check_names(_names(shape.shape), expression)
    skip, size = _skip(request), request.get("MaxResults", PAGE)
    found = _found(ctx, request, member, expression)
    page = list(islice(found, skip, skip + size + 1))
    results = [{member: document} for document in page[:size]]
    more = len(page) > size
    hits = {"Value": skip + len(page), "Relation": "GreaterThanOrEqualTo" if more else "EqualTo"}
    return {"Results": results, "NextToken": str(skip + size) if more else None, "TotalHits": hits}


def _found(ctx: Context, request: dict[str, Any], kind: str, expression: Document) -> Iterator[Document]:
    """What satisfies the expression, in the order asked for."""
    descending = request.get("SortOrder", "Descending") == "Descending"
    sort = request.get("SortBy")
    by = _COLUMNS.get(sort, "modified")
    test = filters.compile_expression(expression)
    documents = scan(ctx.docs, kind, filters.needles(expression, ADDED), by=by, descending=descending)
    records = (record(ctx, kind, document) for document in documents)
    found = (document for document in records if test(document))
    if sort in _COLUMNS:
        return found
    return iter(sorted(found, key=lambda document: _place(document, str(sort)), reverse=descending))


def _place(document: Document, name: str) -> tuple[int, float, str]:
    """Where a document stands by a property: those without it first, numbers by size, texts by letter."""
    value = next(iter(filters.values(document, name)), None)
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, (int, float)):
        return 1, float(value), ""
    return 1, 0.0, str(value)


def _skip(request: dict[str, Any]) -> int:
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise validation("The NextToken parameter is not valid for this request.")
    return int(token)


def _names(shape: Shape) -> set[str]:
    """The properties of a resource; a model's record holds the model in a member of its own."""
    inner = shape.members.get("Model")
    return {*shape.members, *(inner.shape.members if inner is not None else ()), "Tags", "Metrics", "metrics"}


def _check_names(known: set[str], expression: Document) -> None:
    """Refuses a property that the resource does not have."""
    names = [one["Name"] for one in expression.get("Filters", ())]
    names += [one["NestedPropertyName"] for one in expression.get("NestedFilters", ())]
    for name in names:
        head = name.partition(".")[0]
        if head not in known:
            raise validation(f"Unknown property name: {name}")
    for inner in expression.get("SubExpressions", ()):
        _check_names(known, inner)
