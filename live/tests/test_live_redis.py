"""The same hints through a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest
from django.conf import LazySettings
from django.db import transaction
from redis.asyncio import Redis
from redis.asyncio.connection import DEFAULT_SOCKET_TIMEOUT

from live import bus
from live.bus import Hint, announce, announce_many, payload, publish
from live.hub import Hub, the_hub
from live.tests.wire import ADA, Board, Socket, commit, eventually, in_thread, quietly

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("redis")]


@pytest.fixture
async def hub(redis: str) -> AsyncIterator[Hub]:
    hub = the_hub()
    hub.start()
    await eventually(lambda: hub.is_listening)
    yield hub
    await hub.stop()


async def test_a_hint_leaves_at_commit_and_never_at_rollback(hub: Hub, board: Board) -> None:
    ada = await Socket(ADA).listens(board.topic())

    def write() -> None:
        with transaction.atomic():
            announce("board", "kept", organization_id=1)
            try:
                with transaction.atomic():
                    announce("board", "taken back", organization_id=1)
                    raise KeyError
            except KeyError:
                pass
            time.sleep(0.1)
            assert hub.figures()["hints"] == 0

    await in_thread(write)
    await eventually(lambda: ada.items)
    await quietly()
    assert list(ada.items) == ["kept"]


async def test_a_thousand_hints_arrive_in_a_handful_of_messages(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    messages: list[str] = []
    unpacked = bus._unpacked

    def unpack(text: str) -> Sequence[Hint]:
        messages.append(text)
        return unpacked(text)

    monkeypatch.setattr(bus, "_unpacked", unpack)

    def write() -> None:
        with transaction.atomic():
            for number in range(100):
                announce("board", number, organization_id=1)
            announce_many([Hint("board", f"{number:036}", 1) for number in range(900)])

    await in_thread(write)
    await eventually(lambda: hub.figures()["hints"] == 1000)
    assert len(messages) < 30


async def test_the_hot_path_publishes_after_its_commit(hub: Hub) -> None:
    hints = [Hint("units", "a", 1)]
    assert payload(hints) == []
    assert await hub.wait_for("units", "a", 0) is False
    async with hub.watch("units", "a") as watch:
        await publish(hints)
        assert await watch.changed(5)


async def test_a_dead_redis_neither_breaks_nor_delays_a_write(
    settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1"]},
        }
    }
    started = time.monotonic()
    for number in range(20):
        await commit(("board", number, 1))
    await publish([Hint("board", "x", 1)])
    assert time.monotonic() - started < 3
    await eventually(lambda: "hints were lost" in caplog.text)


async def test_an_emptied_redis_is_found_out_and_everybody_catches_up(
    hub: Hub, redis: str, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(bus, "ANSWER_SECONDS", 0.3)
    ada = await Socket(ADA).listens(board.topic())
    board.missed = ["7"]
    await commit(("nothing", 0, 1))  # ends the long wait that began before the patch
    await eventually(lambda: hub.figures()["hints"])
    async with Redis.from_url(redis) as other:
        await other.delete(*await other.keys("chameleon-live-tests*"))
    await eventually(lambda: ada.items)
    await eventually(lambda: hub.is_listening)
    await commit(("board", 8, 1))
    await eventually(lambda: "8" in ada.items)


async def test_a_quiet_redis_is_not_taken_for_a_lost_one(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus, "QUIET_SECONDS", 0.02)
    await commit(("nothing", 0, 1))
    await asyncio.sleep(0.5)
    assert hub.is_listening
    assert hub.figures()["lost"] == 0


def test_redis_is_not_waited_for_longer_than_its_client_reads() -> None:
    assert bus.POP_SECONDS < DEFAULT_SOCKET_TIMEOUT


def test_a_subscription_cut_off_at_any_moment_does_not_lock_out_the_next() -> None:
    """The channel layer never gives back the lock of a read that was cancelled while it waited for it."""

    async def hear(messages: int) -> list[str]:
        async with aclosing(bus.subscribe()) as hints, asyncio.timeout(5):
            assert await anext(hints) == []
            for number in range(messages):
                await publish([Hint("board", str(number), 1)])
            heard: list[str] = []
            while len(heard) < messages:
                heard += [hint.key for hint in await anext(hints)]
            for _step in range(messages % 5):
                await asyncio.sleep(0)
            return heard

    for messages in range(1, 30):
        assert asyncio.run(hear(messages)) == [str(number) for number in range(messages)]
