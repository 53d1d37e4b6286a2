"""One invocation: import the module, call the handler, leave the answer in a file."""

import contextlib
import errno
import importlib
import json
import logging
import os
import sys
import time
import traceback

from function_image.context import Context

EVENT = "/opt/ml/input/event.json"
ANSWER = "/opt/ml/output/answer.json"
BEGUN = "/opt/ml/output/begun"
"""Says that the handler is called: from then on the function's timeout counts."""
PAUSE_SECONDS = 0.05
MOST_BYTES = 6 * 1024 * 1024
"""The largest answer (Lambda quotas: 6 MB for synchronous invocations)."""


class Failed(Exception):
    """An error that Lambda itself tells."""

    def __init__(self, kind, sentence):
        super().__init__(sentence)
        self.kind = kind


def main():
    """Runs the handler and says how it went."""
    request_id = os.environ["OFICINA_REQUEST_ID"]
    began = time.time()
    print(f"START RequestId: {request_id} Version: {os.environ['AWS_LAMBDA_FUNCTION_VERSION']}", flush=True)
    try:
        answer = {"answer": run(request_id)}
    except Failed as failure:
        answer = {"error": told(failure.kind, str(failure), [], request_id)}
    except Exception as error:
        stack = traceback.format_tb(error.__traceback__)[2:]
        answer = {"error": told(type(error).__name__, str(error), stack, request_id)}
    if "error" in answer:
        print(f"[ERROR] {answer['error']['errorType']}: {answer['error']['errorMessage']}", flush=True)
        print("".join(answer["error"]["stackTrace"]).rstrip(), flush=True)
        answer["error"] = json.dumps(answer["error"])
    while not leave(answer):
        time.sleep(PAUSE_SECONDS)
    report(request_id, began)


def leave(answer):
    """Writes the answer; False while the disk is full, for which the function's Timeout is the limit."""
    try:
        with open(ANSWER + ".new", "w", encoding="utf-8") as file:
            json.dump(answer, file)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    os.rename(ANSWER + ".new", ANSWER)
    return True


def report(request_id, began):
    """The two last lines of every invocation."""
    spent = (time.time() - began) * 1000
    memory = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    print(f"END RequestId: {request_id}")
    print(
        f"REPORT RequestId: {request_id}\tDuration: {spent:.2f} ms\tBilled Duration: {int(spent) + 1} ms\t"
        f"Memory Size: {memory} MB",
        flush=True,
    )


def run(request_id):
    """The handler's answer as JSON."""
    handler = find(os.environ["_HANDLER"])
    root = logging.getLogger()
    root.addHandler(logging.StreamHandler(sys.stdout))
    with open(EVENT, "rb") as file:
        event = json.loads(file.read())
    with contextlib.suppress(OSError):  # on a full disk it has all the time that there is
        open(BEGUN, "w").close()
    deadline = time.time() + float(os.environ["OFICINA_TIMEOUT"])
    answer = handler(event, Context(request_id, deadline, os.environ.get("OFICINA_CLIENT_CONTEXT")))
    try:
        text = json.dumps(answer, ensure_ascii=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise Failed("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
    if size > MOST_BYTES:
        raise Failed(
            "Function.ResponseSizeTooLarge",
            f"Response payload size exceeded maximum allowed payload size ({MOST_BYTES} bytes).",
        )
    return text


def find(name):
    """The function that ``module.function`` names."""
    module_name, dot, function = name.rpartition(".")
    if not dot:
        raise Failed("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sys.path[:0] = [
        os.environ["LAMBDA_TASK_ROOT"],
        f"/opt/python/lib/{version}/site-packages",
        "/opt/python",
    ]
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Failed(
            "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
        ) from error
    except SyntaxError as error:
        sentence = f"Syntax error in module '{module_name}': {error}"
        raise Failed("Runtime.UserCodeSyntaxError", sentence) from error
    handler = getattr(module, function, None)
    if not callable(handler):
        raise Failed("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module_name}'")
    return handler


def told(kind, sentence, stack, request_id):
    """An error as Lambda answers it."""
    return {"errorMessage": sentence, "errorType": kind, "requestId": request_id, "stackTrace": stack}


if __name__ == "__main__":
    main()
