"""oficina: a local server that speaks the AWS APIs around Amazon SageMaker and really does the work."""

__version__ = "0.1.0"
