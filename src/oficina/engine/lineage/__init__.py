"""Lineage: what jobs, models, packages and endpoints leave of where things come from."""
