"""What a serving process keeps running besides requests: the hub, the fast lane and the worker."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from channels.db import aclose_old_connections
from django.conf import settings
from procrastinate.app import WorkerOptions
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector

from chameleon.problems import CONTENT_TYPE, encoded
from chameleon.wire import App, Receive, Scope, Send, Told, respond
from intake import front
from kit.errors import Unavailable
from live.hub import the_hub

logger = logging.getLogger(__name__)

OPTIONS: WorkerOptions = {
    "concurrency": 4,
    "install_signal_handlers": False,
    "delete_jobs": "successful",
    "fetch_job_polling_interval": 5,  # seconds, should a notification be lost
    "shutdown_graceful_timeout": 5,  # seconds a job has to end by itself
}
SHORTEST_BACKOFF, LONGEST_BACKOFF = 0.2, 10.0
LAST_SECONDS = 0.5  # to finish a write
PATIENCE = (5.0, 0.5, 0.5)  # seconds with a worker that was dismissed

_workers: list["Worker"] = []


def lived(app: App) -> App:
    """`app`, answering the server's startup and shutdown."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await _answer(app, scope, receive, Told(send))
        else:
            await app(scope, receive, send)

    return serve


async def _answer(app: App, scope: Scope, receive: Receive, tell: Told) -> None:
    try:
        await app(scope, receive, tell)
    except asyncio.CancelledError:
        # The server's patience is over: it is stopping, and this request did not end in time.
        if tell.started:
            raise
        await respond(tell, 503, encoded(Unavailable("The server is being restarted: ask again.")), CONTENT_TYPE)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    async with _running():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


@asynccontextmanager
async def _running() -> AsyncIterator[None]:
    the_hub().start()
    worker = Worker() if settings.WORKER else None
    try:
        yield
    finally:
        if worker:
            await worker.dismiss()
        await asyncio.wait([asyncio.create_task(front.close())], timeout=LAST_SECONDS)
        await the_hub().stop()


class Worker:
    """Runs jobs from now until it is dismissed."""

    def __init__(self) -> None:
        self._working = asyncio.create_task(_work(), name="worker")
        self._leaving: asyncio.Task[None] | None = None
        _workers.append(self)

    def dismiss(self) -> asyncio.Task[None]:
        """Tell it to end, and have the end of that. Jobs may run on for a few seconds."""
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._leave())
        return self._leaving

    async def _leave(self) -> None:
        _workers.remove(self)
        for patience in PATIENCE:
            self._working.cancel()  # once lets its jobs end; again breaks off what asks a database that is away
            if (await asyncio.wait([self._working], timeout=patience))[0]:
                return
        logger.warning("The worker does not end, and is left behind.")


def dismiss() -> None:
    """Let the worker begin to leave while requests still end: their few seconds are the same."""
    for worker in [*_workers]:
        worker.dismiss()


async def _work() -> None:
    """Runs jobs for as long as the process lives, whatever happens to the database meanwhile."""
    backoff = SHORTEST_BACKOFF
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await _work_once()
        except* Exception as errors:
            logger.warning("The worker has stopped: %s", _cause_of(errors))
        if _is_dismissed():
            return
        if asyncio.get_running_loop().time() - began > LONGEST_BACKOFF:
            backoff = SHORTEST_BACKOFF
        await asyncio.sleep(backoff * random.uniform(0.5, 1))  # noqa: S311 -- spreads the load, guards nothing
        backoff = min(backoff * 2, LONGEST_BACKOFF)


def _is_dismissed() -> bool:
    """Before Python 3.13 a group of tasks that fails while it is cancelled tells of the failure alone."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _cause_of(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.__cause__ or error


async def _work_once() -> None:
    # Periodic jobs are deferred over Django's connection of asgiref's one thread. After a restart of the
    # database that one is dead, and a worker that finds it so stops again: no deadline would ever pass.
    await aclose_old_connections()
    # The app that the rest of the program defers by stays on Django's connection, inside its transactions.
    app = jobs.with_connector(cast("DjangoConnector", jobs.connector).get_worker_connector())
    async with app.open_async(), asyncio.TaskGroup() as lanes:
        # Timers have hands of their own: four callers that are slow to answer must not hold up a deadline.
        timers: WorkerOptions = {**OPTIONS, "queues": ["timers"], "concurrency": 1}
        lanes.create_task(app.run_worker_async(**timers))
        lanes.create_task(app.run_worker_async(**OPTIONS))
