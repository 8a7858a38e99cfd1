"""The fast lane: calls of programs, answered before Django is entered.

Django's handler costs about a millisecond of CPU a request and keeps a thread for each one that waits;
submits and held polls need neither. Same actions, same queries, same permissions. What this lane does
not know, and every browser's POST (which needs CSRF), goes on to Django.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import msgspec
import psycopg
from django.conf import settings
from django.db import Error as DjangoDatabaseError
from django.http.cookie import parse_cookie

from accounts.authentication import BAD_KEY, BEARER, INVALID_TOKEN, refuse_elsewhere
from accounts.keyring import membership_for
from accounts.models import Membership
from accounts.queries import membership_of_session
from intake.batcher import Batcher
from intake.serializers import BODY_BYTES
from kit.database import OrmThreads
from kit.errors import BadInput, Problem, TooLarge, Unauthenticated, Unavailable, UnsupportedType, as_problem
from kit.requests import set_came_from

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
ORM_THREADS = 4
MAX_WAIT_SECONDS = 60


class CallerGone(Exception):
    """Nobody is left to answer."""


@dataclass(slots=True)
class Call:
    """One request in the fast lane: who, what, and the means to answer."""

    actor: Membership
    parameters: dict[str, str]
    query: dict[str, list[str]]
    headers: Headers
    receive: Receive
    lane: "Lane"

    async def body(self) -> bytes:
        """The whole body, at most 1 MiB. Raises TooLarge, UnsupportedType."""
        return await _body(self.headers, self.receive)

    def wait_seconds(self, default: float = 0) -> float:
        """What `?wait=` asks for: 0 to 60 seconds."""
        text = self.query.get("wait", [""])[-1]
        try:
            seconds = float(text) if text else default
        except ValueError:
            raise BadInput.field("wait", "a number of seconds, from 0 to 60") from None
        if not 0 <= seconds <= MAX_WAIT_SECONDS:
            raise BadInput.field("wait", "a number of seconds, from 0 to 60")
        return seconds

    async def gone(self) -> None:
        """Returns when the caller hangs up."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


Answer = tuple[int, Any]
Handler = Callable[[Call], Awaitable[Answer]]
Wording = Callable[[Problem], tuple[tuple[bytes, bytes], Any]]


def plain_problem(problem: Problem) -> tuple[tuple[bytes, bytes], Any]:
    """RFC 9457; dialects word their errors as their clients read them."""
    return PROBLEM, as_problem(problem)


@dataclass(frozen=True, slots=True)
class Route:
    """A path of the fast lane. `sessions`: a browser's session may ask too (reads only; POST needs CSRF)."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    sessions: bool = False
    wording: Wording = field(default=plain_problem)


_routes: dict[str, list[Route]] = {}


def route(
    method: str, pattern: str, handler: Handler, *, sessions: bool = False, wording: Wording = plain_problem
) -> None:
    """Open a path, at import. `pattern` is a regular expression over the path without its last slash."""
    _routes.setdefault(method, []).append(Route(method, re.compile(pattern), handler, sessions, wording))


class Lane:
    """What the fast lane holds on to in one event loop."""

    def __init__(self) -> None:
        self.threads = OrmThreads("intake", ORM_THREADS)
        self.batcher = Batcher(self.threads)

    async def close(self) -> None:
        await self.batcher.close()
        self.threads.close()


_lanes: dict[asyncio.AbstractEventLoop, Lane] = {}


def the_lane() -> Lane:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _lanes:
        _lanes[loop] = Lane()
    return _lanes[loop]


async def close() -> None:
    """Finish what is being written. For the end of the lifespan."""
    lane = _lanes.pop(asyncio.get_running_loop(), None)
    if lane is not None:
        await lane.close()


def front(app: App) -> App:
    """The fast lane before `app`."""
    from intake import fast  # noqa: F401  (opens the paths; needs the apps loaded)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        found = _find(scope) if scope["type"] == "http" else None
        if found is None:
            await app(scope, receive, send)
            return
        matched, parameters = found
        set_came_from((scope.get("client") or ("",))[0])
        await _serve(matched, parameters, scope, receive, send)

    return serve


def wording_at(scope: Scope) -> Wording:
    """How to refuse this request before it comes here: in the words of whoever lives at its path."""
    matched = _match(scope)
    return matched[0].wording if matched else plain_problem


def _find(scope: Scope) -> tuple[Route, dict[str, str]] | None:
    matched = _match(scope)
    return matched if matched and _takes(matched[0], scope) else None


def _match(scope: Scope) -> tuple[Route, dict[str, str]] | None:
    routes = _routes.get(scope["method"])
    if routes is None:
        return None
    path = scope["path"]
    path = path[:-1] if path.endswith("/") else path
    for one in routes:
        match = one.pattern.fullmatch(path)
        if match is not None:
            return one, match.groupdict()
    return None


def _takes(one: Route, scope: Scope) -> bool:
    """Bearer callers always; a session only where it waits: the rest is Django's."""
    if any(name == b"authorization" for name, _value in scope["headers"]):
        return True
    return one.sessions and b"wait=" in scope["query_string"]


