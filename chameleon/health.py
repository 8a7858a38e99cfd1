"""Whether this process lives, and whether it and all it depends on can work."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chameleon import prometheus
from chameleon.wire import App, Receive, Scope, Send, respond
from kit.database import OrmThreads, connect
from live.hub import the_hub

logger = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds for each dependency
FRESH = 1.0  # seconds an answer is given again, so that nobody can load the database by asking
HEARTBEAT = "30 seconds"  # three missed ones

Check = Callable[[], Awaitable[None]]


class NotReady(Exception):
    """In words that give nothing away."""


def watched(app: App) -> App:
    """`app`, with /healthz, /readyz and /metrics in front of it: no session, no middleware, no host check."""
    readiness = Readiness()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path") if scope["type"] == "http" else None
        if path == "/healthz":
            await respond(send, 200, b"ok\n", "text/plain; charset=utf-8")
        elif path == "/readyz":
            await readiness.tell(send)
        elif path == "/metrics":
            await respond(send, 200, await prometheus.exposition(), prometheus.CONTENT_TYPE)
        else:
            await app(scope, receive, send)

    return serve


class Readiness:
    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._answer: dict[str, Any] = {}
        self._until = 0.0

    async def tell(self, send: Send) -> None:
        async with self._asking:
            if time.monotonic() > self._until:
                self._answer = await report()
                self._until = time.monotonic() + FRESH
        status = 200 if self._answer["status"] == "ready" else 503
        await respond(send, status, json.dumps(self._answer, indent=2).encode(), "application/json")


async def report() -> dict[str, Any]:
    """Every dependency by name, whether it answers and in how many milliseconds."""
    checks = _checks()
    results = await asyncio.gather(*(_timed(name, check) for name, check in checks.items()))
    return {
        "status": "ready" if all(result["ok"] for result in results) else "not ready",
        "checks": dict(zip(checks, results, strict=True)),
    }


def _checks() -> dict[str, Check]:
    checks: dict[str, Check] = {"database": _database, "migrations": _migrations, "worker": _worker, "live": _live}
    return checks | ({"redis": _redis} if settings.REDIS_URL else {})


async def _timed(name: str, check: Check) -> dict[str, Any]:
    began = time.perf_counter()
    result: dict[str, Any] = {"ok": True}
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except NotReady as reason:
        result = {"ok": False, "reason": str(reason)}
    except TimeoutError:
        result = {"ok": False, "reason": f"no answer within {PATIENCE:.0f} s"}
    except Exception as error:
        # Its text may hold addresses and names; those are for the log, the kind is for everybody.
        logger.warning("%s is not ready: %s", name, error)
        result = {"ok": False, "reason": type(error).__name__}
    return result | {"ms": round((time.perf_counter() - began) * 1000, 1)}


async def _database() -> None:
    async with await connect(name="chameleon ready") as database:
        await database.execute("SELECT 1")


async def _worker() -> None:
    """A worker anywhere: in this process or in one of its own."""
    async with await connect(name="chameleon ready") as database:
        found = await database.execute(
            f"SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > now() - interval '{HEARTBEAT}' LIMIT 1"  # noqa: S608  # nosec B608 -- a constant
        )
        if not await found.fetchone():
            raise NotReady("no worker has given a sign of life")


_applied = False


async def _migrations() -> None:
    """Asked until it is true: what was applied stays applied for as long as this code runs."""
    global _applied
    if not _applied:
        threads = OrmThreads("ready", 1)
        try:
            _applied = await threads.run(_all_applied)
        finally:
            threads.close()
    if not _applied:
        raise NotReady("migrations are waiting: run manage.py migrate")


def _all_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


async def _live() -> None:
    hub = the_hub()
    hub.start()
    if not hub.is_listening:
        raise NotReady("the line for live changes is not up")


async def _redis() -> None:
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "ready"})
    await layer.receive(channel)
