"""Hyper-parameter tuning: trials that are training jobs, chosen one after the other from what is known."""
