"""The model server and the user's functions behind it, in the scikit-learn image."""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from oficina.runners.images import Image
from tests.ports import held
from tests.runners.conftest import Job
from tests.waiting import PATIENCE, wait_until

MakeJob = Callable[..., Job]
Serve = Callable[..., "Endpoint"]

SUMS = """
import numpy as np

def model_fn(model_dir):
    class Sums:
        def predict(self, rows):
            return np.asarray(rows).sum(axis=-1)
    return Sums()
"""


class Endpoint:
    """A model process, called by one kept connection."""

    def __init__(self, job: Job, port: int) -> None:
        self.job = job
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def call(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> tuple[int, str, bytes]:
        """Status, content type and body of an answer."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body or None, names)
        answer = self.connection.getresponse()
        return answer.status, answer.headers.get("Content-Type", ""), answer.read()

    def invoke(
        self, body: str | bytes, content_type: str = "text/csv", accept: str = ""
    ) -> tuple[int, str, bytes]:
        """Ask for a prediction."""
        more = {"Accept": accept} if accept else {}
        return self.call("POST", "/invocations", body, Content_Type=content_type, **more)

    def healthy(self) -> bool:
        """Whether /ping answers 200."""
        try:
            return self.call("GET", "/ping")[0] == 200
        except OSError:
            self.connection.close()
            return False


@pytest.fixture
def serve(built: Callable[[str], Image], make_job: MakeJob) -> Iterator[Serve]:
    """Serve a program; the answer is an endpoint that pings, or one that has ended if it is to fail."""
    image = built("sagemaker-scikit-learn:1.4-2-cpu-py3")
    open_ones: list[Endpoint] = []

    def start(code: str, fails: bool = False, files: dict[str, str] | None = None, **env: str) -> Endpoint:
        settings = {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
            **env,
        }
        told = {"/opt/ml/model/code/inference.py": code, **(files or {})}
        with held() as port:
            settings["SAGEMAKER_BIND_TO_PORT"] = str(port)
            job = make_job(image, list(image.serve), env=settings, files=told, port=port).launch()
            endpoint = Endpoint(job, port)
            if fails:
                job.wait()
                return endpoint
            wait_until(endpoint.healthy, "the model process should answer /ping")
        open_ones.append(endpoint)
        return endpoint

    yield start
    for endpoint in open_ones:
        endpoint.connection.close()


def test_without_functions_for_data_rows_are_decoded_and_predictions_encoded(serve: Serve) -> None:
    endpoint = serve(SUMS)

    assert endpoint.invoke("1,2,3\n4,5,6\n", accept="text/csv") == (200, "text/csv", b"6.0\n15.0\n")
    assert endpoint.invoke("[[1, 2], [3, 4]]", "application/json") == (200, "application/json", b"[3.0, 7.0]")
    assert endpoint.invoke("1,2\n3,4", "text/csv; charset=utf-8", "*/*")[1:] == (
        "application/json",
        b"[3.0, 7.0]",
    )
    assert endpoint.invoke("1,2\n3,4", accept="application/x-npy")[2].startswith(b"\x93NUMPY")


def test_what_cannot_be_decoded_or_encoded_is_415_or_406_with_the_toolkits_sentence(serve: Serve) -> None:
    endpoint = serve(SUMS)

    status, _, body = endpoint.invoke("<a/>", "application/xml")
    assert status == 415
    assert body.startswith(b"Content type application/xml is not supported by this framework.")
    assert endpoint.invoke("1,2\n3,4", accept="image/png")[0] == 406


def test_the_users_functions_get_what_awss_containers_give_them(serve: Serve) -> None:
    endpoint = serve(
        "import json\n"
        "def model_fn(model_dir): return model_dir\n"
        "def input_fn(body, content_type): return [type(body).__name__, content_type]\n"
        "def predict_fn(data, model): return [*data, model]\n"
        "def output_fn(prediction, accept): return json.dumps([*prediction, accept]), 'application/x-mine'\n"
    )

    assert endpoint.invoke("a", "text/csv") == (
        200,
        "application/x-mine",
        b'["str", "text/csv", "/opt/ml/model", "application/json"]',
    )
    assert json.loads(endpoint.invoke(b"\x00", "image/png", "text/csv")[2]) == [
        "bytes",
        "image/png",
        "/opt/ml/model",
        "text/csv",
    ]


WAITS = """
import os, time
def wait():
    while not os.path.exists("/opt/ml/output/data/go"):
        time.sleep(0.02)
"""
"""A program's part: what waits goes on once the test says so (``go``)."""


def go(endpoint: Endpoint) -> None:
    """Lets a program go on that waits."""
    endpoint.job.path("output/data/go").touch()


def test_a_transform_function_does_it_all_and_its_pieces_stream(serve: Serve) -> None:
    endpoint = serve(
        WAITS + "def model_fn(model_dir): return 3\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    for number in range(model):\n"
        "        yield f'{body}{number}\\n'\n"
        "        wait()\n"
    )
    connection = endpoint.connection
    connection.request("POST", "/invocations", "x", {"Content-Type": "text/csv", "Accept": "text/plain"})
    answer = connection.getresponse()

    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.readline() == b"x0\n"
    go(endpoint)
    assert answer.read() == b"x1\nx2\n"


def test_the_names_that_older_scripts_import_are_there(serve: Serve) -> None:
    endpoint = serve(
        "from sagemaker_containers.beta.framework import encoders, worker\n"
        "def model_fn(model_dir): return None\n"
        "def predict_fn(data, model): return data\n"
        "def output_fn(prediction, accept):\n"
        "    return worker.Response(encoders.encode(prediction, accept), accept, mimetype=accept)\n"
    )
    assert endpoint.invoke("1,2", accept="application/json") == (200, "application/json", b"[1.0, 2.0]")


def test_an_error_in_the_users_code_is_500_and_its_traceback_is_in_the_log(serve: Serve) -> None:
    endpoint = serve(SUMS + "def predict_fn(data, model): raise ValueError('no such row')\n")

    assert endpoint.invoke("1,2\n")[::2] == (500, b"ValueError: no such row")
    wait_until(lambda: "ValueError: no such row" in endpoint.job.log(), "the traceback is not in the log")
    assert endpoint.healthy()


def test_execution_parameters_are_the_users_or_the_containers(serve: Serve) -> None:
    plain = serve(SUMS, SAGEMAKER_MAX_PAYLOAD_IN_MB="20")
    own = serve(SUMS + "def execution_parameters_fn(): return {'MaxPayloadInMB': 1}\n")

    assert json.loads(plain.call("GET", "/execution-parameters")[2]) == {
        "MaxConcurrentTransforms": 1,
        "BatchStrategy": "SINGLE_RECORD",
        "MaxPayloadInMB": 20,
    }
    assert json.loads(own.call("GET", "/execution-parameters")[2]) == {"MaxPayloadInMB": 1}
    assert own.call("GET", "/nothing")[0] == 404
    assert own.call("GET", "/invocations")[0] == 405


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("def predict_fn(data, model): return data\n", "Please provide a model_fn implementation"),
        (
            SUMS + "def transform_fn(*a): ...\ndef input_fn(*a): ...\n",
            "Cannot use transform_fn implementation in conjunction with input_fn",
        ),
        ("import nothing_like_it\n", "No module named 'nothing_like_it'"),
    ],
)
def test_a_model_that_cannot_be_served_ends_the_process_with_the_reason(
    code: str, sentence: str, serve: Serve
) -> None:
    job = serve(code, fails=True).job
    assert sentence in "\n".join(job.log())
    assert job.wait().hosts["algo-1"].exit_code not in (0, None)


