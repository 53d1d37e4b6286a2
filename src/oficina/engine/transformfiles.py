"""The objects of a batch transform job: numbered files for its driver, names and keys for everybody else.

Numbers keep what S3 allows and a file system does not: a key that is also the folder of another, or one that
is longer than a file's name may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from oficina.engine import inputs, outputs
from oficina.engine.inputs import InputMissing, Item, Source
from oficina.engine.training import local_folder
from oficina.store.kinds import Document
from oficina.store.store import Store

PLAN = "plan.json"
"""The file in a job's folder that says which number is which object."""


@dataclass(frozen=True, slots=True)
class File:
    """One input: where it came from and what people call it."""

    prefix: str
    name: str

    @classmethod
    def of(cls, item: Item) -> File:
        """From an item of the input; prefix and name together are its URI."""
        return cls(f"s3://{item.bucket}/{item.object.key.removesuffix(item.name)}", item.name)


@dataclass(frozen=True, slots=True)
class Files:
    """All inputs of a job in the order of their keys, dealt out to its hosts one by one."""

    folder: Path
    hosts: list[str]
    files: list[File]

    @classmethod
    def stage(cls, store: Store, account: str, job: Document, folder: Path, hosts: list[str]) -> Files:
        """Links every input below the job's folder, and writes down which is which. Raises InputMissing."""
        given = job["TransformInput"]["DataSource"]["S3DataSource"]
        found = inputs.items(store, account, Source(given["S3Uri"], given["S3DataType"]))
        made = cls(folder, hosts, [File.of(item) for item in found])
        for host in hosts:
            made.inputs(host).mkdir(parents=True)
        for number, item in enumerate(found):
            try:
                store.objects.link(item.object, str(made.inputs(made.host(number)) / place(number)))
            except FileNotFoundError as error:
                raise InputMissing(f"{item.object.key} was deleted while the job was prepared.") from error
        told = [[file.prefix, file.name] for file in made.files]
        (folder / PLAN).write_bytes(orjson.dumps({"hosts": hosts, "files": told}))
        return made

    @classmethod
    def read(cls, folder: Path) -> Files:
        """The files of a job that was staged."""
        plan = orjson.loads((folder / PLAN).read_bytes())
        return cls(folder, plan["hosts"], [File(*each) for each in plan["files"]])

    def host(self, number: int) -> str:
        """The host that a file belongs to."""
        return self.hosts[number % len(self.hosts)]

    def inputs(self, host: str) -> Path:
        """The folder of a host's inputs."""
        return self.folder / "inputs" / host

    def told(self, host: str) -> list[Document]:
        """A host's files as its driver knows them."""
        return [
            {"place": place(number), "name": file.name}
            for number, file in enumerate(self.files)
            if self.host(number) == host
        ]

    def take(self, store: Store, account: str, output: str, uri: str) -> None:
        """Makes objects of the results that are there; one that was taken before a crash is there no more."""
        for number, file in enumerate(self.files):
            folder = local_folder(self.folder, self.host(number), output)
            path = folder / f"{place(number)}.out"
            # What the model's program may have put there instead leads nowhere.
            if not outputs.has_link(folder) and path.is_file() and not path.is_symlink():
                outputs.take(store, account, path, outputs.join(uri, f"{file.name}.out"))


def place(number: int) -> str:
    """The name of a numbered file."""
    return f"{number:08d}"
