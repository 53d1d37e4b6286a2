"""The framework module by its name in AWS's image; `main` trains as the job says."""

from xgboost_image.train import main

__all__ = ["main"]
