"""What `benchmarks.fanout` measures: one way to tell many sockets, behind `GET /cpu`, `POST /send` and `/ws`."""

import itertools
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import uvicorn
from django.conf import settings

from chameleon.environment import database

WAY, PORT = sys.argv[1], int(sys.argv[2])
CARD = {"html": "x" * 2000}
LAYERS = {
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    "redis": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # As they come, redis-py 8 stops reading just when the layer has waited enough, and allows 100 connections.
        "CONFIG": {
            "hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None, "max_connections": 10_000}],
            "prefix": f"chameleon-bench-{os.getpid()}",
        },
    },
}

settings.configure(
    DATABASES={"default": database(os.environ["DATABASE_URL"])},
    INSTALLED_APPS=["channels", "live"],
    CHANNEL_LAYERS={"default": LAYERS["redis" if WAY.endswith("redis") else "memory"]},
    REDIS_URL=os.environ["REDIS_URL"] if WAY == "hub_redis" else "",
    LIVE_ACTOR_RESOLVER="benchmarks.fanout_server.somebody",
    ALLOWED_HOSTS=["*"],
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402

from kit.database import connect  # noqa: E402
from live import bus, topics  # noqa: E402
from live.consumers import BrowserConsumer  # noqa: E402


@dataclass
class Somebody:
    pk: int
    organization_id: int = 1
    role_name: str = "Operator"
    name: str = ""
    is_system: bool = False

    def has_power(self, power: str) -> bool:
        return True


_numbers = itertools.count()


async def somebody(scope: Any) -> Somebody:
    """Ten sockets each, and the same person when asked again."""
    return Somebody(scope.setdefault("number", next(_numbers)) // 10)


class Stock(AsyncWebsocketConsumer):
    """As the tutorial of Channels has it."""

    groups = ["everybody"]

    async def connect(self) -> None:
        await self.accept()
        await self.send(text_data='{"type":"listening"}')

    async def fragment(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


async def send_by_group(number: int) -> None:
    text = json.dumps({"type": "fragments", "items": {str(number): CARD}})
    await get_channel_layer().group_send("everybody", {"type": "fragment", "text": text})


_writer: list[Any] = []


async def send_by_hub(number: int) -> None:
    hints = [bus.Hint("benchmark", str(number), 1)]
    if not _writer:
        _writer.append(await connect(name="benchmark"))
    for text in bus.payload(hints):
        await _writer[0].execute("SELECT pg_notify(%s, %s)", [bus.CHANNEL, text])
    await bus.publish(hints)


topics.register(
    topics.Topic(
        "benchmark",
        may_listen=lambda actor, key: True,
        audience=lambda actor: actor.organization_id,
        render=lambda organization_id, keys, audience: dict.fromkeys(keys, CARD),
        missed=lambda actor, key, since: None,
    )
)
consumer = (BrowserConsumer if WAY.startswith("hub") else Stock).as_asgi()
send_to_all = send_by_hub if WAY.startswith("hub") else send_by_group


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await consumer(scope, receive, send)
        return
    if scope["path"].startswith("/send/"):
        await send_to_all(int(scope["path"].removeprefix("/send/")))
    body = _figures()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _figures() -> bytes:
    """Seconds of processor time, and KB of memory."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * 4
    return json.dumps({"cpu": time.process_time(), "resident": resident}).encode()


if __name__ == "__main__":
    # The resolver is found by its name: without this, it would be found in a second copy of this module.
    sys.modules["benchmarks.fanout_server"] = sys.modules["__main__"]
    uvicorn.run(
        application,
        port=PORT,
        loop="uvloop",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
