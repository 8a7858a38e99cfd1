"""Rates at the door: a caller past its own is told when to come back, and every caller how much is left.

Counted for each class of call by what was sent (a key, a token or a session), by the pilot behind it and by address.
Calls that are not let in count against their address alone, so that guessing keys is slow while the programs
behind the same address go on. Of pages only what they send is counted: reading is for people.
"""

import asyncio
import hashlib
import json
import math
import re
import time

from django.http import HttpRequest
from django.utils.translation import get_language_from_request

from accounts.actions import note_guessing
from accounts.keyring import is_remembered
from accounts.models import Membership
from accounts.queries import membership_of_session, systems_concerned
from accounts.rates import Limit, Meter, Window, as_caller, exchange, limit_of, spend
from chameleon.problems import too_often
from chameleon.wire import App, Message, Receive, Scope, Send
from intake.front import bearer_of, session_key_of, wording_at
from kit.database import OrmThreads
from kit.errors import TooMany
from live.connections import ENDED, TOO_MANY
from live.fresh import Fresh

EXCHANGE_SECONDS = 0.5
PROGRAMS = ("/api/", "/humanlayer/")
DIRECTORIES = "/scim/"
PROGRAMS_SOCKET = "/ws/interventions"  # a page whose session is over guesses nothing
SIGN_IN = ("/accounts/", "/admin/login", "/invitation")
INVITATIONS = "/invitations/"  # whose addresses are secrets: to open one is to try one
ACTS = ("/interventions/", "/samples", "/stops", "/views")
PAGES = {"sign-in", "act", "manage"}
DECIDES = re.compile(r"/api/(interventions/[^/]+/|kill-switch)|/humanlayer/.*/agent/")
TOO_OFTEN = "Too many requests; try again a little later."
ONCE_A_BURST = Limit("told", 1, 600)

_sessions: Fresh[str, Membership] = Fresh(membership_of_session)


def class_of(scope: Scope) -> str:
    """`submit`, `read`, `decide`, `provision`, `token`; of pages `sign-in`, `act`, `manage`; "": it is not counted."""
    path, reads = scope["path"], scope["method"] in {"GET", "HEAD", "OPTIONS"}
    if path.startswith(PROGRAMS):
        if path.startswith("/api/auth/") and not reads:
            return "token"
        return "read" if reads else "decide" if DECIDES.match(path) else "submit"
    if path.startswith(DIRECTORIES):
        return "provision"
    if path.startswith(INVITATIONS):
        return "sign-in"
    if reads:
        return ""
    return "sign-in" if path.startswith(SIGN_IN) else "act" if path.startswith(ACTS) else "manage"


class Gauge:
    """What one event loop holds on to: its counts, and the task that trades them for everybody's."""

    def __init__(self) -> None:
        self.meter = Meter()
        self.threads = OrmThreads("rates", 2)
        self._trading: asyncio.Task[None] | None = None
        self._noting: set[asyncio.Task[None]] = set()

    def take(self, windows: list[Window]) -> None:
        for window in windows:
            window.fresh += 1
        if self._trading is None or self._trading.done():
            self._trading = asyncio.create_task(self._trade())

    def note(self, window: Window, address: str, what: str = "key") -> None:
        """Somebody guesses: told once, however many processes find out."""
        if not window.noted:
            window.noted = True
            task = asyncio.create_task(self.threads.run(_note_guessing, address, what))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)

    async def _trade(self) -> None:
        """As long as there is something to tell; the next call begins anew."""
        while True:
            await asyncio.sleep(EXCHANGE_SECONDS)
            sent = {window: window.fresh for window in self.meter.to_tell(time.time())}
            if not sent:
                return
            counts = {window.bucket: fresh for window, fresh in sent.items()}
            ends = {window.bucket: window.ends for window in sent}
            self.meter.learn(await self.threads.run(exchange, counts, ends), sent)


_gauges: dict[asyncio.AbstractEventLoop, Gauge] = {}


def the_gauge() -> Gauge:
    loop = asyncio.get_running_loop()
    if loop not in _gauges:
        for closed in [one for one in _gauges if one.is_closed()]:
            _gauges.pop(closed).threads.close()
        _gauges[loop] = Gauge()
    return _gauges[loop]


