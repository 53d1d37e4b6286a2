"""Calls the handler of a Lambda function with an event."""
