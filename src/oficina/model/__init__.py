"""AWS's own description of its APIs, read from botocore's data files: shapes, checks, projections."""
