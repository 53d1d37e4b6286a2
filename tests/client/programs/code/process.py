"""A user's processing script: counts the rows of its input."""

from pathlib import Path

rows = sum(len(path.read_text().splitlines()) for path in Path("/opt/ml/processing/input").glob("*.csv"))
Path("/opt/ml/processing/output/rows.txt").write_text(str(rows))
print("processed", rows)
