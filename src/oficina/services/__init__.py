"""What each AWS API means: one folder per API, one file per resource family."""
