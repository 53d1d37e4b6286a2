"""``tools/bootstrap``, which makes the first environment of a machine."""

from __future__ import annotations

import ensurepip
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.servers import ROOT, surroundings

PYTHON = str(Path(sys.executable).resolve())
"""The Python outside every environment."""


def bootstrap(venv: Path, *hidden: Path) -> subprocess.CompletedProcess[str]:
    """Runs it as a user who may install nothing, where these folders are empty."""
    hide = "".join(f"mount -t tmpfs none '{folder}' && " for folder in hidden if folder.exists())
    order = f"{hide}exec tools/bootstrap '{venv}' requirements/uv.txt"
    return subprocess.run(
        ["unshare", "--user", "--map-user=1000", "--keep-caps", "--mount", "sh", "-c", order],
        cwd=ROOT,
        env=surroundings(PYTHON=PYTHON),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_without_venv_is_told_with_the_remedy(tmp_path: Path) -> None:
    base = {"base": sys.base_prefix, "platbase": sys.base_prefix}
    pip = Path(sysconfig.get_path("purelib", vars=base), "pip")
    ended = bootstrap(tmp_path / "venv", Path(ensurepip.__file__).parent, pip)
    assert ended.returncode == 1
    assert "cannot make virtual environments" in ended.stderr
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in ended.stderr
    assert not (tmp_path / "venv").exists()
