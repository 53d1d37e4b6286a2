"""The log lines of the image: `[2026-01-31:12:00:00:INFO] text`, as its users know them from CloudWatch."""

import logging
import sys


def configure(level: int = logging.INFO) -> None:
    """Send every log line to standard output in the image's form."""
    form = logging.Formatter("[%(asctime)s:%(levelname)s] %(message)s", "%Y-%m-%d:%H:%M:%S")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(form)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def level_named(text: str) -> int:
    """The level of SAGEMAKER_CONTAINER_LOG_LEVEL: a number as the SDK sends, or a name; else INFO."""
    if text.isdigit():
        return int(text)
    return logging.getLevelNamesMapping().get(text.upper(), logging.INFO)
