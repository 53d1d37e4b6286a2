"""Export jobs of model cards: a version of a card becomes a PDF in a bucket."""

from __future__ import annotations

from oficina.chaos import point
from oficina.engine import inputs
from oficina.engine.cards import pages, pdf
from oficina.engine.cards.kinds import EXPORT, VERSION, version_key
from oficina.engine.inputs import InputMissing
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.queue import Task

TOPIC = "model-card-export"
"""The topic of the queue on which export jobs wait."""


def export(engine: Engine, task: Task) -> None:
    """Writes the PDF and tells that it is there; begun again, it writes the same."""
    docs = engine.store.scope(task.account, task.region)
    name, card = task.payload["name"], task.payload["card"]
    job = docs.find(EXPORT, name, card)
    if job is None or job["Status"] != "InProgress":
        return
    try:
        changes: Document = {"Status": "Completed", "ExportArtifacts": _write(engine, docs, job)}
    except (AwsError, InputMissing) as error:
        if shortage.is_shortage(error):
            raise
        changes = {"Status": "Failed", "FailureReason": str(error)[:1024]}
    point("card-exported")
    with docs.transaction():
        if docs.find(EXPORT, name, card) is not None:
            docs.update(EXPORT, name, changes | {"LastModifiedAt": engine.clock.now()}, parent=card)


def _write(engine: Engine, docs: Scope, job: Document) -> Document:
    card = docs.get(VERSION, version_key(job["ModelCardVersion"]), job["ModelCardName"])
    uri = f"{job['OutputConfig']['S3OutputPath'].rstrip('/')}/{job['ModelCardExportJobName']}.pdf"
    bucket, key = inputs.split(uri)
    data = pdf.write(card["ModelCardName"], pages.lines(card))
    engine.store.objects.write(docs.account, bucket, key, data, "application/pdf")
    return {"S3ExportArtifacts": uri}
