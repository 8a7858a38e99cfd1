"""Real transactions that meet at one row: everybody waits at it before anybody may go on."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, models, transaction

from kit.errors import Problem

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def race(at: models.Model, *deeds: Callable[[], Any]) -> list[Any]:
    """What each deed returned, or the Problem it raised. They queue up in this order for the row `at`."""
    with ThreadPoolExecutor(len(deeds)) as threads:
        with transaction.atomic():
            type(at)._default_manager.select_for_update().get(pk=at.pk)
            running = []
            for deed in deeds:
                running.append(threads.submit(alone, deed))
                _until_waiting(len(running))
        return [each.result(timeout=10) for each in running]


def alone(deed: Callable[[], Any]) -> Any:
    """For a thread of its own, with a connection of its own."""
    try:
        return deed()
    except Problem as problem:
        return problem
    finally:
        connection.close()


def _until_waiting(many: int) -> None:
    until = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= many:
                return
            assert time.monotonic() < until, "nobody waits for the row"
            time.sleep(0.002)
