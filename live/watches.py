"""Held polls: callers that wait for one thing to change, at about 10 KB each, no thread, no connection."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Watch:
    """One caller's ear. What changes between entering it and asking is not lost.

    `is_over`: this process stops, and nothing more will be heard; whoever waits should be answered now.
    """

    __slots__ = ("_changed", "_waiter", "is_over")

    def __init__(self) -> None:
        self.is_over = False
        self._changed = False
        self._waiter: asyncio.Future[None] | None = None

    async def changed(self, seconds: float) -> bool:
        """Wait so long at most. True: read again; then it may be asked again."""
        if not self._changed and seconds > 0:
            # A future and a timer; asyncio.timeout or wait_for would cost several times as much.
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(seconds, self._release)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        changed, self._changed = self._changed, False
        return changed

    def wake(self) -> None:
        self._changed = True
        self._release()

    def end(self) -> None:
        self.is_over = True
        self.wake()

    def _release(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Watches:
    """Everybody's, by what they wait for."""

    def __init__(self) -> None:
        self._by_name: defaultdict[tuple[str, str], set[Watch]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(len(watches) for watches in self._by_name.values())

    @contextmanager
    def entered(self, topic: str, key: str) -> Iterator[Watch]:
        watch = Watch()
        self._by_name[topic, key].add(watch)
        try:
            yield watch
        finally:
            self._by_name[topic, key].remove(watch)
            if not self._by_name[topic, key]:
                del self._by_name[topic, key]

    def wake(self, topic: str, key: str) -> None:
        for watch in self._by_name.get((topic, key), ()):
            watch.wake()

    def wake_all(self) -> None:
        for watches in self._by_name.values():
            for watch in watches:
                watch.wake()

    def end_all(self) -> None:
        for watches in self._by_name.values():
            for watch in watches:
                watch.end()
