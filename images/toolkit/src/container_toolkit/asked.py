"""What a pip command asks for, when it is of the plain kind whose result can be kept and used again.

Plain is ``install`` with names and versions, from the command or from files, and with options that do not
depend on anything outside: no paths, no addresses of packages, no editable installs. All else is pip's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

FLAGS = frozenset(
    (
        "-U",
        "--upgrade",
        "-q",
        "-qq",
        "--quiet",
        "-v",
        "--verbose",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-input",
        "--no-color",
        "--no-warn-script-location",
        "--pre",
        "--no-deps",
        "--prefer-binary",
        "--require-hashes",
        "--break-system-packages",
    )
)
VALUES = frozenset(
    (
        "--root-user-action",
        "--progress-bar",
        "--timeout",
        "--retries",
        "-i",
        "--index-url",
        "--extra-index-url",
        "--trusted-host",
        "--upgrade-strategy",
        "--only-binary",
        "--no-binary",
    )
)
FILES = {"-r": "-r", "--requirement": "-r", "-c": "-c", "--constraint": "-c"}
_QUIET = ("-q", "-qq", "--quiet")
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][\w.-]*(?:\s*\[[\w\s,.-]*\])?(?P<version>[\s(]*[<>=!~][\s\w<>=!~,.*+()-]*)?\s*(?:;.*)?"
)
_HASHES = re.compile(r"\s--hash[= ]\S+")
_EXACT = re.compile(r"[\s(]*={2,3}[^,*]+")


@dataclass
class Asked:
    """A plain install, as text whose equality means the same question."""

    texts: list[str] = field(default_factory=list)
    quiet: bool = False
    exact: bool = True
    """Whether every requirement names its one version: then the answer does not change from day to day."""


class _NotPlain(Exception):
    """pip must answer this itself."""


def read(arguments: list[str]) -> Asked | None:
    """What the arguments of pip ask for; None when it is not of the plain kind."""
    if not arguments or arguments[0] != "install":
        return None
    asked = Asked()
    try:
        _arguments(arguments[1:], asked)
    except (_NotPlain, OSError, UnicodeDecodeError):
        return None
    return asked


def _arguments(arguments: list[str], asked: Asked) -> None:
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word in _QUIET:
            asked.quiet = True
        elif word in FLAGS:
            asked.texts.append(word)
            asked.exact = asked.exact and word not in ("-U", "--upgrade")
        elif name in VALUES or name in FILES:
            if not equals and not rest:
                raise _NotPlain
            value = value if equals else rest.pop(0)
            if name in FILES:
                _file(FILES[name], value, asked)
            else:
                asked.texts.append(f"{name}={value}")
        elif word[:2] in FILES and not word.startswith("--"):
            _file(word[:2], word[2:], asked)
        else:
            _requirement(word, asked)


def _file(kind: str, path: str, asked: Asked, depth: int = 0) -> None:
    if "://" in path or depth > 8:
        raise _NotPlain
    asked.texts.append(kind)
    with open(path, encoding="utf-8") as file:
        lines = file.read().replace("\\\n", " ").splitlines()
    for line in lines:
        line = re.sub(r"(^|\s+)#.*", "", line).strip()
        name, _, value = line.partition(" ")
        if name in FILES:
            beside = path.rpartition("/")
            _file(FILES[name], "".join(beside[:2]) + value.strip(), asked, depth + 1)
        elif line:
            _requirement(line, asked, constraint=kind == "-c")


def _requirement(text: str, asked: Asked, constraint: bool = False) -> None:
    found = _REQUIREMENT.fullmatch(_HASHES.sub("", f" {text}").strip())
    if found is None:
        raise _NotPlain
    if text.endswith((".whl", ".zip", ".tar.gz")):
        raise _NotPlain
    version = found.group("version")
    if not constraint and (version is None or not _EXACT.fullmatch(version)):
        asked.exact = False
    asked.texts.append(text)
