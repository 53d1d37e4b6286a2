"""Jobs that begin in what a warm pool has prepared: sooner, and otherwise as any job does."""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.jobs import Bench, channel
from tests.servers import Server
from tests.waiting import wait_until

PORTRAIT = """
import sys
waited = "boto3" in sys.modules
import inspect, json, os, signal
import __main__
own = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
own += ["TRAINING_JOB_NAME", "TRAINING_JOB_ARN"]
print("waited" if waited else "fresh")
print(json.dumps({
    "argv": sys.argv, "orig_argv": sys.orig_argv, "path": sys.path, "executable": sys.executable,
    "main": [__name__, __file__, __main__.__doc__, sorted(vars(__main__)), __main__.__spec__ is None],
    "caller": inspect.currentframe().f_code.co_filename,
    "folder": os.getcwd(), "umask": os.umask(0o22), "leader": os.getpid() == os.getsid(0),
    "environment": {name: value for name, value in sorted(os.environ.items()) if name not in own},
    "credentials": [bool(os.environ.get(name)) for name in own],
    "signals": [str(signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)],
    "input": sys.stdin.read(),
    "streams": [sys.stdout.encoding, sys.stdout.line_buffering, sys.stdout.isatty()],
    "files": {name: sorted(os.listdir(name)) for name in ("/tmp", "/tmp/home", "/opt/ml", "/opt/ml/input")},
    "descriptors": sorted(os.listdir("/proc/self/fd")),
    "limits": open("/proc/self/limits").read(),
    "rights": [line for line in open("/proc/self/status") if line.startswith(("Cap", "Sec", "SigI", "SigC"))],
    "modules": sorted({"numpy", "oficina_front"} & set(sys.modules)),
}))
"""
"""What a program sees of itself and around it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose pools no other test fills."""
    server = Server.start(tmp_path_factory.mktemp("warm"), "--open")
    yield server
    server.stop()
    server.sweep()


@pytest.fixture
def bench(server: Server) -> Iterator[Bench]:
    """An account of its own; its pools end with the test."""
    account = f"{random.randrange(10**11, 10**12)}"
    bench = Bench(*(server.client(service, account) for service in ("s3", "sagemaker", "logs")))
    bench.s3.create_bucket(Bucket=bench.bucket)
    yield bench
    for job in bench.sagemaker.list_training_jobs(WarmPoolStatusEquals="Available")["TrainingJobSummaries"]:
        none = {"KeepAlivePeriodInSeconds": 0}
        bench.sagemaker.update_training_job(TrainingJobName=job["TrainingJobName"], ResourceConfig=none)
    wait_until(lambda: not waiting(server), "what waited in a pool outlives it")


def waiting(server: Server) -> list[str]:
    """What has been prepared and waits."""
    return [str(path) for path in (server.home / "warmpools").glob("*/standby/ready")]


def kept(hosts: int = 1, **more: Any) -> dict[str, Any]:
    """Members of a job that keeps its resources."""
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": hosts, "VolumeSizeInGB": 5}
    return {"ResourceConfig": {**resources, "KeepAlivePeriodInSeconds": 600}, **more}


def warm(server: Server, bench: Bench, program: str, first: str = "pass", **members: Any) -> dict[str, Any]:
    """Runs a job, and another one in the pool that it left."""
    bench.train(first, **members)
    wait_until(lambda: waiting(server), "nothing is prepared for the next job")
    return bench.train(program, **members)


def portrait(bench: Bench, name: str) -> tuple[str, dict[str, Any]]:
    """How a job's program came to be, and what it saw."""
    how, text = bench.log(name).splitlines()
    seen: dict[str, Any] = json.loads(text.replace(f"code/{name}", "code/job"))
    return how, seen


def test_a_program_sees_the_same_whether_its_python_waited_or_not(server: Server, bench: Bench) -> None:
    warm(server, bench, PORTRAIT, PORTRAIT, **kept(Environment={"COLOUR": "blue"}))

    (first, cold), (second, seen) = portrait(bench, "job-1"), portrait(bench, "job-2")
    assert (first, second) == ("fresh", "waited")
    assert seen == cold


