"""One invocation of a function: staged, run in a process of its own, its answer read.

What the folder holds decides, so an invocation that was begun before a crash is taken up where it is.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from oficina.chaos import point
from oficina.engine import program
from oficina.engine.functions import code
from oficina.engine.jobs import JobFailed
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.runners import process
from oficina.runners.process import Exit, Spec
from oficina.store.kinds import Document

HOST = "algo-1"
ANSWER = ("opt-ml", "output", "answer.json")
BEGUN = "/opt/ml/output/begun"
"""Made by the program when it calls the handler."""
INIT_SECONDS = 10
"""What loading the function may take beside its timeout (Lambda developer guide, "Init phase")."""
MOST_ANSWER = 32 * 1024 * 1024
"""Bytes of the file with the answer: 6 MB of it, each of which JSON may write as several."""
TAIL_BYTES = 4096
"""How much of the log LogType ``Tail`` gives (API reference of Invoke)."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a function."""

    function: Document
    event: str
    """JSON."""
    request_id: str
    began: float
    client_context: str = ""

    @property
    def arn(self) -> str:
        """Names the invocation: its credentials end with it."""
        return f"{self.function['FunctionArn']}/invocation/{self.request_id}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation went."""

    payload: str
    """JSON: the handler's answer, or what went wrong."""
    error: bool
    tail: bytes


def run(engine: Engine, call: Call, folder: Path) -> Outcome:
    """Runs a function to its end, or waits for the run that an earlier server began in this folder."""
    if not process.begun(folder):
        process.remove(folder)
        folder.mkdir(parents=True)
        _attach_log(engine, call, folder)
        _spec(engine, call, folder)
        process.launch(folder)
        point("function-launched")
    end = process.wait(folder)
    point("function-ended")
    return _outcome(call, end, folder)


def folder_of(engine: Engine, call: Call) -> Path:
    """The folder of an invocation."""
    return engine.store.folder("jobs") / f"{call.function['FunctionName'][:40]}-{call.request_id}"


def _stream(call: Call) -> str:
    """``2026/01/31/[$LATEST]…``, as Lambda names its streams."""
    day = time.strftime("%Y/%m/%d", time.gmtime(call.began))
    return f"{day}/[{call.function['Version']}]{call.request_id.replace('-', '')}"


def _group(call: Call) -> str:
    return f"/aws/lambda/{call.function['FunctionName']}"


def _attach_log(engine: Engine, call: Call, folder: Path) -> None:
    _, _, _, region, account, *_ = call.function["FunctionArn"].split(":")
    path = folder / "hosts" / HOST / "log"
    engine.store.logs.attach(account, region, _group(call), _stream(call), path)


def _spec(engine: Engine, call: Call, folder: Path) -> None:
    function = call.function
    region = function["FunctionArn"].split(":")[3]
    try:
        image = program.image_of(engine, _image(function["Runtime"]))
    except JobFailed as failure:
        raise AwsError("ServiceException", str(failure), 500) from failure
    told = program.spec_base(engine, region, {"RoleArn": function["Role"]}, call.arn, image, folder)
    place = str(code.folder_of(engine.store, function["_code"]))
    told["env"] |= function.get("Environment", {}).get("Variables", {}) | _environment(call, place)
    told |= {
        "name": function["FunctionName"],
        "command": ["python", "-m", "function_image"],
        "workdir": place,
        "readonly": [*told["readonly"], place],
        "files": [{"host": None, "target": "/opt/ml/input/event.json", "text": call.event}],
        "directories": ["/opt/ml/output"],
        "max_runtime_seconds": function["Timeout"],
        "begins_with": BEGUN,
        "start_seconds": INIT_SECONDS,
        "stop_grace_seconds": 0.01,
        "disk_bytes": 512 * 1024 * 1024,
    }
    _add_layers(engine, function, told)
    Spec.of(told).write(folder)


def _add_layers(engine: Engine, function: Document, told: Document) -> None:
    """Lays a function's layers into /opt (developer guide, "Layer paths for each Lambda runtime")."""
    digests = function.get("_layers")
    if not digests:
        return
    folder = code.layered(engine.store, digests)
    told["readonly"].append(str(folder))
    told["layers"] += [
        {"target": f"/opt/{each.name}", "lower": [str(each)]}
        for each in sorted(folder.iterdir())
        if each.name != "ml"
    ]
    env = told["env"]
    env["PATH"] = f"{env['PATH']}:/opt/bin"
    env["LD_LIBRARY_PATH"] = ":".join(["/opt/lib", *filter(None, [env.get("LD_LIBRARY_PATH")])])


def _image(runtime: str) -> str:
    minor = runtime.removeprefix("python3.")
    return f"lambda-python:1.0-py3{minor}"


def _environment(call: Call, place: str) -> dict[str, str]:
    """The variables that Lambda defines (developer guide, "Defined runtime environment variables")."""
    function = call.function
    return {
        "_HANDLER": function["Handler"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": function["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": function["Version"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": _group(call),
        "AWS_LAMBDA_LOG_STREAM_NAME": _stream(call),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": place,
        "OFICINA_FUNCTION_ARN": function["FunctionArn"],
        "OFICINA_REQUEST_ID": call.request_id,
        "OFICINA_TIMEOUT": str(function["Timeout"]),
        "OFICINA_CLIENT_CONTEXT": call.client_context,
    }


def _outcome(call: Call, end: Exit, folder: Path) -> Outcome:
    tail = _tail(folder / "hosts" / HOST / "log")
    if end.reason == "max_runtime":
        sentence = f"Error: Task timed out after {call.function['Timeout']:.2f} seconds"
        return _broken(call, "Sandbox.Timedout", sentence, tail)
    told = _answer(folder / "hosts" / HOST) if end.reason == "exit" and end.exit_code == 0 else None
    if told is None:
        how = end.detail or f"exit status {end.exit_code}"
        return _broken(call, "Runtime.ExitError", f"Error: Runtime exited with error: {how}", tail)
    if isinstance(told.get("error"), str):
        return Outcome(told["error"], True, tail)
    return Outcome(str(told.get("answer")), False, tail)


def _broken(call: Call, kind: str, sentence: str, tail: bytes) -> Outcome:
    told = {"errorType": kind, "errorMessage": f"RequestId: {call.request_id} {sentence}"}
    return Outcome(orjson.dumps(told).decode(), True, tail)


def _answer(host: Path) -> dict[str, Any] | None:
    """What the program left, None when it is no answer. The folder is the user's: no link is followed."""
    opened = [os.open(host, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        for part in ANSWER[:-1]:
            opened.append(os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened[-1]))
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        opened.append(os.open(ANSWER[-1], flags, dir_fd=opened[-1]))
        if os.fstat(opened[-1]).st_size > MOST_ANSWER:
            return None
        with open(opened[-1], "rb", closefd=False) as file:
            told = orjson.loads(file.read(MOST_ANSWER))
    except (OSError, orjson.JSONDecodeError):
        return None
    finally:
        for each in opened:
            os.close(each)
    return told if isinstance(told, dict) else None


def _tail(path: Path) -> bytes:
    """The last 4 KB of a log, without the times of its lines."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 2 * TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return b""
    return b"\n".join(line.partition(b" ")[2] for line in lines)[-TAIL_BYTES:]
