"""Hints through the real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from django.db import connection, transaction

from live import bus
from live.bus import CHANNEL, Hint, announce, announce_many, payload, publish
from live.tests.wire import commit, eventually, in_thread, quietly


@pytest.fixture
async def heard(wire: None) -> AsyncIterator[list[Hint]]:
    """All that arrives on the bus."""
    hints: list[Hint] = []
    stands = asyncio.Event()

    async def follow() -> None:
        async with aclosing(bus.subscribe()) as news:
            async for arrived in news:
                stands.set()
                hints.extend(arrived)

    task = asyncio.create_task(follow())
    await stands.wait()
    yield hints
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_hint_arrives_after_the_commit_and_not_before(heard: list[Hint]) -> None:
    committing = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write() -> None:
        with transaction.atomic():
            announce("cards", 7, organization_id=1)
            loop.call_soon_threadsafe(committing.set)
            asyncio.run_coroutine_threadsafe(quietly(), loop).result()
            assert heard == []

    await in_thread(write)
    assert committing.is_set()
    await eventually(lambda: heard == [Hint("cards", "7", 1)])


async def test_a_rolled_back_hint_never_leaves(heard: list[Hint]) -> None:
    def write() -> None:
        with transaction.atomic():
            announce("cards", "kept", organization_id=1)
            try:
                with transaction.atomic():
                    announce("cards", "taken back", organization_id=1)
                    raise KeyError
            except KeyError:
                pass

    await in_thread(write)
    await eventually(lambda: heard)
    await quietly()
    assert heard == [Hint("cards", "kept", 1)]


async def test_what_a_transaction_announces_twice_arrives_once(heard: list[Hint]) -> None:
    def write() -> None:
        with transaction.atomic():
            announce("cards", 7, organization_id=1)
            announce("cards", 7, organization_id=1)

    await in_thread(write)
    await eventually(lambda: heard)
    await quietly()
    assert heard == [Hint("cards", "7", 1)]


async def test_a_batch_of_a_thousand_arrives_whole(heard: list[Hint]) -> None:
    await commit(*[("cards", f"card-{number:036}", 1) for number in range(1000)])
    await eventually(lambda: len(heard) == 1000)
    assert {hint.key for hint in heard} == {f"card-{number:036}" for number in range(1000)}


def test_a_batch_travels_in_few_messages_that_postgres_accepts() -> None:
    hints = [Hint("interventions.queue", f"{'ü' * (number % 50)}{number}", 1) for number in range(1000)]
    texts = payload(hints)
    assert len(texts) < 20
    assert all(len(text.encode()) <= 7999 for text in texts)


def test_announcing_nothing_is_nothing() -> None:
    assert payload([]) == []


@pytest.mark.django_db
def test_announcing_nothing_asks_the_database_nothing(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        announce_many([])


async def test_sql_of_its_own_sends_the_same_payload(heard: list[Hint]) -> None:
    hints = [Hint("units", "a", 1), Hint("units", "b", None)]

    def write() -> None:
        with connection.cursor() as cursor:
            for text in payload(hints):
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, text])

    await in_thread(write)
    await publish(hints)  # nothing: they left with the commit
    await eventually(lambda: heard)
    await quietly()
    assert heard == hints


@pytest.mark.parametrize("text", ["", "no json", "[1]", '[["a","b"]]', '{"a": 1}', '[["a", 1, 2]]'])
async def test_a_strangers_payload_does_not_end_the_subscription(heard: list[Hint], text: str) -> None:
    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, text])

    await in_thread(write)
    await commit(("cards", "after", 1))
    await eventually(lambda: heard == [Hint("cards", "after", 1)])


async def test_a_quiet_bus_is_asked_whether_it_still_stands(wire: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "QUIET_SECONDS", 0.01)
    async with aclosing(bus.subscribe()) as news:
        assert [await anext(news) for _ in range(4)] == [[], [], [], []]


async def test_hints_that_come_while_the_bus_is_asked_are_not_lost(
    heard: list[Hint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "QUIET_SECONDS", 0.001)
    for number in range(50):
        await commit(("cards", number, 1))
    await eventually(lambda: len(heard) == 50)
