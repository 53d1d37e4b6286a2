"""Analyzers for tests: programs in images of the user's own, which keep to the contract of AWS's."""

from __future__ import annotations

from oficina.runners.images import Registry
from tests.servers import Server

QUALITY = """
import json, os, pathlib
env = os.environ
rows = []
for file in sorted(pathlib.Path(env["dataset_source"]).iterdir()):
    rows += [[float(cell) for cell in line.split(",")] for line in file.read_text().split()]
largest = {f"_c{n}": max(column) for n, column in enumerate(zip(*rows))}
out = pathlib.Path(env["output_path"])
told = {"type": env.get("analysis_type"), "format": json.loads(env["dataset_format"]), "largest": largest}
(out / "statistics.json").write_text(json.dumps(told))
(out / "constraints.json").write_text(json.dumps({"largest": largest}))
if "baseline_constraints" in env:
    allowed = json.loads(pathlib.Path(env["baseline_constraints"]).read_text())["largest"]
    json.loads(pathlib.Path(env["baseline_statistics"]).read_text())
    violations = [
        {"feature_name": name, "constraint_check_type": "data_type_check", "description": "too large"}
        for name, value in largest.items() if value > allowed[name]
    ]
    (out / "constraint_violations.json").write_text(json.dumps({"violations": violations}))
"""
"""Judges by the largest value of each column, whatever the type of check."""

CLARIFY = """
import json, os, pathlib
config = json.loads(pathlib.Path("/opt/ml/processing/input/config/analysis_config.json").read_text())
out = pathlib.Path("/opt/ml/processing/output")
files = [file.name for file in pathlib.Path("/opt/ml/processing/input/data").iterdir()]
told = {"methods": sorted(config["methods"]), "predictor": config.get("predictor"), "files": files}
(out / "analysis.json").write_text(json.dumps(told))
if "baseline_constraints" in os.environ:
    earlier = json.loads(pathlib.Path(os.environ["baseline_constraints"]).read_text())
    drift = [{"facet": "F1", "constraint_check_type": "bias_drift_check", "description": "drifted"}]
    violations = [] if earlier["methods"] == told["methods"] else drift
    (out / "constraint_violations.json").write_text(json.dumps({"version": "1.0", "violations": violations}))
"""
"""Tells what it was asked for; another earlier baseline's methods are a violation."""


def teach(server: Server, repository: str, program: str) -> str:
    """Gives a repository an image that runs a program, and the URI of an image of that repository."""
    requirements = server.home / "analyzer.txt"
    requirements.write_text("")
    Registry(server.home).add(repository, requirements, ("python", "-c", program))
    return f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{repository}"
