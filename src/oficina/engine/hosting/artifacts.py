"""A model's data as a folder: an archive unpacked, or objects linked, for a process's /opt/ml/model."""

from __future__ import annotations

from pathlib import Path

from oficina.engine import inputs
from oficina.engine.hosting.archives import ArchiveRefused, Limits, unpack
from oficina.engine.hosting.kinds import HostingFailed
from oficina.engine.inputs import InputMissing, Source
from oficina.errors import AwsError
from oficina.runners import process
from oficina.store import shortage
from oficina.store.kinds import Document
from oficina.store.store import Store

OWNER = "_account"
"""The member of a container that names the account whose buckets hold its data, where another owns them."""


def source_of(container: Document) -> tuple[str, bool] | None:
    """Where a container's model data is and whether it is an archive; None when it has none."""
    if container.get("ModelDataUrl"):
        return container["ModelDataUrl"], True
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return None
    return source["S3Uri"], source["CompressionType"] == "Gzip"


def present(store: Store, account: str, container: Document) -> bool:
    """Whether the model data that a container names is there."""
    found = source_of(container)
    if found is None:
        return True
    uri, archive = found
    account = container.get(OWNER, account)
    try:
        bucket, key = inputs.split(uri)
        if archive:
            return store.objects.find(account, bucket, key) is not None
        return next(store.objects.iterate(account, bucket, key), None) is not None
    except (InputMissing, AwsError):
        return False


def fetch(
    store: Store, account: str, container: Document, folder: Path, seconds: float | None = None
) -> None:
    """Fills a folder with the model, in so many seconds; one that is there is whole. Raises HostingFailed."""
    if folder.exists():
        return
    account = container.get(OWNER, account)
    draft = folder.with_name(folder.name + ".new")
    process.remove(draft)
    try:
        _fill(store, account, source_of(container), draft, seconds)
    except (InputMissing, AwsError) as error:
        if shortage.is_shortage(error):
            raise
        raise HostingFailed(_not_there(source_of(container))) from error
    except ArchiveRefused as refused:
        process.remove(draft)
        uri = (source_of(container) or ("",))[0]
        raise HostingFailed(f'The model data at "{uri}" was not unpacked: {refused}.') from refused
    draft.rename(folder)


def _fill(
    store: Store, account: str, source: tuple[str, bool] | None, draft: Path, seconds: float | None
) -> None:
    if source is None:
        draft.mkdir(parents=True)
        return
    uri, archive = source
    if not archive:
        inputs.link(store, inputs.items(store, account, Source(uri)), draft)
        return
    bucket, key = inputs.split(uri)
    with store.objects.open(account, bucket, key) as file:
        unpack(file, draft, Limits(free=store.config.free_bytes, seconds=seconds))


def _not_there(source: tuple[str, bool] | None) -> str:
    """AWS's sentence for data that went away after CreateModel (seen in public issues)."""
    uri = source[0] if source else ""
    return (
        f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that '
        "there is an object located at the URL and that the role passed to CreateModel has permissions to "
        "download the object."
    )
