"""`entry_point.run` and `entry_point.install`, where older scripts look for them."""

from sagemaker_training.entry_point import install, run

__all__ = ["install", "run"]
