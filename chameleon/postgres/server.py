"""The postmaster over our cluster: one we start, or one that outlived whoever started it."""

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
from psycopg.pq import PGconn, Ping

from chameleon.errors import CannotStart
from chameleon.postgres.account import Account
from chameleon.postgres.binaries import Binaries
from chameleon.postgres.cluster import NAME, PORT, Cluster, environment
from chameleon.postgres.process import is_at_home, is_listed, shared_memory_users

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "200",
    # Said aloud, so that no edited file can take them away: an acknowledged decision is on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "random_page_cost": "1.1",  # a laptop has no turning disk
    "jit": "off",  # compiling costs more than our short queries
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and key values may hold secrets; the log needs neither to name an error.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

RECOVERY_SECONDS = 600  # replaying a full WAL on a slow disk
SILENCE_SECONDS = 60  # alive, but not even a "still starting" on the socket
ORPHAN_SECONDS = 30  # a killed postmaster's children end by themselves, the busy ones a little later
LARGEST_LOG = 10_000_000


@dataclass
class Server:
    cluster: Cluster
    account: Account
    binaries: Binaries
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def ensure(self) -> None:
        """Attaches to the postmaster that runs, or starts one; comes back when it takes queries."""
        if not (self.is_alive() and self._comes_up()):  # one that outlived its owner may be on its way down
            self._make_way()
            self._start()
            if not self._comes_up():
                raise CannotStart(f"PostgreSQL did not start: {_last_complaint(self.cluster.data)}")
        self._ensure_database()

    def is_alive(self) -> bool:
        if self._child:
            if self._child.poll() is None:
                return True
            self._child = None  # and reaped: as a zombie it would still look alive to the next one
        pid = self._pid()
        return pid is not None and is_at_home(pid, self.cluster.folder)

    def stop(self) -> None:
        """Fast shutdown: open transactions roll back, committed ones are checkpointed."""
        for how, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
            pid = self._pid()
            if pid is None or not self.is_alive():
                return
            os.kill(pid, how)
            if self._is_gone_within(patience, pid):
                return

    def let_go(self) -> None:
        """It is somebody else's to stop now: `Popen` need not warn that we leave a child behind."""
        if self._child and self._child.poll() is None:
            self._child.returncode = 0
        self._child = None

    def _is_gone_within(self, seconds: float, pid: int) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            # It takes its lock file away before it ends, and one that is not our child has no other number.
            if not self.is_alive() and not is_at_home(pid, self.cluster.folder):
                return True
            time.sleep(0.01)
        return False

    def _start(self) -> None:
        command: list[str | Path] = [
            *(self.binaries.folder / "postgres", "-D", self.cluster.folder.resolve()),
            *("-k", self.cluster.socket_folder.resolve(), "-p", str(PORT)),
            *(word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")),
        ]
        with _log(self.cluster.data) as log:
            self._child = subprocess.Popen(
                command,
                cwd="/",
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A session of its own: Ctrl-C in the terminal is for us, and we stop it when our requests are done.
                start_new_session=True,
                **self.account.run_as(),
            )

    def _comes_up(self) -> bool:
        """Waits until it takes queries; False when it ended instead."""
        began = time.monotonic()
        while True:
            answer = PGconn.ping(self.cluster.dsn("postgres").encode())
            if not self.is_alive():
                return False
            if answer == Ping.OK:
                return True
            if time.monotonic() - began > (RECOVERY_SECONDS if answer == Ping.REJECT else SILENCE_SECONDS):
                raise CannotStart(f"PostgreSQL does not answer; {_log_path(self.cluster.data)} may say why.")
            # It starts in 40 ms, but may take its time to recover, and logs every knock at the door.
            time.sleep(0.01 if time.monotonic() - began < 0.5 else 0.2)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.cluster.dsn("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")

    def _pid(self) -> int | None:
        if self._child:
            return self._child.pid
        return _number_in(self._pid_file)

    @property
    def _pid_file(self) -> Path:
        return self.cluster.folder / "postmaster.pid"

    def _make_way(self) -> None:
        """Takes away the lock files of a postmaster that is dead but does not look it.

        Postgres clears those whose number nobody has. It gives up on a zombie that PID 1 has not reaped (in many
        containers it never does) and on a stranger who was given the number. First, though, every process of the old
        server must have let go of the shared memory: the file was also the guard against them.
        """
        memory = self._shared_memory()
        until = time.monotonic() + ORPHAN_SECONDS
        while memory is not None and shared_memory_users(memory):
            if time.monotonic() > until:
                raise CannotStart("Processes of an earlier PostgreSQL still use the database: end them and try again.")
            time.sleep(0.02)
        for lock in (self._pid_file, self.cluster.socket_folder / f".s.PGSQL.{PORT}.lock"):
            pid = _number_in(lock)
            if pid is not None and is_listed(pid):
                lock.unlink()

    def _shared_memory(self) -> int | None:
        lines = _lines(self._pid_file)
        words = lines[6].split() if len(lines) > 6 else []
        return int(words[1]) if len(words) == 2 else None


def _number_in(lock: Path) -> int | None:
    lines = _lines(lock)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except FileNotFoundError:
        return []


def _log_path(data: Path) -> Path:
    return data / "postgres.log"


def _log(data: Path) -> IO[bytes]:
    path = _log_path(data)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _last_complaint(data: Path) -> str:
    lines = _log_path(data).read_text(errors="replace").splitlines()
    complaints = [line for line in lines[-20:] if re.search(r"FATAL|PANIC|could not|error", line)]
    return re.sub(r"^.*?(FATAL|PANIC): +", "", (complaints or lines or ["it gave no reason"])[-1]) + "."
