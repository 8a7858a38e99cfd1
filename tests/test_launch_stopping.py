"""Told to stop, it stops within ten seconds, whatever its database does meanwhile."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chameleon.postgres.cluster import Cluster
from chameleon.postgres.server import Server
from tests.launching import Launch, ask, free_port

SECONDS = 10


@pytest.fixture
def elsewhere(set_up: Path, data: Path) -> Iterator[Server]:
    """A Postgres that nobody brings back."""
    subprocess.run(["cp", "-a", f"{set_up}/.", data], check=True)
    cluster = Cluster(data)
    server = Server(cluster, *cluster.ready())
    server.ensure()
    yield server
    if server.is_alive():
        server.stop()


@pytest.fixture
def guest(elsewhere: Server) -> Iterator[Launch]:
    """A server in that one's debt."""
    data = elsewhere.cluster.data
    launch = Launch(data, free_port(), DATABASE_URL=elsewhere.cluster.dsn())
    yield launch
    launch.process.kill()
    launch.process.wait()


def postmaster(server: Server) -> int:
    return int((server.cluster.folder / "postmaster.pid").read_text().split()[0])


def stop(launch: Launch) -> float:
    """How long it took."""
    began = time.monotonic()
    assert launch.end() == 0, launch.said
    return time.monotonic() - began


def test_it_stops_while_its_database_is_gone(guest: Launch, elsewhere: Server) -> None:
    ask(guest)
    os.kill(postmaster(elsewhere), signal.SIGKILL)
    assert stop(guest) < SECONDS


def test_it_stops_when_its_database_has_been_gone_for_a_while(guest: Launch, elsewhere: Server) -> None:
    ask(guest)
    os.kill(postmaster(elsewhere), signal.SIGKILL)
    time.sleep(4)  # the worker is between two attempts
    assert stop(guest) < SECONDS


def test_it_stops_while_a_page_waits_for_a_database_that_is_gone(guest: Launch, elsewhere: Server) -> None:
    os.kill(postmaster(elsewhere), signal.SIGKILL)
    statuses: list[int] = []
    looking = threading.Thread(target=lambda: statuses.append(guest.call("GET", "/api/audit").status_code))
    looking.start()
    time.sleep(1)
    assert stop(guest) < SECONDS
    looking.join()
    assert statuses == [503]


def test_it_stops_while_its_database_hangs(guest: Launch, elsewhere: Server) -> None:
    """As on a disk that does not answer: connected, and silent."""
    ask(guest)
    all_of_it = [postmaster(elsewhere), *children_of(postmaster(elsewhere))]
    for process in all_of_it:
        os.kill(process, signal.SIGSTOP)
    try:
        threading.Thread(target=lambda: guest.call("GET", "/api/audit")).start()
        time.sleep(1)
        assert stop(guest) < SECONDS
    finally:
        for process in all_of_it:
            os.kill(process, signal.SIGCONT)


def children_of(process: int) -> list[int]:
    listed = subprocess.run(["ps", "--ppid", str(process), "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(number) for number in listed.stdout.split()]
