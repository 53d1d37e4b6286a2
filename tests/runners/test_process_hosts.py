"""Jobs on several hosts."""

from __future__ import annotations

from oficina.runners import process
from tests.runners.conftest import MakeJob

HOSTS = ["algo-1", "algo-2", "algo-3"]


def test_each_host_has_its_name_its_variables_and_its_folders(make_job: MakeJob) -> None:
    variables = {host: {"WHO": host} for host in HOSTS}
    job = make_job("hostname; echo $WHO; hostname > /opt/ml/model/name", hosts=HOSTS, host_env=variables)
    assert job.run().succeeded
    for host in HOSTS:
        assert job.log(host) == [host, host]
        assert job.path("model/name", host).read_text() == f"{host}\n"


def test_hosts_have_different_loopback_addresses_that_no_other_job_has(make_job: MakeJob) -> None:
    script = "$PYTHON -c 'import socket; print(*[socket.gethostbyname(f\"algo-{n}\") for n in (1, 2, 3)])'"
    jobs = [make_job(script, hosts=HOSTS) for _ in range(2)]
    found: set[str] = set()
    for job in jobs:
        assert job.run().succeeded
        found |= set(job.log()[0].split())
    assert len(found) == 6
    assert all(address.startswith("127.") for address in found)


def test_hosts_reach_each_other_by_name(make_job: MakeJob) -> None:
    script = """
if [ $(hostname) = algo-1 ]; then
  $PYTHON -c '
import socket
print(socket.create_server(("algo-1", 7777)).accept()[0].recv(9).decode())'
else
  $PYTHON -c '
import socket, time
while True:
    try:
        socket.create_connection(("algo-1", 7777)).sendall(b"hello"); break
    except ConnectionRefusedError:
        time.sleep(0.01)'
fi"""
    job = make_job(script, hosts=["algo-1", "algo-2"])
    assert job.run().succeeded
    assert job.log("algo-1") == ["hello"]


def test_when_one_host_fails_the_others_are_stopped(make_job: MakeJob) -> None:
    script = (
        "[ $(hostname) = algo-2 ] && exit 9; trap 'echo stopping; exit 1' TERM; while :; do sleep 0.05; done"
    )
    job = make_job(script, hosts=HOSTS)
    ended = job.run()
    assert ended.reason == "exit"
    assert ended.hosts["algo-2"] == process.HostExit(exit_code=9)
    assert next(iter(ended.hosts)) == "algo-2"
    assert ended.exit_code == 9
    assert not ended.succeeded


def test_the_failure_of_the_host_that_failed_first_is_told(make_job: MakeJob) -> None:
    script = """
if [ $(hostname) = algo-2 ]; then echo cause > /opt/ml/output/failure; exit 1; fi
trap 'echo effect > /opt/ml/output/failure; exit 1' TERM; while :; do sleep 0.05; done"""
    assert make_job(script, hosts=HOSTS).run().failure == "cause\n"


def test_the_job_lasts_as_long_as_its_slowest_host(make_job: MakeJob) -> None:
    job = make_job("[ $(hostname) = algo-1 ] && exit 0; sleep 0.3; echo late", hosts=["algo-1", "algo-2"])
    assert job.run().succeeded
    assert job.log("algo-2") == ["late"]


SERVES = ["/bin/sh", "-c", "trap 'echo ends; exit 3' TERM; echo serves; while :; do sleep 0.05; done"]


def test_servers_end_with_the_last_host_that_they_serve(make_job: MakeJob) -> None:
    job = make_job(
        "until test -e /opt/ml/output/data/go; do sleep 0.02; done",
        hosts=["a", "b", "server"],
        servers=["server"],
        host_command={"server": SERVES},
    )
    job.launch().says("serves", "server")
    job.go("a")
    job.go("b")

    end = job.wait()

    assert (end.reason, end.succeeded, sorted(end.hosts)) == ("exit", True, ["a", "b"])
    assert job.log("server") == ["serves", "ends"]


def test_nobody_goes_on_without_a_server(make_job: MakeJob) -> None:
    leaves = {"server": ["/bin/sh", "-c", "exit 0"]}
    job = make_job("exec sleep 600", hosts=["a", "server"], servers=["server"], host_command=leaves)

    end = job.run()

    assert end.reason == "exit"
    assert not end.succeeded
    assert {name: host.exit_code for name, host in end.hosts.items()} == {"server": 0, "a": 143}


def test_a_host_that_fails_takes_the_servers_along(make_job: MakeJob) -> None:
    job = make_job("exit 7", hosts=["a", "server"], servers=["server"], host_command={"server": SERVES})

    end = job.run()

    assert (end.exit_code, end.hosts["a"].exit_code) == (7, 7)
