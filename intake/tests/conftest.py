"""The fast lane behind a real socket, in a loop and a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
import uvicorn
from pytest_django import DjangoDbBlocker

from intake import front
from live.hub import the_hub

ANSWER_SECONDS = 20
NOT_OURS = 599  # what the test's "Django" says of all that the fast lane leaves to it


class Server:
    def __init__(self, listening: socket.socket) -> None:
        self.port = listening.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(front.front(_everything_else), lifespan="off", ws="none", log_config=None)
        self._server = uvicorn.Server(config)
        self._begun = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(listening),), name="server")
        self._thread.start()
        assert self._begun.wait(10)

    async def _serve(self, listening: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        the_hub().start()
        while not the_hub().is_listening:
            await asyncio.sleep(0.01)
        self._begun.set()
        await self._server.serve(sockets=[listening])
        await front.close()
        await the_hub().stop()

    def run(self, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Something done in the loop of the server."""
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    def end(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)


async def _everything_else(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": NOT_OURS, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """For the tests of one file; what it does between two of them needs the database, too."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, django_db_blocker.unblock():
        server = Server(listening)
        yield server
        server.end()


@pytest.fixture
def connect(server: Server, transactional_db: None) -> Iterator[Callable[..., httpx.Client]]:
    """A program: `connect(key)`, or nobody in particular: `connect(None)`."""
    opened: list[httpx.Client] = []

    def make(key: str | None, **about: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        opened.append(httpx.Client(base_url=server.address, headers=headers, timeout=ANSWER_SECONDS, **about))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