def rated(app: App) -> App:
    """`app`, each caller held to the limits of the settings."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == PROGRAMS_SOCKET:
            await _socket(app, scope, receive, send)
        elif scope["type"] == "http" and (kind := class_of(scope)):
            await _call(app, kind, scope, receive, send)
        else:
            await app(scope, receive, send)

    return serve


async def _call(app: App, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
    gauge, now, address = the_gauge(), time.time(), _address(scope)
    unknown = gauge.meter.window(limit_of("unknown.address"), as_caller(address), now)
    header = b"" if kind in PAGES else _header(scope, b"authorization")  # pages know no keys
    session = "" if header else session_key_of(_header(scope, b"cookie"))
    if unknown.left <= 0 and kind not in PAGES and not _was_good(header, session):
        gauge.note(unknown, address)
        await _refuse(scope, kind, send, unknown, now)
        return
    callers = await _callers(kind, header, session, address, gauge)
    windows = [gauge.meter.window(limit_of(f"{kind}.{by}"), caller, now) for by, caller in callers]
    tightest = min(windows, key=lambda one: (one.left - 1) / one.limit.calls)  # as it will be with this call
    if tightest.left <= 0:
        if kind == "sign-in":
            gauge.note(tightest, address, kind)
        await _refuse(scope, kind, send, tightest, now)
        return
    gauge.take(windows)

    async def send_counted(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_told(tightest, now)]}
            if message["status"] == 401:
                gauge.take([unknown])
        await send(message)

    await app(scope, receive, send_counted)


async def _socket(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Who comes with a key that is not known is closed with 4401; too often, and nobody looks any more."""
    gauge, now, address = the_gauge(), time.time(), _address(scope)
    unknown = gauge.meter.window(limit_of("unknown.address"), as_caller(address), now)
    if unknown.left <= 0:
        gauge.note(unknown, address)
        await receive()
        await send({"type": "websocket.close", "code": TOO_MANY})
        return

    async def send_counted(message: Message) -> None:
        if message["type"] == "websocket.close" and message.get("code") == ENDED:
            gauge.take([unknown])
        await send(message)

    await app(scope, receive, send_counted)


async def _callers(kind: str, header: bytes, session: str, address: str, gauge: Gauge) -> list[tuple[str, str]]:
    """By what a call is counted: `(dimension, who)`."""
    found = [("address", as_caller(address))]
    if kind == "sign-in":
        return found
    try:
        actor = await (bearer_of(header, gauge.threads) if header else _behind(session, gauge.threads))
    except Exception:  # the database is away, which the call itself is going to say
        return found
    if actor is not None:
        found += [("key", _credential(actor, session)), ("pilot", str(actor.pilot_id))]
    return found


async def _behind(session: str, threads: OrmThreads) -> Membership | None:
    return await _sessions.get(session, threads) if session else None


def _credential(actor: Membership, session: str) -> str:
    if session:
        return f"session-{hashlib.sha256(session.encode()).hexdigest()[:16]}"
    return f"token-{actor.family_id}" if actor.family_id else f"key-{actor.key_id}"


def _was_good(header: bytes, session: str) -> bool:
    """Whether it was let in a moment ago: who is known already need not suffer from a neighbour's guesses."""
    if header:
        return is_remembered(header.decode("latin-1").partition(" ")[2].strip())
    return session in _sessions


def _header(scope: Scope, wanted: bytes) -> bytes:
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def _note_guessing(address: str, what: str) -> None:
    if spend(ONCE_A_BURST, as_caller(address)) == 1:
        for system in systems_concerned():
            note_guessing(address=address, what=what, actor=system)


def _told(window: Window, now: float) -> list[tuple[bytes, bytes]]:
    """The tightest limit and what is left of it, as draft-ietf-httpapi-ratelimit-headers-10 spells them."""
    limit, resets = window.limit, math.ceil(window.ends - now)
    policy = f'"{limit.name}";q={limit.calls};w={limit.seconds}'
    left = f'"{limit.name}";r={max(0, window.left)};t={resets}'
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


async def _refuse(scope: Scope, kind: str, send: Send, window: Window, now: float) -> None:
    wait = max(1, math.ceil(window.ends - now))
    content_type, body = _words(scope, kind, wait)
    headers = [
        content_type,
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"%d" % wait),
        (b"cache-control", b"no-store"),
        *_told(window, now),
    ]
    await send({"type": "http.response.start", "status": TooMany.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _words(scope: Scope, kind: str, wait: int) -> tuple[tuple[bytes, bytes], bytes]:
    """A document for programs. For people a page; where a part of one was asked for, its script says it in place."""
    if kind not in PAGES:
        content_type, told = wording_at(scope)(TooMany(TOO_OFTEN, retry_after=wait))
        return content_type, json.dumps(told).encode()
    if _header(scope, b"hx-request"):
        return (b"content-type", b"text/plain; charset=utf-8"), TOO_OFTEN.encode()
    asked = HttpRequest()
    asked.META["HTTP_ACCEPT_LANGUAGE"] = _header(scope, b"accept-language").decode("latin-1")
    page = too_often(get_language_from_request(asked), at_the_door=kind == "sign-in")
    return (b"content-type", b"text/html; charset=utf-8"), page