@pytest.mark.parametrize(
    "program",
    [
        "def inner():\n    raise ValueError('no such thing')\ninner()",
        "raise SystemExit('that was all')",
        "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)",
        "import os; os._exit(7)",
        "import os; os.kill(os.getpid(), 9)",
        "import atexit, threading\n"
        "atexit.register(print, 'at exit')\n"
        "threading.Timer(0.05, print, ['thread']).start()",
        "this is no Python",
        "import sys\nsys.excepthook = lambda *error: print('hook', error[1])\n1/0",
        "import multiprocessing as m\n"
        "def double(x): return 2 * x\n"
        "if __name__ == '__main__':\n"
        "    for way in ('spawn', 'fork'):\n"
        "        with m.get_context(way).Pool(2) as pool: print(pool.map(double, [1, 2]))",
        "import subprocess, sys\n"
        "text = 'import sys; print(sys.argv, len(sys.modules) < 90)'\n"
        "print(subprocess.run([sys.executable, '-c', text, 'x'], capture_output=True, text=True))",
    ],
    ids=["error", "text", "code", "at-once", "killed", "exit", "syntax", "hook", "processes", "program"],
)
def test_a_program_ends_and_prints_as_ever(server: Server, bench: Bench, program: str) -> None:
    second = warm(server, bench, program, program, **kept())

    first = bench.sagemaker.describe_training_job(TrainingJobName="job-1")
    assert second["TrainingJobStatus"] == first["TrainingJobStatus"]
    assert second.get("FailureReason") == first.get("FailureReason")
    assert bench.log("job-2") == bench.log("job-1")


def test_nothing_of_a_job_is_there_for_the_next_but_the_cache(server: Server, bench: Bench) -> None:
    write = """
import os, sys, sysconfig
for folder in ("/tmp", "/var/tmp", "/dev/shm", "/opt/ml", "/opt/ml/model", "/opt/ml/sagemaker/warmpoolcache"):
    open(folder + "/left", "w").write("x")
open(sysconfig.get_paths()["purelib"] + "/left.py", "w").write("x")
"""
    look = """
import glob, importlib.util
found = [glob.glob(pattern) for pattern in ("/*/left", "/*/*/left", "/opt/ml/*/*/left")]
print(sum(found, []), importlib.util.find_spec("left"))
"""
    job = warm(server, bench, look, write, **kept())

    assert bench.log("job-2") == "['/opt/ml/sagemaker/warmpoolcache/left'] None"
    assert job["TrainingJobStatus"] == "Completed"


def test_its_inputs_are_there(server: Server, bench: Bench) -> None:
    data = bench.put("data/a.txt", "first ")
    bench.put("data/b.txt", "second")
    program = """
import os
folder = "/opt/ml/input/data"
print(sorted(os.listdir(folder + "/files")), open(folder + "/stream_0").read())
open(folder + "/files/own.txt", "w").write("writable")
"""
    channels = [
        channel("files", data.removesuffix("a.txt")),
        channel("stream", data.removesuffix("a.txt"), InputMode="Pipe"),
    ]
    job = warm(server, bench, program, channels=channels, **kept())

    assert bench.log("job-2") == "['a.txt', 'b.txt'] first second"
    assert job["TrainingJobStatus"] == "Completed"


def test_each_host_is_warm(server: Server, bench: Bench) -> None:
    program = "import sys, socket; print(socket.gethostname(), 'boto3' in sys.modules)"
    warm(server, bench, program, **kept(hosts=2))

    assert bench.log("job-2", host="algo-1") == "algo-1 True"
    assert bench.log("job-2", host="algo-2") == "algo-2 True"


@pytest.mark.parametrize(
    "change",
    [
        {"Environment": {"OMP_NUM_THREADS": "1"}},
        {"algorithm": {"ContainerEntrypoint": ["python", "-O", "/opt/ml/input/data/code/program.py"]}},
        {"algorithm": {"ContainerEntrypoint": ["/bin/echo", "42"]}},
    ],
    ids=["threads", "option", "program"],
)
def test_what_needs_a_python_of_its_own_gets_one(
    server: Server, bench: Bench, change: dict[str, Any]
) -> None:
    bench.train("pass", **kept())
    wait_until(lambda: waiting(server), "nothing is prepared for the next job")

    job = bench.train("import sys; print('boto3' in sys.modules or 42)", **kept(), **change)

    assert job["TrainingJobStatus"] == "Completed"
    assert bench.log("job-2") == "42"


@pytest.mark.parametrize(
    "files",
    [
        {"json.py": "loads = 'mine'"},
        {"settings.py": "import os; os.environ['OMP_NUM_THREADS'] = '1'"},
    ],
    ids=["a module of an imported one's name", "variables set before an import"],
)
def test_a_source_that_imports_could_have_missed_gets_a_python_of_its_own(
    server: Server, bench: Bench, files: dict[str, str]
) -> None:
    bench.train("pass", **kept())
    wait_until(lambda: waiting(server), "nothing is prepared for the next job")
    for name, text in files.items():
        bench.put(f"code/job-2/{name}", text)
    request = bench.training("import sys; print('boto3' in sys.modules)", **kept())
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{bench.bucket}/code/job-2/"
    bench.sagemaker.create_training_job(**request)

    bench.trained("job-2")

    assert bench.log("job-2") == "False"


def test_a_shell_scripts_own_programs_are_not_kept_waiting(server: Server, bench: Bench) -> None:
    script = "python -c 'import sys; print(\"boto3\" in sys.modules, sys.stdin.read())' <<< word; exit 4"
    shell = {"ContainerEntrypoint": ["/bin/bash", "-c", script]}
    job = warm(server, bench, "", algorithm=shell, **kept())

    assert bench.log("job-2") == "True word\n"
    assert job["FailureReason"].endswith("exit code: 4")


