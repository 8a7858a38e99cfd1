"""From a folder with the code in it to a program that serves."""

import errno
import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psycopg

from chameleon import postgres
from chameleon.errors import CannotStart
from chameleon.postgres.binaries import NEWEST, OLDEST

GRACE_SECONDS = 5  # for what is being answered when we are told to stop
MIGRATING = 0x6D696772  # several instances start together; one migrates, the others wait


@contextmanager
def database_at_hand() -> Iterator[str]:
    """The database of DATABASE_URL, or our own for as long as the block lasts. Its address."""
    given = os.environ.get("DATABASE_URL")
    if given:
        _reach(given)
        yield given
        return
    from django.conf import settings

    with postgres.running(settings.DATA_DIR) as dsn:
        yield dsn


def _reach(address: str) -> None:
    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(f"The database in DATABASE_URL cannot be reached: {reason}") from None
    except psycopg.Error:
        raise CannotStart("DATABASE_URL is not an address PostgreSQL understands.") from None
    if not OLDEST <= version <= NEWEST:
        raise CannotStart(f"The server in DATABASE_URL is PostgreSQL {version}; Chameleon needs {OLDEST} to {NEWEST}.")


def up(*, demo: bool = False) -> int:
    """Serve until told to stop: HTTP, WebSocket and the worker in one process; with `demo`, a living queue."""
    with postgres.ended_by_signal(), _listening() as socket_, database_at_hand():
        _prepare("demo" if demo else "bootstrap")
        try:
            with _playing() if demo else nullcontext():
                _serve(socket_)
        except KeyboardInterrupt:
            pass
        except SystemExit as end:
            return 0 if end.code == 143 else 1  # told to stop, and stopped
    return 0


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """Takes the port before anything else, so that a taken one is told at once. Nobody gets in before we serve."""
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    if not port.isdecimal() or int(port) > 65535:
        raise CannotStart(f"PORT is “{port}”, which is not the number of a port.")
    with _taken(host, int(port)) as socket_:
        yield socket_


def _taken(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket_ = socket.socket(family, kind, protocol)
        socket_.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket_.bind(address)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise CannotStart(f"HOST is “{host}”, which is not an address of this machine.") from None
        reason = f"Cannot listen on {host}:{port}: {error.strerror}"
        raise CannotStart(f"{reason}. Choose another port: PORT=8001 bin/up") from None
    return socket_


@contextmanager
def _playing() -> Iterator[None]:
    from chameleon.management.demo.stream import Stream

    stream = Stream()
    stream.start()
    try:
        yield
    finally:
        stream.stop()


def _prepare(command: str) -> None:
    import django

    django.setup()
    from django.core.management import CommandError, call_command

    _migrate()
    _collect_static()
    try:
        call_command(command)
    except CommandError as error:
        raise CannotStart(str(error)) from error
    sys.stdout.write("\nCtrl-C stops it.\n")
    sys.stdout.flush()


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def _collect_static() -> None:
    """Hashing and compressing take seconds: done again only when a file has changed."""
    from django.conf import settings
    from django.core.management import call_command

    if settings.WHITENOISE_USE_FINDERS:
        return
    mark = settings.STATIC_ROOT / ".collected"
    state = _state_of_static()
    if mark.exists() and mark.read_text() == state:
        return
    try:
        call_command("collectstatic", verbosity=0, interactive=False)
        mark.write_text(state)
    except OSError as error:
        reason = f"{settings.STATIC_ROOT} cannot be written: {error.strerror}"
        raise CannotStart(f"{reason}. Set CHAMELEON_DATA.") from None


def _state_of_static() -> str:
    from django.contrib.staticfiles.finders import get_finders

    state = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path)).stat()
            state.update(f"{path} {file.st_size} {file.st_mtime_ns}\n".encode())
    return state.hexdigest()


def _serve(socket_: socket.socket) -> None:
    from chameleon.serving import serve

    serve(socket_, grace_seconds=GRACE_SECONDS)
