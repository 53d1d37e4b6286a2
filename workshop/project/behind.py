"""What lies behind the API when it is served by this machine: the folders that AWS cannot show.

Nothing here is needed for the lessons; on AWS it says so and shows nothing.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pandas as pd


def behind(part: str, newest: int = 8, inside: str = "**/*") -> pd.DataFrame | str:
    """The newest files of a part (`blobs`, `jobs`, `endpoints`) of the server's home, with size and age."""
    home = Path(os.environ.get("OFICINA_HOME", "~/.oficina")).expanduser()
    if "AWS_ENDPOINT_URL" not in os.environ or not home.exists():
        return "This is AWS, or a server elsewhere; if its home is on this machine, set OFICINA_HOME to it."
    folder = home / part
    files = [path for path in folder.glob(inside) if path.is_file() and not path.is_symlink()]
    files.sort(key=lambda path: path.stat().st_mtime)
    rows = [
        (str(path.relative_to(home)), path.stat().st_size, round(time.time() - path.stat().st_mtime, 1))
        for path in files[-newest:]
    ]
    return pd.DataFrame(rows, columns=["file", "bytes", "seconds ago"])
