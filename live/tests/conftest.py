import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import nullcontext
from typing import Any

import pytest
import uvicorn
from django.conf import LazySettings

from live.consumers import BrowserConsumer, ProgramConsumer
from live.hub import Hub, the_hub
from live.tests.wire import ADA, BO, CY, PEOPLE, VI, Board, eventually
from tests.tools import redis_url


@pytest.fixture
def wire(db: None, settings: LazySettings) -> None:
    """The real Postgres, hints by NOTIFY. The tests commit hints from threads, but no rows: nothing to clean up."""
    settings.REDIS_URL = ""


@pytest.fixture
def redis(wire: None, settings: LazySettings) -> str:
    """Hints travel through Redis in this test."""
    settings.REDIS_URL = url = redis_url()
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [url], "prefix": "chameleon-live-tests", "capacity": 10_000},
        }
    }
    return url


@pytest.fixture
async def hub(wire: None) -> AsyncIterator[Hub]:
    """The hub of this test's loop, listening."""
    hub = the_hub()
    hub.start()
    await eventually(lambda: hub.is_listening)
    yield hub
    await hub.stop()


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def address(hub: Hub, settings: LazySettings) -> AsyncIterator[str]:
    """Both sockets behind a real server: `ws://...`."""
    settings.LIVE_ACTOR_RESOLVER = "live.tests.wire.by_session"
    settings.LIVE_TOKEN_RESOLVER = "live.tests.wire.by_token"
    PEOPLE.update(ada=ADA, bo=BO, vi=VI, cy=CY)
    routes = {"/ws/live": BrowserConsumer.as_asgi(), "/ws/interventions": ProgramConsumer.as_asgi()}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await routes[scope["path"]](scope, receive, send)

    config = uvicorn.Config(application, ws="websockets-sansio", lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving
