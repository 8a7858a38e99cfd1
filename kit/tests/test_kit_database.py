"""The database without the ORM, and the ORM without the event loop."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from kit.database import OrmThreads, connect, connection_parameters
from kit.requests import came_from, set_came_from


@pytest.fixture
def threads() -> Iterator[OrmThreads]:
    threads = OrmThreads("orm", 2)
    yield threads
    threads.close()


def test_what_only_django_understands_is_not_passed_on(monkeypatch, settings):
    other = {
        "NAME": "chameleon",
        "USER": "",
        "HOST": "127.0.0.1",
        "PORT": "5432",
        "OPTIONS": {"pool": {"max_size": 4}, "sslmode": "disable"},
    }
    monkeypatch.setitem(settings.DATABASES, "other", other)

    assert connection_parameters("other") == {
        "dbname": "chameleon",
        "host": "127.0.0.1",
        "port": "5432",
        "sslmode": "disable",
    }


async def test_a_connection_of_ones_own_says_what_it_is_for(transactional_db):
    async with await connect(name="chameleon tests") as own:
        assert own.autocommit
        (name,) = await (await own.execute("SELECT current_setting('application_name')")).fetchone()
        assert name == "chameleon tests"


async def test_a_thread_answers_and_raises_and_knows_who_asked(transactional_db, threads):
    set_came_from("192.0.2.7")

    assert await threads.run(came_from) == "192.0.2.7"
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 / 0)


async def test_a_thread_gives_its_connection_back_whatever_happens(transactional_db, threads):
    def held_after(work) -> bool:
        try:
            work()
        finally:
            held.append(connection.connection is not None)

    def query() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    def failing_query() -> None:
        query()
        raise ZeroDivisionError

    held: list[bool] = []
    await threads.run(held_after, query)
    with pytest.raises(ZeroDivisionError):
        await threads.run(held_after, failing_query)

    assert held == [True, True]
    kept = await asyncio.gather(*(threads.run(lambda: (time.sleep(0.02), connection.connection)[1]) for _ in range(4)))
    assert kept == [None] * 4


async def test_no_more_run_at_once_than_there_are_threads(transactional_db, threads):
    running, most = 0, 0
    counting = threading.Lock()

    def work() -> None:
        nonlocal running, most
        with counting:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with counting:
            running -= 1

    await asyncio.gather(*(threads.run(work) for _ in range(8)))
    assert most == 2
