"""uvicorn, set up the way it was measured."""

import asyncio
import gc
import os
import socket

import uvicorn
import uvloop

from chameleon import lifespan
from chameleon.asgi import application
from live.hub import the_hub

LARGEST_FRAME = 1024 * 1024  # bytes
LAST_SECONDS = 0.5  # for what was told to end and has not


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Before waiting for requests to end: those that wait for news would wait all the grace away,
        # and jobs may have the same few seconds, not some more.
        lifespan.dismiss()
        await the_hub().stop()
        await super().shutdown(sockets)


def settle_in() -> None:
    """Leave what the program itself is made of, some 300,000 objects, out of every later garbage collection.

    Walking them took 50 ms at a time, in the middle of somebody's call: without it 64 connections submit 29 % more,
    and their p99 falls from 83 to 24 ms (docs/benchmarks.md).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def configured(*, grace_seconds: int) -> uvicorn.Config:
    """How it is served; it says nothing of what serves it."""
    proxies = os.environ.get("CHAMELEON_PROXIES", "")
    return uvicorn.Config(
        application,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LARGEST_FRAME,
        ws_per_message_deflate=False,  # triples the memory of a socket; a proxy may do it
        # Whoever may connect could otherwise claim any address for the ledger.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or None,
        server_header=False,
        date_header=False,  # proxies add it; without is measurably cheaper
        access_log=False,
        log_config=None,
        lifespan="on",
        timeout_graceful_shutdown=grace_seconds,
    )


def serve(socket_: socket.socket, *, grace_seconds: int) -> None:
    """Until SIGTERM or Ctrl-C, and then for as long as open requests take, `grace_seconds` at most."""
    config = configured(grace_seconds=grace_seconds)
    settle_in()
    loop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(Server(config).serve(sockets=[socket_]))
    finally:
        _leave(loop)


def _leave(loop: asyncio.AbstractEventLoop) -> None:
    """What asyncio.run does at its end, waiting for nobody.

    A task whose thread asks a database that went away cannot be cancelled before the database has answered.
    """
    loop.set_exception_handler(lambda _loop, _context: None)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=LAST_SECONDS))
    loop.close()
