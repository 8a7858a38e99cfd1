"""Hints between processes: that something changed, never what it now is.

Postgres carries them (LISTEN/NOTIFY) unless REDIS_URL is set, then the channel layer does.
A hint may be lost without harm: whoever listens learns of the gap and catches up.
"""

import asyncio
import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers, get_channel_layer
from django.conf import settings
from django.db import connection, transaction

from kit.database import connect

log = logging.getLogger(__name__)

CHANNEL = "chameleon_live"
LARGEST_PAYLOAD = 7_999  # bytes; one more and NOTIFY refuses, and with it the write
QUIET_SECONDS = 15.0  # after so much silence the bus is asked whether it still stands
ANSWER_SECONDS = 5.0
POP_SECONDS = 2
COURIER_SECONDS = 2.0
COURIER_HINTS = 10_000


class Hint(NamedTuple):
    """`organization_id` None: for caches and waiting callers only, no browser or program gets it."""

    topic: str
    key: str
    organization_id: int | None


class BusLost(Exception):
    """The bus fell silent or refused. What was sent meanwhile is gone."""


_decoder = msgspec.json.Decoder(list[Hint])


def announce(topic: str, key: object, *, organization_id: int | None) -> None:
    """Say that something changed. Leaves at commit, never at rollback."""
    announce_many([Hint(topic, str(key), organization_id)])


def announce_many(hints: Iterable[Hint]) -> None:
    """The same for a batch, in as few messages as fit: NOTIFY takes a global lock at commit."""
    hints = list(hints)
    if _redis():

        def send() -> None:
            _courier().take(hints)

        transaction.on_commit(send, robust=True)
    else:
        with connection.cursor() as cursor:
            for text in _packed(hints):
                cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, text])


def payload(hints: Iterable[Hint]) -> list[str]:
    """For SQL that writes on its own: what to `pg_notify(CHANNEL, ...)` in the same statement.

    Empty when Redis carries the hints; `publish` then sends them after the commit.
    """
    return [] if _redis() else _packed(hints)


async def publish(hints: Iterable[Hint]) -> None:
    """The other half of `payload`: call it after the commit. Never raises."""
    if _redis():
        await _send(list(hints))


def subscribe() -> AsyncGenerator[Sequence[Hint], None]:
    """Hints as they arrive, for one process. Raises when the bus is lost.

    An empty list is proof of life: the first one says that the subscription stands.
    """
    return _from_redis() if _redis() else _from_postgres()


async def cancel(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """End tasks that may be talking to Redis: its client swallows a cancellation now and then."""
    waiting = set(tasks)
    for _attempt in range(20):
        if not waiting:
            break
        for task in waiting:
            task.cancel()
        _done, waiting = await asyncio.wait(waiting, timeout=0.1)
    await asyncio.gather(*(task for task in tasks if task.done()), return_exceptions=True)


def _redis() -> bool:
    return bool(getattr(settings, "REDIS_URL", ""))


def _packed(hints: Iterable[Hint]) -> list[str]:
    """JSON lists of [topic, key, organization], none longer than a NOTIFY may be."""
    texts: list[str] = []
    batch: list[bytes] = []
    size = 2
    for hint in dict.fromkeys(hints):
        text = msgspec.json.encode(hint)
        if batch and size + len(text) + 1 > LARGEST_PAYLOAD:
            texts.append(_joined(batch))
            batch, size = [], 2
        batch.append(text)
        size += len(text) + 1
    if batch:
        texts.append(_joined(batch))
    return texts


def _joined(batch: list[bytes]) -> str:
    return (b"[" + b",".join(batch) + b"]").decode()


def _unpacked(text: str) -> Sequence[Hint]:
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError:
        # Anyone with a connection can NOTIFY; a stranger's payload must not end the subscription.
        log.warning("A message on the live bus could not be read: %.100r", text)
        return []


async def _from_postgres() -> AsyncGenerator[Sequence[Hint], None]:
    async with await connect(name="chameleon live") as listener:
        await listener.execute(f"LISTEN {CHANNEL}")
        yield []
        while True:
            async for notice in listener.notifies(timeout=QUIET_SECONDS):
                yield _unpacked(notice.payload)
            # A connection cut by a firewall says nothing for hours; only a question finds out.
            async with asyncio.timeout(ANSWER_SECONDS):
                await listener.execute("SELECT 1")
            yield []


async def _from_redis() -> AsyncGenerator[Sequence[Hint], None]:
    # A layer of its own: one that was cancelled at the wrong moment keeps a lock for ever, and every later subscription
    # of the process with it.
    layer: Any = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
    # As it comes it waits 5 s, and redis-py gives up reading after the same 5 s: a quiet Redis would look lost.
    layer.brpop_timeout = POP_SECONDS
    channel = await layer.new_channel()
    await layer.group_add(CHANNEL, channel)
    yield []
    receiving = asyncio.ensure_future(layer.receive(channel))
    asked = False
    try:
        while True:
            # Not wait_for: a cancelled `receive` may unsubscribe the channel.
            await asyncio.wait([receiving], timeout=ANSWER_SECONDS if asked else QUIET_SECONDS)
            if receiving.done():
                message = receiving.result()
                receiving = asyncio.ensure_future(layer.receive(channel))
                asked = False
                yield _unpacked(message["payload"])
            elif asked:
                raise BusLost("Redis does not bring back what was sent to the group.")
            else:
                # Goes through the group, so that a flushed or replaced Redis is found out, too.
                await layer.group_send(CHANNEL, {"type": "live.hints", "payload": "[]"})
                asked = True
    finally:
        await cancel([receiving])
        with suppress(Exception):
            async with asyncio.timeout(ANSWER_SECONDS):
                await layer.group_discard(CHANNEL, channel)
                await layer.close_pools()


async def _send(hints: list[Hint]) -> None:
    try:
        async with asyncio.timeout(COURIER_SECONDS):
            layer: Any = get_channel_layer()
            for text in _packed(hints):
                await layer.group_send(CHANNEL, {"type": "live.hints", "payload": text})
    except Exception:
        log.warning("%d hints were lost: the channel layer cannot be reached.", len(hints), exc_info=True)


class Courier:
    """One thread that carries the hints of synchronous code to Redis.

    A write must never wait for Redis, let alone fail with it. What a transaction announced
    is picked up together, so it usually leaves as one message.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._outbox: deque[Hint] = deque(maxlen=COURIER_HINTS)
        self._loop = asyncio.new_event_loop()
        self._idle = threading.Event()
        self._idle.set()
        threading.Thread(target=self._loop.run_forever, name="live-courier", daemon=True).start()
        atexit.register(self.finish)

    def take(self, hints: list[Hint]) -> None:
        self._outbox.extend(hints)
        if self._idle.is_set():
            self._idle.clear()
            asyncio.run_coroutine_threadsafe(self._carry(), self._loop)

    def finish(self) -> None:
        """Let the last hints of a short command leave."""
        self._idle.wait(COURIER_SECONDS)

    async def _carry(self) -> None:
        while self._outbox:
            hints = [self._outbox.popleft() for _ in range(len(self._outbox))]
            await _send(hints)
        self._idle.set()
        if self._outbox:  # somebody came between the last look and the flag
            self.take([])


_couriers: list[Courier] = []
_hiring = threading.Lock()


def _courier() -> Courier:
    """This process's; a fork does not inherit its parent's thread."""
    with _hiring:
        if not _couriers or _couriers[0].pid != os.getpid():
            _couriers[:] = [Courier()]
        return _couriers[0]
