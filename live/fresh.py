"""What a hot path remembers until the wire says that it changed: a second at most, read by one caller at a time."""

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from kit.database import OrmThreads

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MAX_AGE_SECONDS = 1.0
REFRESH_SECONDS = 0.5  # from here on it is read anew in the background, while it is still served
MOST = 10_000


class Fresh(Generic[K, V]):
    """Values read by `load` (sync ORM code), each served for a second at most.

    Without the single reader and the refresh ahead, every expiry sent all callers of a busy key to the
    database at once: 64 connections fell from thousands of submits a second to hundreds.
    """

    def __init__(self, load: Callable[[K], V | None]) -> None:
        self._load = load
        self._known: dict[K, tuple[V, float]] = {}
        self._reading: dict[K, asyncio.Task[V | None]] = {}
        self._forgotten = 0

    def now(self, key: K) -> V | None:
        """For code in threads: what is known, else read here and now. None: there is no such thing."""
        found = self._known.get(key)
        return found[0] if found is not None and _age(found[1]) < MAX_AGE_SECONDS else self._read(key)

    async def get(self, key: K, threads: OrmThreads) -> V | None:
        """The same for code in the event loop."""
        found = self._known.get(key)
        age = _age(found[1]) if found is not None else MAX_AGE_SECONDS
        if found is not None and age < REFRESH_SECONDS:
            return found[0]
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.create_task(threads.run(self._read, key))
            reading.add_done_callback(lambda done: self._finish(key, done))
        if found is not None and age < MAX_AGE_SECONDS:
            return found[0]
        return await asyncio.shield(reading)

    def __contains__(self, key: K) -> bool:
        """Whether it is known now. Reads nothing."""
        found = self._known.get(key)
        return found is not None and _age(found[1]) < MAX_AGE_SECONDS

    def forget(self, key: K | None = None) -> None:
        """It has changed; with None, anything may have."""
        self._forgotten += 1
        if key is None:
            self._known.clear()
            self._reading.clear()
        else:
            self._known.pop(key, None)
            self._reading.pop(key, None)  # begun before the change: nobody after it may wait for that one

    def _read(self, key: K) -> V | None:
        started, forgotten = time.monotonic(), self._forgotten
        value = self._load(key)
        if value is None:
            self._known.pop(key, None)
        elif forgotten == self._forgotten:  # else it may have been read just before it changed
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[key] = value, started
        return value

    def _finish(self, key: K, done: asyncio.Task[V | None]) -> None:
        if self._reading.get(key) is done:
            del self._reading[key]
        if not done.cancelled():
            done.exception()  # each waiter has raised it; a refresh ahead tries again


def _age(since: float) -> float:
    return time.monotonic() - since
