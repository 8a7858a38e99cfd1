"""The same hints through a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest
from channels.layers import get_channel_layer
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


async def test_redis_is_not_waited_for_longer_than_its_client_reads(hub: Hub) -> None:
    assert get_channel_layer().brpop_timeout < DEFAULT_SOCKET_TIMEOUT
