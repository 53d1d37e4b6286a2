"""Where user code runs."""
