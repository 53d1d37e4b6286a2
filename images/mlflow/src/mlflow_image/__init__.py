"""A managed MLflow server in one process."""
