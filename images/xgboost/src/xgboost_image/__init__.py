"""What AWS's `sagemaker-xgboost` image does: train in algorithm or script mode, and serve what was trained.

Written for the container contract alone: `/opt/ml`, the environment, and HTTP on a port.
"""
