"""The second argument of a handler (Lambda developer guide, "Lambda context object in Python")."""

import json
import os
import time


class Context:
    """What a handler may ask about its invocation."""

    def __init__(self, request_id, deadline, client_context):
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = os.environ["OFICINA_FUNCTION_ARN"]
        self.aws_request_id = request_id
        self.identity = None
        self.client_context = json.loads(client_context) if client_context else None
        self._deadline = deadline

    def get_remaining_time_in_millis(self):
        """Milliseconds until the function is ended."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message):
        """Writes to the function's log."""
        print(message, flush=True)
