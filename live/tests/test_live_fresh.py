"""What a hot path remembers: for a moment, read by one, and never past a change it heard of."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from kit.database import OrmThreads
from live import fresh
from live.fresh import Fresh


class Shelf:
    """Something to read, that counts how often and can hold a reader up."""

    def __init__(self) -> None:
        self.values = {"a": "one"}
        self.reads = 0
        self.fails = False
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()

    def read(self, key: str) -> str | None:
        self.reads += 1
        found = self.values.get(key)  # what a snapshot sees: taken before the wait
        self.entered.set()
        assert self.open.wait(5)
        if self.fails:
            raise ConnectionError("no database")
        return found

    async def busy(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 5)
        self.entered.clear()


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(fresh, "time", clock)
    return clock


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrmThreads]:
    monkeypatch.setattr("kit.database.close_old_connections", lambda: None)  # no database here
    threads = OrmThreads("fresh", 4)
    yield threads
    threads.close()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def known(shelf: Shelf) -> Fresh[str, str]:
    return Fresh(shelf.read)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0.01)


async def test_it_is_read_once_and_then_remembered(clock, threads, shelf, known):
    assert [await known.get("a", threads) for _ in range(10)] == ["one"] * 10
    assert shelf.reads == 1


async def test_many_callers_at_once_cause_one_read(clock, threads, shelf, known):
    assert await asyncio.gather(*(known.get("a", threads) for _ in range(100))) == ["one"] * 100
    assert shelf.reads == 1


async def test_what_is_not_there_is_not_remembered(clock, threads, shelf, known):
    assert await known.get("b", threads) is None
    shelf.values["b"] = "two"

    assert await known.get("b", threads) == "two"


async def test_after_half_a_second_it_is_read_ahead_while_the_old_one_is_served(clock, threads, shelf, known):
    await known.get("a", threads)
    shelf.values["a"] = "two"
    clock.seconds += 0.6

    assert await known.get("a", threads) == "one"
    await settle()
    assert await known.get("a", threads) == "two"
    assert shelf.reads == 2


async def test_after_a_second_nobody_is_served_the_old_one(clock, threads, shelf, known):
    await known.get("a", threads)
    shelf.values["a"] = "two"
    clock.seconds += 1.0

    assert await known.get("a", threads) == "two"


async def test_what_is_gone_is_gone_at_the_next_read(clock, threads, shelf, known):
    await known.get("a", threads)
    del shelf.values["a"]
    clock.seconds += 1.0

    assert await known.get("a", threads) is None
    clock.seconds -= 1.0
    assert await known.get("a", threads) is None


async def test_forgotten_it_is_read_anew(clock, threads, shelf, known):
    shelf.values["b"] = "bee"
    await known.get("a", threads)
    await known.get("b", threads)
    shelf.values["a"] = "two"
    known.forget("a")

    assert await known.get("a", threads) == "two"
    assert await known.get("b", threads) == "bee"
    assert shelf.reads == 3


async def test_everything_can_be_forgotten_at_once(clock, threads, shelf, known):
    shelf.values["b"] = "bee"
    await known.get("a", threads)
    await known.get("b", threads)
    known.forget()

    await known.get("a", threads)
    await known.get("b", threads)
    assert shelf.reads == 4


async def test_what_was_read_just_before_a_change_is_not_remembered(clock, threads, shelf, known):
    shelf.open.clear()
    reading = asyncio.create_task(known.get("a", threads))
    await shelf.busy()
    shelf.values["a"] = "two"
    known.forget("a")
    shelf.open.set()
    await reading

    assert await known.get("a", threads) == "two"


@pytest.mark.parametrize("forgotten", ["a", None])
async def test_who_asks_after_a_change_does_not_join_a_read_from_before_it(clock, threads, shelf, known, forgotten):
    """A revoked key: the read that was on its way when the hint came still says that it is good."""
    shelf.open.clear()
    before = asyncio.create_task(known.get("a", threads))
    await shelf.busy()
    del shelf.values["a"]
    known.forget(forgotten)
    after = asyncio.create_task(known.get("a", threads))
    await shelf.busy()
    shelf.open.set()

    assert await before == "one"
    assert await after is None
    assert shelf.reads == 2


async def test_the_end_of_a_read_from_before_a_change_leaves_the_later_one_alone(clock, threads, shelf, known):
    shelf.open.clear()
    before = asyncio.create_task(known.get("a", threads))
    await shelf.busy()
    known.forget("a")
    after = asyncio.create_task(known.get("a", threads))
    await shelf.busy()
    shelf.open.set()
    await asyncio.gather(before, after)
    await settle()

    assert known._reading == {}
    assert await known.get("a", threads) == "one"
    assert shelf.reads == 2


async def test_a_failed_read_fails_those_who_waited_for_it_and_nobody_after(clock, threads, shelf, known):
    shelf.fails = True
    told = await asyncio.gather(*(known.get("a", threads) for _ in range(3)), return_exceptions=True)
    shelf.fails = False

    assert [type(one) for one in told] == [ConnectionError] * 3
    assert await known.get("a", threads) == "one"


async def test_a_failed_refresh_ahead_disturbs_nobody(clock, threads, shelf, known):
    await known.get("a", threads)
    clock.seconds += 0.6
    shelf.fails = True

    assert await known.get("a", threads) == "one"
    await settle()
    shelf.fails = False
    assert await known.get("a", threads) == "one"


async def test_a_caller_that_gives_up_takes_the_read_from_nobody(clock, threads, shelf, known):
    shelf.open.clear()
    impatient, patient = (asyncio.create_task(known.get("a", threads)) for _ in range(2))
    await shelf.busy()
    impatient.cancel()
    shelf.open.set()

    assert await patient == "one"
    assert shelf.reads == 1


def test_code_in_threads_reads_for_itself_and_remembers(clock, shelf, known):
    assert known.now("a") == known.now("a") == "one"
    assert shelf.reads == 1
    clock.seconds += 1.0
    shelf.values["a"] = "two"
    assert known.now("a") == "two"


def test_its_age_counts_from_before_the_read(clock, known, monkeypatch):
    """What took long to read was true when the reading began."""

    def slow(_key: str) -> str:
        clock.seconds += 0.8
        return "slow"

    known._load = slow
    known.now("a")
    clock.seconds += 0.3

    known._load = lambda _key: "fresh"
    assert known.now("a") == "fresh"


def test_it_does_not_grow_without_bounds(clock, monkeypatch):
    monkeypatch.setattr(fresh, "MOST", 10)
    known: Fresh[int, int] = Fresh(lambda key: key)
    for key in range(100):
        known.now(key)

    assert len(known._known) <= 10
