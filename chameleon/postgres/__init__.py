"""A Postgres of our own, for whoever has no DATABASE_URL.

Any number of programs may use it at once (the server, `bin/manage`, the tests). Each holds a shared lock while it does;
the first starts the postmaster, whoever is there restarts it should it die, the last to leave stops it. A lock goes
with its process, so nothing is left to clear up after `kill -9`: the next one attaches to what still runs.
"""

import fcntl
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chameleon.errors import CannotStart
from chameleon.postgres.cluster import Cluster
from chameleon.postgres.server import Server

logger = logging.getLogger(__name__)

ELSEWHERE = "Set CHAMELEON_DATA to a folder of yours."


def address(data: Path) -> str:
    """The DSN of the database below this folder, running or not."""
    return Cluster(data.resolve()).dsn()


@contextmanager
def running(data: Path) -> Iterator[str]:
    """A Postgres below this folder for as long as the block lasts; its DSN."""
    data = _own_folder(data)
    with ended_by_signal(), _lock_file(data, "postgres.users") as users:
        with _one_at_a_time(data):
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster = Cluster(data)
            server = Server(cluster, *cluster.ready())
        watch = _Watch(server)
        try:
            with _one_at_a_time(data):
                server.ensure()
            watch.start()
            yield cluster.dsn()
        finally:
            watch.stop()
            with _one_at_a_time(data):
                if _nobody_else(users):
                    server.stop()
            server.let_go()


def _own_folder(data: Path) -> Path:
    data = data.resolve()
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"{data} cannot be made: {error.strerror}. {ELSEWHERE}") from None
    return data


def _lock_file(data: Path, name: str) -> IO[bytes]:
    try:
        return (data / name).open("ab")
    except OSError as error:
        raise CannotStart(f"{data} cannot be written: {error.strerror}. {ELSEWHERE}") from None


@contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    """Starting and stopping take turns, so that nobody attaches to a server that is just being stopped."""
    with _lock_file(data, "postgres.turn") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _nobody_else(users: IO[bytes]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """SIGTERM and a closed terminal leave through `finally`, like Ctrl-C does; unless somebody handles them already."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


class _Watch(threading.Thread):
    """Brings the postmaster back when it dies under us."""

    def __init__(self, server: Server) -> None:
        super().__init__(name="postgres-watch", daemon=True)
        self._server = server
        self._leaving = threading.Event()

    def run(self) -> None:
        while not self._leaving.wait(0.2):
            if not self._server.is_alive():
                self._bring_back()

    def stop(self) -> None:
        self._leaving.set()
        if self.is_alive():
            self.join()

    def _bring_back(self) -> None:
        logger.warning("Postgres has ended unexpectedly and is started again")
        try:
            with _one_at_a_time(self._server.cluster.data):
                if not self._leaving.is_set():
                    self._server.ensure()
        except (CannotStart, OSError) as error:
            logger.error("Postgres could not be started again: %s", error)
            self._leaving.wait(1)
