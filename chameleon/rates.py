"""How often one caller may ask: 429 with Retry-After past that. Counted in this process.

Each key has a bucket of its own. An address has one for calls that were not let in, so that guessing
keys is slow while the programs behind the same address go on.
"""

import json
import math
import time
from dataclasses import dataclass, field

from django.conf import settings

from chameleon.wire import App, Message, Receive, Scope, Send
from intake.front import wording_at
from kit.errors import TooMany

MOST_CALLERS = 10_000
COUNTED = ("/api/", "/humanlayer/")


@dataclass(slots=True)
class Bucket:
    """A token bucket: `rate` calls a second, `burst` of them at once."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    at: float = field(init=False, default_factory=time.monotonic)
    let_in: bool = False  # its last call was not refused as unknown

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def wait(self) -> float:
        """Seconds until a call may be made: 0 now."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) / self.rate

    def take(self) -> None:
        self.tokens -= 1


class Buckets:
    """One for each caller; the ones longest unused make room."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._of: dict[bytes, Bucket] = {}

    def of(self, caller: bytes) -> Bucket:
        bucket = self._of.pop(caller, None) or Bucket(self._rate, self._burst)
        self._of[caller] = bucket
        if len(self._of) > MOST_CALLERS:
            del self._of[next(iter(self._of))]
        return bucket


def rated(app: App) -> App:
    """`app`, each caller of its programs' paths held to the rates of the settings."""
    keys = Buckets(settings.RATE_PER_KEY, settings.RATE_PER_KEY * 2)
    strangers = Buckets(settings.RATE_PER_STRANGER, settings.RATE_PER_STRANGER * 10)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(COUNTED):
            await app(scope, receive, send)
            return
        key = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        own = keys.of(key) if key else Bucket(1, 1)
        stranger = strangers.of((scope.get("client") or ("",))[0].encode())
        wait = own.wait() if own.let_in else max(own.wait(), stranger.wait())
        if wait > 0:
            await _refuse(scope, send, wait)
            return
        own.take()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                own.let_in = message["status"] != 401
                if not own.let_in:
                    stranger.take()
            await send(message)

        await app(scope, receive, send_counted)

    return serve


async def _refuse(scope: Scope, send: Send, wait: float) -> None:
    problem = TooMany("Too many requests; try again a little later.", retry_after=math.ceil(wait))
    kind, told = wording_at(scope)(problem)
    body = json.dumps(told).encode()
    headers = [
        kind,
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"%d" % problem.retry_after),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
