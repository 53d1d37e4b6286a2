"""The module name under which the algorithm's errors appear in a FailureReason."""
