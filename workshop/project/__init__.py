"""The learner's project: from data to a model that answers, in modules that notebook and job share.

A module that runs inside a job (`preprocess`, `train`, `evaluate`, `check`) imports none of the others:
a job gets this folder as a heap of files, not as a package.
"""

from pathlib import Path

FOLDER = str(Path(__file__).parent)
"""Where this project lies: what is sent to a job as its source."""
