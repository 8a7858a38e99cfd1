"""Postgres without the ORM for the wire and the hot path, and the ORM without the event loop."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import psycopg
from django.conf import settings
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")

# Understood by Django's backend, not by libpq.
DJANGO_ONLY = {"pool", "isolation_level", "server_side_binding", "assume_role", "cursor_factory", "context"}


def connection_parameters(alias: str = "default") -> dict[str, Any]:
    """What psycopg needs to reach the database Django uses under this alias."""
    database = settings.DATABASES[alias]
    named = {
        "dbname": database["NAME"],
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "host": database.get("HOST"),
        "port": database.get("PORT"),
    }
    options = {key: value for key, value in database.get("OPTIONS", {}).items() if key not in DJANGO_ONLY}
    return options | {key: value for key, value in named.items() if value}


async def connect(*, name: str, alias: str = "default") -> psycopg.AsyncConnection:
    """A connection of its own, in autocommit. `name` is what pg_stat_activity shows."""
    parameters = connection_parameters(alias) | {"application_name": name}
    return await psycopg.AsyncConnection.connect(**parameters, autocommit=True)


class OrmThreads:
    """A few threads that run ORM code for the event loop.

    Not `sync_to_async`: outside a request all of its calls share one thread, so one slow page of
    somebody's would hold up every other. The size bounds the database connections taken.
    """

    def __init__(self, name: str, size: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns or raises, its database connection given back either way."""

        def call() -> T:
            close_old_connections()
            try:
                return work(*args, **kwargs)
            finally:
                close_old_connections()

        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: context.run(call))

    def close(self) -> None:
        """Finish what runs, drop what waits. Returns at once."""
        self._pool.shutdown(wait=False, cancel_futures=True)
