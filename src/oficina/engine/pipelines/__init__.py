"""Pipelines: a definition (JSON of 2020-12-01), its expressions, and executions that really run."""