async def _serve(matched: Route, parameters: dict[str, str], scope: Scope, receive: Receive, send: Send) -> None:
    lane, headers, wait = the_lane(), dict(scope["headers"]), 0
    try:
        actor = await _identify(scope, headers, lane)
        call = Call(actor, parameters, _query(scope), headers, receive, lane)
        status, answer = await matched.handler(call)
        kind: tuple[bytes, bytes] = JSON
    except CallerGone:
        return
    except Exception as error:  # a program must get JSON whatever happens
        problem = _problem_of(error)
        status = problem.status
        kind, answer = matched.wording(problem)
        wait = getattr(problem, "retry_after", 0)
    await _send(send, status, kind, answer, wait=wait, bearer=b"authorization" in headers)


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    log.error("A call failed", exc_info=error)
    if isinstance(error, DjangoDatabaseError | psycopg.Error):
        return Unavailable("The database does not answer. Nothing was written; try again in a moment.")
    return Problem("Something went wrong here. It has been logged; nothing was half-written.")


def _query(scope: Scope) -> dict[str, list[str]]:
    if not scope["query_string"]:
        return {}
    try:
        return parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:
        raise BadInput.field("query", "at most 50 parameters") from None


async def _identify(scope: Scope, headers: Headers, lane: Lane) -> Membership:
    header = headers.get(b"authorization", b"")
    if header:
        actor = await bearer_of(header, lane.threads)
        if actor is None:
            raise Unauthenticated(BAD_KEY)
        if actor.networks:
            await lane.threads.run(refuse_elsewhere, actor, (scope.get("client") or ("",))[0])
        return actor
    session = session_key_of(headers.get(b"cookie", b""))
    actor = await lane.threads.run(membership_of_session, session) if session else None
    if actor is None:
        raise Unauthenticated("Send an API key or token as “Authorization: Bearer …”, or sign in.")
    return actor


async def bearer_of(header: bytes, threads: OrmThreads) -> Membership | None:
    """Whom the key or token in an Authorization header acts as."""
    scheme, _, token = header.decode("latin-1").partition(" ")
    return await membership_for(token.strip(), threads) if scheme.lower() == "bearer" else None


def session_key_of(cookie: bytes) -> str:
    """Which session a Cookie header names, read as Django reads it: who is counted is who is let in. "" for none."""
    return str(parse_cookie(cookie.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, ""))


async def _body(headers: Headers, receive: Receive) -> bytes:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind not in {b"application/json", b""}:
        raise UnsupportedType("Send application/json.")
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise CallerGone
        part = message.get("body", b"")
        size += len(part)
        if size > BODY_BYTES:
            raise TooLarge("A body may have at most 1 MiB.")
        parts.append(part)
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(
    send: Send, status: int, kind: tuple[bytes, bytes], answer: Any, *, wait: int = 0, bearer: bool = False
) -> None:
    body = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    headers: Iterable[tuple[bytes, bytes]] = (kind, (b"content-length", b"%d" % len(body)), *ALWAYS)
    if status == 401:
        headers = (*headers, (b"www-authenticate", (INVALID_TOKEN if bearer else BEARER).encode()))
    if wait:
        headers = (*headers, (b"retry-after", b"%d" % wait))
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
