"""The input channels of algorithm mode: which there may be, and in which mode each format can be read."""

from collections.abc import Mapping
from typing import Any

from sagemaker_algorithm_toolkit.exceptions import UserError

from xgboost_image.content_types import RECORDIO_PROTOBUF, format_of

KNOWN = ("train", "validation", "code")


def check(channels: Mapping[str, Mapping[str, Any]]) -> str:
    """The format of the data in the channels of `inputdataconfig.json`; the algorithm's error if wrong."""
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    for name, channel in channels.items():
        if name not in KNOWN:
            raise UserError(f"Extraneous channel found: {name}")
        if name != "code":
            _check_mode(name, channel)
    return format_of(channels["train"].get("ContentType"))


def is_pipe(channel: Mapping[str, Any]) -> bool:
    """Whether the channel's data comes through a FIFO."""
    return channel.get("TrainingInputMode") == "Pipe"


def _check_mode(name: str, channel: Mapping[str, Any]) -> None:
    """CSV, Parquet and libsvm are whole files to the algorithm; only RecordIO is read from a pipe."""
    form = format_of(channel.get("ContentType"))
    if is_pipe(channel) and form != RECORDIO_PROTOBUF:
        raise UserError(
            f"Channel configuration for '{name}' channel is not supported: {dict(channel)}. "
            f"Pipe mode is for application/x-recordio-protobuf; give {form} data in File or FastFile mode."
        )
