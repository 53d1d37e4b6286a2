"""SQS as the query protocol spells it, for clients from before November 2023 and other languages' SDKs.

botocore's model of SQS has left that protocol and its names with it. They follow from today's names, as the
model of botocore 1.29.165 shows: every list and map is flattened and named in the singular.
"""

from __future__ import annotations

from typing import Any

from oficina.model import data
from oficina.model.shapes import Model

NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"
Traits = dict[str, Any]


def model(service: str) -> Model:
    """botocore's model of SQS, and what SQS takes beside it."""
    return Model(service, _widened(data.read(service)))


def _widened(raw: Traits) -> Traits:
    """The names of a queue's attributes free, as SQS refuses a strange one in words of its own.

    And ReceiveMessage's AttributeNames as the names of a message's attributes too:

    botocore has given that member the names of a queue's attributes; programs from before
    MessageSystemAttributeNames ask for SentTimestamp there, and SQS answers.
    """
    shapes = dict(raw["shapes"])
    names = shapes["QueueAttributeName"]["enum"] + shapes["MessageSystemAttributeName"]["enum"]
    shapes["ReceivedAttributeName"] = {"type": "string", "enum": list(dict.fromkeys(names))}
    shapes["ReceivedAttributeNameList"] = shapes["AttributeNameList"] | {
        "member": {"shape": "ReceivedAttributeName", "locationName": "AttributeName"}
    }
    shapes["QueueAttributeName"] = {"type": "string"}
    request = shapes["ReceiveMessageRequest"]
    own = request["members"]["AttributeNames"] | {"shape": "ReceivedAttributeNameList"}
    shapes["ReceiveMessageRequest"] = request | {"members": request["members"] | {"AttributeNames": own}}
    return raw | {"shapes": shapes}


def query_model(service: str) -> Model:
    """The model of SQS with the names of the query protocol."""
    raw = _widened(data.read(service))
    operations = {name: _wrapped(name, each) for name, each in raw["operations"].items()}
    shapes = {name: _spelt(name, shape, raw["shapes"]) for name, shape in raw["shapes"].items()}
    metadata = raw["metadata"] | {"xmlNamespace": NAMESPACE}
    return Model(service, raw | {"metadata": metadata, "operations": operations, "shapes": shapes})


def _wrapped(name: str, operation: Traits) -> Traits:
    if "output" not in operation:
        return operation
    return operation | {"output": operation["output"] | {"resultWrapper": f"{name}Result"}}


def _spelt(name: str, shape: Traits, shapes: Traits) -> Traits:
    match shape["type"]:
        case "list":
            item = {"locationName": name.removesuffix("List")} | shape["member"]
            return shape | {"flattened": True, "member": item}
        case "map":
            key, value = ("Key", "Value") if name == "TagMap" else ("Name", "Value")
            sides = {
                "key": shape["key"] | {"locationName": key},
                "value": shape["value"] | {"locationName": value},
            }
            return shape | {"flattened": True} | sides
        case "structure":
            members = {each: _member(each, traits, shapes) for each, traits in shape["members"].items()}
            return shape | {"members": members}
    return shape


def _member(name: str, traits: Traits, shapes: Traits) -> Traits:
    """A map, or a list of values within an attribute, is named by its member; other lists by their items."""
    if shapes[traits["shape"]]["type"] == "map" or name.endswith("ListValues"):
        return traits | {"locationName": name[0].upper() + name[1:].removesuffix("s"), "flattened": True}
    return traits
