"""Managed MLflow: a real MLflow server behind each tracking server and each app."""
