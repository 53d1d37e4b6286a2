"""Notebook jobs: training jobs that run a notebook, which SageMaker's own driver does with papermill.

The driver (``sagemaker-headless-execution-driver``, the command ``amazon_sagemaker_scheduler``) is in the
images; here is what it needs of a job beyond the container contract, and what is told when a notebook fails.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from oficina.runners import process
from oficina.runners.process import Exit
from oficina.store.kinds import Document

LAID_ANEW = ("/home",)
"""The driver makes /home/sagemaker-user a link to the notebook's folder."""

MOST = 960
"""Characters of a reason: AWS has room for 1,024 with what it says before and after."""
_ALL = 65_536

_OVERWRITTEN = re.compile(r"^.*\r(?!\n)", re.MULTILINE)
_NOISE = re.compile(r"^(?:\++ |Use Kernel |Executing: ).*\n", re.MULTILINE)
_DRIVER = re.compile(
    r'^Traceback \(most recent call last\):\n  File "[^"]*notebookrunner\.py".*', re.M | re.S
)
_RULER = re.compile(r"^-{60,}\n", re.MULTILINE)


def is_notebook_job(job: Document) -> bool:
    """Whether a training job runs a notebook, made by a NotebookJobStep, by Studio or by hand."""
    return "SM_INPUT_NOTEBOOK_NAME" in job.get("Environment", {})


def explained(end: Exit, folder: Path) -> Exit:
    """The end of a notebook job that tells the error of the cell, wherever the driver has it."""
    for host in end.hosts:
        text = process.read_text(str(folder / "hosts" / host / "opt-ml"), "output/failure", _ALL)
        if text:
            return replace(end, failure=told(text))
    return end


def told(text: str) -> str:
    """A failure file without its noise; of a long one the beginning and, above all, the end.

    The driver copies the log of its shell, with papermill's progress and the error twice. AWS keeps the
    first 1,024 characters of that, often too few to say which error it was.
    """
    plain = _DRIVER.sub("", _RULER.sub("", _NOISE.sub("", _OVERWRITTEN.sub("", text)))).strip()
    if len(plain) <= MOST:
        return plain
    head = plain[: MOST // 3].rpartition("\n")[0]
    return f"{head}\n[...]\n{plain[-(MOST - len(head) - 7) :]}"
