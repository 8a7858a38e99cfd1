"""What was acknowledged is there again, whoever is killed with -9, and whatever is left lying about."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from chameleon import postgres
from chameleon.postgres.process import is_at_home, is_listed

PROJECT = Path(__file__).resolve().parent.parent

# A shell that starts us in the background, or nohup, has told us to ignore these; a program of its own has not.
HOLDER = """
import signal, sys
from pathlib import Path
from chameleon import postgres
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
with postgres.running(Path(sys.argv[1])) as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""

# Writes until it is cut off, and says each row only after its commit.
WRITER = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
    for number in range(1_000_000):
        connection.execute("INSERT INTO kept VALUES (%s)", [number])
        print(number, flush=True)
"""


@contextmanager
def holder(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another program that uses the database: our own server, as far as Postgres can tell."""
    program = subprocess.Popen(
        [sys.executable, "-c", HOLDER, data], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdin
    assert program.stdout
    with program:
        assert program.stdout.readline().startswith("postgresql://")
        try:
            yield program
        finally:
            program.stdin.close()
            program.wait(20)


@contextmanager
def writer(dsn: str) -> Iterator[list[int]]:
    """The numbers that were acknowledged; complete when the block is left."""
    acknowledged: list[int] = []
    program = subprocess.Popen(
        [sys.executable, "-c", WRITER, dsn], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert program.stdout
    with program:
        acknowledged += [int(program.stdout.readline()) for _ in range(50)]
        try:
            yield acknowledged
        finally:
            program.terminate()
            acknowledged += [int(line) for line in program.stdout if line.endswith("\n")]


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


@pytest.fixture
def kept_data(made_once: Path, data: Path) -> Path:
    """A cluster that is there already: making one each time would take longer than the tests."""
    subprocess.run(["cp", "-a", made_once / "postgres", data], check=True)
    return data


def kept(dsn: str) -> set[int]:
    until = time.monotonic() + 20
    while True:
        try:
            with psycopg.connect(dsn) as connection:
                return {number for (number,) in connection.execute("SELECT number FROM kept")}
        except psycopg.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_killed_postmaster_comes_back_with_every_acknowledged_row(kept_data: Path) -> None:
    with postgres.running(kept_data) as dsn:
        first = postmaster(kept_data)
        with writer(dsn) as acknowledged:
            os.kill(first, signal.SIGKILL)
        assert kept(dsn) >= set(acknowledged)
        assert postmaster(kept_data) != first


def test_a_postmaster_that_outlived_its_owner_is_used_again(kept_data: Path) -> None:
    with holder(kept_data) as owner:
        with writer(postgres.address(kept_data)) as acknowledged:
            owner.kill()
            owner.wait()  # its lock goes when it has gone
        left_over = postmaster(kept_data)
        with postgres.running(kept_data) as dsn:
            assert postmaster(kept_data) == left_over
            assert kept(dsn) >= set(acknowledged)
    assert not is_at_home(left_over, kept_data / "postgres")


def test_owner_and_postmaster_killed_together_lose_nothing(kept_data: Path) -> None:
    with holder(kept_data) as owner:
        with writer(postgres.address(kept_data)) as acknowledged:
            owner.kill()
            owner.wait()  # its lock goes when it has gone
            os.kill(postmaster(kept_data), signal.SIGKILL)
        with postgres.running(kept_data) as dsn:
            assert kept(dsn) >= set(acknowledged)


def test_a_postmaster_nobody_has_reaped_does_not_block_the_next(kept_data: Path) -> None:
    with holder(kept_data) as owner:
        os.kill(owner.pid, signal.SIGSTOP)  # it cannot reap its child now
        zombie = postmaster(kept_data)
        os.kill(zombie, signal.SIGKILL)
        try:
            with postgres.running(kept_data):
                assert is_listed(zombie)
                assert postmaster(kept_data) != zombie
        finally:
            os.kill(owner.pid, signal.SIGCONT)


def test_a_stranger_with_the_old_number_does_not_block_the_next(kept_data: Path) -> None:
    with postgres.running(kept_data):
        owner = (kept_data / "postgres").stat()
    who = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], cwd="/", **who) as stranger:
        (kept_data / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{kept_data}/postgres\n")
        with postgres.running(kept_data):
            assert postmaster(kept_data) != stranger.pid
        stranger.kill()


def test_the_last_to_leave_stops_it(kept_data: Path) -> None:
    with postgres.running(kept_data) as dsn:
        with holder(kept_data):
            pid = postmaster(kept_data)
        psycopg.connect(dsn).close()
        assert postmaster(kept_data) == pid
    assert not is_at_home(pid, kept_data / "postgres")
    assert not (kept_data / "postgres" / "postmaster.pid").exists()


def test_the_one_who_started_it_may_leave_first(kept_data: Path) -> None:
    with holder(kept_data) as first, postgres.running(kept_data) as dsn:
        assert first.stdin
        first.stdin.close()
        assert first.wait(20) == 0
        psycopg.connect(dsn).close()
    assert not (kept_data / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_stops_it_cleanly(kept_data: Path, number: signal.Signals) -> None:
    with holder(kept_data) as owner:
        pid = postmaster(kept_data)
        owner.send_signal(number)
        owner.wait(20)
    assert not is_at_home(pid, kept_data / "postgres")
    assert "database system is shut down" in (kept_data / "postgres.log").read_text().splitlines()[-1]
