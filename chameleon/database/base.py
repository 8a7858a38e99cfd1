"""The name and place Django looks for: `ENGINE = "chameleon.database"`."""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

TRIES = 3


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of the pool found dead means that the database was restarted, and all idle ones are dead.

    The pool's own check would try them one after the other, a second, then two, then four apart, and give up.
    Asking first costs 0.05 ms.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        found: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        for _try in range(TRIES):
            if self.pool is None or _is_alive(found):
                break
            self.pool.putconn(found)
            self.pool.drain()
            found = super().get_new_connection(conn_params)
        return found


def _is_alive(connection: psycopg.Connection[Any]) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        return False
    return True
