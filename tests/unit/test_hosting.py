"""Routes, connections to models, and what is measured of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from oficina.clock import StoppedClock
from oficina.config import Config
from oficina.engine.hosting import fleets, usage
from oficina.engine.hosting.connection import Broken, Connection, Pool, TooSlow, Unreachable, ping
from oficina.engine.hosting.instance import Instance
from oficina.engine.hosting.kinds import ENDPOINT_CONFIG, MODEL
from oficina.engine.hosting.routes import Closed, NoInstance, NoVariant, Route, Variant
from oficina.engine.hosting.traffic import Measured, _points
from oficina.store.store import Store
from tests.waiting import PATIENCE


def instance(folder: Path, name: str, up: bool = True) -> Instance:
    """A process that is said to be up."""
    one = Instance(name, folder / name, 10)
    one.up = up
    return one


def route(*variants: Variant) -> Route:
    """An endpoint's route."""
    return Route("1", "us-east-1", "one", "arn", list(variants), None)


def test_instances_take_turns_and_those_down_are_left_out(tmp_path: Path) -> None:
    a, b, c = instance(tmp_path, "a"), instance(tmp_path, "b", up=False), instance(tmp_path, "c")
    way = route(Variant("v", 1, [a, b, c]))
    assert [way.take(None)[1].name for _ in range(4)] == ["a", "c", "a", "c"]


def test_calls_go_by_weight(tmp_path: Path) -> None:
    heavy = Variant("heavy", 3, [instance(tmp_path, "a")])
    light = Variant("light", 1, [instance(tmp_path, "b")])
    way = route(heavy, light)
    taken = [way.take(None)[0].name for _ in range(2000)]
    assert 0.65 < taken.count("heavy") / 2000 < 0.85


def test_a_variant_can_be_asked_for(tmp_path: Path) -> None:
    way = route(Variant("a", 1, [instance(tmp_path, "a")]), Variant("b", 0, [instance(tmp_path, "b")]))
    assert way.take("b")[0].name == "b"
    with pytest.raises(NoVariant):
        way.take("c")


def test_a_call_waits_for_an_instance_that_comes_back(tmp_path: Path) -> None:
    one = instance(tmp_path, "a", up=False)
    way = route(Variant("v", 1, [one]))

    def come_back() -> None:
        one.up = True
        way.changed()

    threading.Timer(0.05, come_back).start()
    assert way.take(None)[1] is one


def test_a_call_does_not_wait_for_ever(tmp_path: Path) -> None:
    way = route(Variant("v", 1, [instance(tmp_path, "a", up=False)]))
    way.patience = 0.02
    with pytest.raises(NoInstance):
        way.take(None)


def test_a_closed_route_takes_nothing_and_drains(tmp_path: Path) -> None:
    one = instance(tmp_path, "a")
    way = route(Variant("v", 1, [one]))
    way.take(None)
    way.close()
    with pytest.raises(Closed):
        way.take(None)
    assert not way.drain([one], 0.01)
    way.release(one)
    assert way.drain([one], 0.01)


def test_what_was_measured_is_taken_out_of_the_file(tmp_path: Path) -> None:
    one = instance(tmp_path, "a")
    one.folder.mkdir()
    lines = [
        '{"time": 1, "host": "algo-1", "cpu_percent": 10, "memory_percent": 1, "disk_percent": 2}',
        '{"time": 2, "host": "algo-1", "cpu_percent": 30, "memory_percent": 1, "disk_percent": 2}',
    ]
    (one.folder / "usage.jsonl").write_text("\n".join(lines) + "\n")
    points = {point.name: point for point in usage.taken(route(Variant("v", 1, [one])))}
    cpu = points["CPUUtilization"]
    assert (cpu.value, cpu.count, cpu.low, cpu.high) == (20, 2, 10, 30)
    assert cpu.dimensions == {"EndpointName": "one", "VariantName": "v"}
    assert usage.taken(route(Variant("v", 1, [one]))) == []


def test_calls_become_few_points() -> None:
    way = route()
    calls = [Measured(way, "v", 2, status, 0.0101, 0.0002, 5.0) for status in (200, 200, 400, 0)]
    points = {point.name: point for point in _points("one", "v", 5.0, calls)}
    totals = {name: point.value * point.count for name, point in points.items()}
    assert totals["Invocations"] == 4
    assert totals["InvocationsPerInstance"] == 2
    assert totals["Invocation4XXErrors"] == 1
    assert totals["Invocation5XXErrors"] == 1
    assert points["ModelLatency"].value == pytest.approx(10_100)
    assert points["ModelLatency"].unit == "Microseconds"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket that listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def answering(listener: socket.socket, *answers: bytes) -> int:
    """Answers each request of one connection with bytes, then closes; the port."""

    def run() -> None:
        with listener.accept()[0] as client:
            for answer in answers:
                client.recv(65536)
                client.sendall(answer)

    threading.Thread(target=run, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            b"hello",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_bodies_are_read_in_every_framing(listener: socket.socket, answer: bytes, body: bytes) -> None:
    connection = Connection(answering(listener, answer))
    connection.send(b"POST / HTTP/1.1\r\n\r\n", b"", PATIENCE)
    assert connection.body(connection.head()) == body


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_half_an_answer_is_broken(listener: socket.socket, answer: bytes) -> None:
    connection = Connection(answering(listener, answer))
    connection.send(b"POST / HTTP/1.1\r\n\r\n", b"", PATIENCE)
    with pytest.raises(Broken):
        connection.body(connection.head())


def test_a_silent_model_is_too_slow(listener: socket.socket) -> None:
    connection = Connection(listener.getsockname()[1])
    connection.send(b"POST / HTTP/1.1\r\n\r\n", b"", 0.05)
    with pytest.raises(TooSlow):
        connection.head()


def test_a_connection_that_the_other_side_closed_is_not_used_again(listener: socket.socket) -> None:
    pool = Pool(answering(listener, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    first = pool.take()
    first.send(b"POST / HTTP/1.1\r\n\r\n", b"", PATIENCE)
    first.body(first.head())
    pool.give(first)
    while first.quiet():
        pass
    assert pool.take() is not first


def test_nobody_at_the_port_is_unreachable(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(Unreachable):
        Pool(port).take()
    assert not ping(port, 0.1)


def test_a_process_has_eight_minutes_to_start_unless_the_variant_says_otherwise(tmp_path: Path) -> None:
    docs = Store(Config(home=tmp_path), StoppedClock()).scope("1" * 12, "us-east-1")
    docs.create(
        MODEL,
        {"ModelName": "m", "PrimaryContainer": {"Image": "i"}, "ExecutionRoleArn": "arn:aws:iam::1:role/r"},
    )
    timeouts = {"ContainerStartupHealthCheckTimeoutInSeconds": 3600, "ModelDataDownloadTimeoutInSeconds": 60}
    variants = [
        {"VariantName": "plain", "ModelName": "m"},
        {"VariantName": "slow", "ModelName": "m", **timeouts},
    ]
    docs.create(ENDPOINT_CONFIG, {"EndpointConfigName": "c", "ProductionVariants": variants})

    plain, slow = fleets.plan(docs, "c")["variants"]

    assert (plain["timeout"], plain["download"]) == (480, None)
    assert (slow["timeout"], slow["download"]) == (3600, 60)