def test_what_was_installed_is_waited_for_only_where_it_changes_nothing(server: Server, bench: Bench) -> None:
    script = """
packages=$(python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
look() { python -c 'import sys; print("boto3" in sys.modules)'; }
echo 'here = True' > $packages/of_its_own.py; look; python -c 'import of_its_own; print(of_its_own.here)'
mkdir $packages/awscrt; look; rmdir $packages/awscrt
echo /opt > $packages/more.pth; look
rm -r $packages/boto3-*.dist-info $packages/more.pth; look
"""
    shell = {"ContainerEntrypoint": ["/bin/bash", "/opt/ml/input/data/code/program.py"]}
    warm(server, bench, script, ":", algorithm=shell, **kept())

    # A module of the user's own; one that botocore looks for; a file for Python's start; a package replaced.
    assert bench.log("job-2").split() == ["True", "True", "False", "False", "False"]


def test_a_program_ends_with_the_process_that_a_script_started_for_it(server: Server, bench: Bench) -> None:
    script = """
python -c 'import os, time; print(os.getpid(), flush=True); time.sleep(600)' > /tmp/pid &
while [ ! -s /tmp/pid ]; do :; done
kill -9 $!; wait $!; echo $?
while kill -0 $(cat /tmp/pid); do :; done; echo gone
python -c 'import os; os.kill(os.getpid(), 15)'; echo $?
set -m
python -c 'import time; print(1, flush=True); time.sleep(600)' > /tmp/runs &
while [ ! -s /tmp/runs ]; do :; done
kill -INT $!; wait $!; echo $?
"""
    shell = {"ContainerEntrypoint": ["/bin/bash", "/opt/ml/input/data/code/program.py"]}
    job = warm(server, bench, script, ":", algorithm=shell, **kept())

    assert job["TrainingJobStatus"] == "Completed"
    lines = bench.log("job-2").splitlines()
    assert [line for line in lines if line.isdigit() or line == "gone"] == ["137", "gone", "143", "130"]
    assert "KeyboardInterrupt" in lines


def test_a_job_in_a_pool_can_be_stopped(server: Server, bench: Bench) -> None:
    bench.train("pass", **kept())
    wait_until(lambda: waiting(server), "nothing is prepared for the next job")
    program = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("asked to stop"), sys.exit(0)))
print("runs")
time.sleep(600)
"""
    bench.sagemaker.create_training_job(**bench.training(program, **kept()))
    wait_until(lambda: "runs" in printed(bench, "job-2"), "the program runs")

    bench.sagemaker.stop_training_job(TrainingJobName="job-2")

    assert bench.trained("job-2")["TrainingJobStatus"] == "Stopped"
    assert bench.log("job-2").splitlines() == ["runs", "asked to stop"]


def printed(bench: Bench, name: str) -> str:
    """What a job has printed so far."""
    group = "/aws/sagemaker/TrainingJobs"
    streams = bench.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")
    return bench.log(name) if streams["logStreams"] else ""


def test_a_job_that_cannot_be_prepared_leaves_nothing_behind(server: Server, bench: Bench) -> None:
    bench.train("pass", **kept())
    wait_until(lambda: waiting(server), "nothing is prepared for the next job")
    bench.put("both/a", "x")
    clash = [channel("both", bench.put("both/a/b", "x").removesuffix("a/b"))]

    job = bench.train("pass", channels=clash, **kept())

    assert "would be the same file or folder" in job["FailureReason"]
    wait_until(lambda: not waiting(server), "the pool that the job took is still there")
    assert not list((server.home / "jobs").glob("job-2-*/standby"))


def test_a_script_of_the_toolkit_begins_with_its_libraries_imported(server: Server, bench: Bench) -> None:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2"
    program = b"import os, sys; print('pandas' in sys.modules, sys.argv, os.environ['SM_HP_DEPTH'], __name__)"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("train.py")
        member.size = len(program)
        archive.addfile(member, io.BytesIO(program))
    source = bench.put("code/source.tar.gz", packed.getvalue())
    told = {"sagemaker_program": "train.py", "sagemaker_submit_directory": source, "depth": 3}
    members = kept(HyperParameters={name: json.dumps(value) for name, value in told.items()}, image=image)
    for _ in range(2):
        request = bench.training("", **members)
        del request["AlgorithmSpecification"]["ContainerEntrypoint"]
        bench.sagemaker.create_training_job(**request)
        assert bench.trained(request["TrainingJobName"])["TrainingJobStatus"] == "Completed"
        wait_until(lambda: waiting(server), "nothing is prepared for the next job")

    assert "False ['train.py', '--depth', '3'] 3 __main__" in bench.log("job-1").splitlines()
    assert "True ['train.py', '--depth', '3'] 3 __main__" in bench.log("job-2").splitlines()