def test_a_missing_program_is_told_with_where_to_put_it(serve: Serve) -> None:
    job = serve(SUMS, fails=True, SAGEMAKER_PROGRAM="other.py").job
    assert "There is no other.py in /opt/ml/model/code." in job.log()[-1]


def test_requirements_beside_the_code_are_installed_first(serve: Serve) -> None:
    endpoint = serve(
        SUMS + "import tabulate\ndef predict_fn(data, model): return tabulate.__version__\n",
        files={"/opt/ml/model/code/requirements.txt": "tabulate==0.9.0\n"},
    )
    assert endpoint.invoke("1,2\n")[2] == b'"0.9.0"'


def test_sigterm_lets_the_request_under_way_finish(serve: Serve) -> None:
    endpoint = serve(
        SUMS + "import time\n"
        "def predict_fn(data, model):\n"
        "    print('at work', flush=True)\n"
        "    time.sleep(1)\n"
        "    return 'done'\n"
    )
    endpoint.connection.request("POST", "/invocations", "1,2\n", {"Content-Type": "text/csv"})
    endpoint.job.says("at work")
    os.kill(endpoint.job.pid(), 15)

    assert endpoint.connection.getresponse().read() == b'"done"'
    assert endpoint.job.wait().hosts["algo-1"].exit_code == 0


def test_health_is_answered_while_a_prediction_takes_long(serve: Serve) -> None:
    endpoint = serve(
        SUMS + WAITS + "def predict_fn(data, model):\n"
        "    print('at work', flush=True)\n"
        "    wait()\n"
        "    return 'done'\n"
    )
    endpoint.connection.request("POST", "/invocations", "1,2\n", {"Content-Type": "text/csv"})
    endpoint.job.says("at work")
    other = Endpoint(endpoint.job, endpoint.port)
    assert other.healthy()
    go(endpoint)
    other.connection.close()
    assert endpoint.connection.getresponse().status == 200


def test_no_answer_waits_for_a_delayed_acknowledgement(serve: Serve) -> None:
    endpoint = serve(
        "def model_fn(model_dir): return None\n"
        "def transform_fn(model, body, content_type, accept): return body\n"
    )
    times: dict[bool, list[float]] = {True: [], False: []}
    for at_once in [True, False] * 50:
        assert endpoint.healthy()
        # For the next packets; what is acknowledged at once is waited for by nobody.
        endpoint.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, at_once)
        began = time.perf_counter()
        endpoint.invoke("1,2,3")
        times[at_once].append(time.perf_counter() - began)
    # A delayed acknowledgement takes the kernel 40 ms each time, however fast the machine.
    assert min(times[False]) < min(times[True]) + 0.035, times
