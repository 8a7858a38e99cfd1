"""One open socket as the hub sees it: somebody to push to without ever waiting for them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from kit.requests import Actor

QUEUE = 64  # pushes not yet taken; a reader so far behind is dropped and catches up after reconnecting
CLOSING_SECONDS = 2.0

GONE = 1005  # by itself
ENDED = 4401  # not signed in, or no longer
REVOKED = 4403
TOO_SLOW = 4408
TOO_MANY = 4429
RESTARTING = 1012
TRY_AGAIN = 1013

Send = Callable[[Any], Awaitable[None]]
Resolve = Callable[[], Awaitable[Actor | None]]


class Connection:
    """A bounded queue and the task that writes it out."""

    __slots__ = ("_queue", "_send", "_task", "_writer", "actor", "asked_at", "ending", "language", "resolve", "scope")

    def __init__(
        self,
        actor: Actor,
        *,
        send: Send,
        resolve: Resolve,
        scope: Mapping[str, Any] | None = None,
        language: str = "en",
    ) -> None:
        """`resolve` looks up afresh who this is. To be made in the task that serves the socket."""
        loop = asyncio.get_running_loop()
        self.actor = actor
        self.resolve = resolve
        self.scope = scope or {}
        self.language = language
        self.asked_at = loop.time()
        self.ending: int | None = None
        self._send = send
        self._queue: asyncio.Queue[Sequence[str] | int] = asyncio.Queue(QUEUE)
        self._task = asyncio.current_task()
        self._writer = loop.create_task(self._write())

    def has_run_out(self, now: datetime) -> bool:
        """Whether the key or token it came with was good until now, and no longer."""
        until: datetime | None = getattr(self.actor, "good_until", None)
        return until is not None and until <= now

    def push(self, *frames: str) -> bool:
        """Queue frames, to be written in this order. False: the queue was full, and the socket is being closed."""
        if self.ending is not None:
            return False
        try:
            self._queue.put_nowait(frames)
        except asyncio.QueueFull:
            self.end(TOO_SLOW)
            return False
        return True

    def end(self, code: int) -> None:
        """Close with this code: politely if they still read, in two seconds if they do not."""
        if self.ending is not None:
            return
        self.ending = code
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(code)
        asyncio.get_running_loop().call_later(CLOSING_SECONDS, self._give_up)

    def forget(self) -> None:
        """The socket is gone."""
        self.ending = self.ending or GONE
        self._task = None
        self._writer.cancel()

    async def _write(self) -> None:
        # A send fails when the socket has just gone; whoever serves it is told, too, and cleans up.
        with suppress(Exception):
            while True:
                item = await self._queue.get()
                if isinstance(item, int):
                    await self._send({"type": "websocket.close", "code": item})
                    return
                for frame in item:
                    await self._send({"type": "websocket.send", "text": frame})

    def _give_up(self) -> None:
        # A send blocked by a full socket never ends; ASGI knows no other way to abort than to return.
        if self._task is not None:
            self._task.cancel()
