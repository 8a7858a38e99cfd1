"""The two sockets: /ws/live for browsers, /ws/interventions for programs."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain
from django.utils.module_loading import import_string
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from kit.errors import NotAllowed, NotThere, Problem
from kit.requests import Actor
from live import frames, topics
from live.connections import ENDED, REVOKED, TOO_MANY, TRY_AGAIN, Connection, Resolve
from live.frames import BadFrame, Listen, Unlisten
from live.hub import Hub, the_hub

log = logging.getLogger(__name__)

TOKEN_IN_URL = 4400
FRAMES_A_SECOND = 50.0
BURST = 250.0  # a page may subscribe to all it shows at once
AUTH_SECONDS = 10.0
TOKEN_NAMES = {"token", "access_token", "refresh_token", "api_key", "apikey", "key", "jwt", "bearer", "authorization"}


class LiveConsumer(AsyncWebsocketConsumer, ABC):
    """What both have in common: who is there, at what pace, and a way out of every mistake."""

    # No layer channel of its own: with one, a thousand idle sockets cost 15 times the CPU. The hub brings the news.
    channel_layer_alias = "none"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hub: Hub = the_hub()
        self.connection: Connection | None = None
        self._allowance = BURST
        self._counted_at = asyncio.get_running_loop().time()
        self._warned_at = 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:
            # The hub gives up on a reader that does not even take the close: returning is how ASGI hangs up.
            if self.connection is None or self.connection.ending is None:
                raise
        finally:
            if self.connection is not None:
                self.hub.disconnect(self.connection)

    async def dispatch(self, message: Any) -> None:
        # Channels would hop to the one shared thread here to close old database connections; we open none.
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: Any) -> None:
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        await self.accept()  # first, or the browser is not told the code it is closed with
        try:
            await self.enter()
        except Exception:
            log.exception("Could not find out who opened a socket.")
            await self.close(TRY_AGAIN)

    @abstractmethod
    async def enter(self) -> None:
        """Find out who is there, and let them in or close."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._is_too_fast() or (self.connection is not None and self.connection.ending is not None):
            return
        try:
            await self.read(text_data)
        except BadFrame as bad:
            await self.say(frames.error(bad.code, bad.detail))
        except Problem as problem:
            await self.say(frames.refusal(problem))
        except Exception:
            log.exception("A frame could not be answered.")
            await self.say(frames.error("internal", _("Something went wrong on our side.")))

    @abstractmethod
    async def read(self, text: str | None) -> None:
        """Do what a frame asks. Raises BadFrame or a Problem, which the sender is told."""

    async def say(self, frame: str) -> None:
        if self.connection is not None:
            self.connection.push(frame)
        else:
            await self.send(text_data=frame)

    async def welcome(self, actor: Actor, resolve: Resolve) -> None:
        connection = Connection(
            actor, send=self.base_send, resolve=resolve, scope=self.scope, language=settings.LANGUAGE_CODE
        )
        try:
            self.hub.connect(connection)
        except Problem as problem:
            connection.forget()
            await self.send(text_data=frames.refusal(problem))
            await self.close(TOO_MANY)
            return
        self.connection = connection
        connection.push(frames.write({"type": "hello", "now": frames.now()}))
        self.hub.ask_soon(connection, ENDED)  # what ended since it was looked up was announced too early

    def by_session(self) -> Awaitable[Actor | None]:
        resolver: Callable[[Any], Awaitable[Actor | None]] = import_string(settings.LIVE_ACTOR_RESOLVER)
        return resolver(self.scope)

    def _is_too_fast(self) -> bool:
        now = asyncio.get_running_loop().time()
        self._allowance = min(BURST, self._allowance + (now - self._counted_at) * FRAMES_A_SECOND)
        self._counted_at = now
        if self._allowance >= 1:
            self._allowance -= 1
            return False
        if self.connection is not None and now - self._warned_at > 1:
            self._warned_at = now
            self.connection.push(frames.error("slow_down", _("Too many frames; this one was not read.")))
        return True


class BrowserConsumer(LiveConsumer):
    """A signed-in page: it names topics, and gets fragments."""

    async def enter(self) -> None:
        if not is_own_origin(self.scope):
            await self.close(REVOKED)
        elif actor := await self.by_session():
            await self.welcome(actor, self.by_session)
        else:
            await self.close(ENDED)

    async def read(self, text: str | None) -> None:
        if self.connection is None:
            return
        match frames.read_browser_frame(text):
            case Listen() as wish:
                await self._listen(self.connection, wish)
            case Unlisten(topic=topic, key=key):
                self.hub.unlisten(self.connection, topic, key)
            case _:
                self.connection.push(frames.write({"type": "pong", "now": frames.now()}))

    async def _listen(self, connection: Connection, wish: Listen) -> None:
        names = {"topic": wish.topic, "key": wish.key}
        try:
            topic = topics.find(wish.topic)
            if topic is None or topic.program:
                raise NotThere(_("There is no such topic."))
            if wish.language:
                connection.language = _supported(wish.language)
            cursor = await self.hub.listen(connection, topic, wish.key, wish.since)
        except Problem as problem:
            connection.push(frames.refusal(problem, **names))
        else:
            connection.push(frames.write({"type": "listening", **names, "cursor": cursor}))


class ProgramConsumer(LiveConsumer):
    """A program: it proves who it is, asks questions, and is told what happens."""

    _deadline: asyncio.TimerHandle | None = None
    _closing: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        if TOKEN_NAMES & parse_qs(self.scope.get("query_string", b"").decode("latin-1")).keys():
            await self.send(text_data=frames.error("token_in_url", _("A token never travels in a URL.")))
            await self.close(TOKEN_IN_URL)
        elif not may_call(self.scope):
            await self.close(REVOKED)
        elif header := _headers(self.scope).get("authorization"):
            scheme, _space, token = header.partition(" ")
            await self._prove(token.strip() if scheme.lower() == "bearer" else "")
        elif is_own_origin(self.scope) and (actor := await self.by_session()):
            await self.welcome(actor, self.by_session)
        else:
            self._deadline = asyncio.get_running_loop().call_later(AUTH_SECONDS, self._too_late)

    async def disconnect(self, code: int) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    async def read(self, text: str | None) -> None:
        frame = frames.read_program_frame(text)
        try:
            await self._read(frame)
        except Problem as problem:
            await self.say(frames.refusal(problem, **_reference(frame)))

    async def _read(self, frame: dict[str, Any]) -> None:
        connection, kind = self.connection, frame["type"]
        if connection is None:
            if kind != "auth":
                raise BadFrame("unauthenticated", _("Send {type: “auth”, token} first."))
            await self._prove(frames.convert(frame, frames.Auth).token)
        elif kind == "auth":
            raise BadFrame("refused", _("This connection is signed in already."))
        elif kind == "subscribe":
            await self._subscribe(connection, frame)
        elif kind == "unsubscribe":
            for topic in topics.program_topics():
                self.hub.unlisten(connection, topic.name, "")
            connection.push(frames.write({"type": "unsubscribed", **_reference(frame)}))
        elif kind == "ping":
            connection.push(frames.write({"type": "pong", "now": frames.now(), **_reference(frame)}))
        else:
            await self._answer(connection, frame)

    async def _subscribe(self, connection: Connection, frame: dict[str, Any]) -> None:
        since = frames.convert(frame, frames.Subscribe).since
        cursors, refusals = [], []
        for topic in topics.program_topics():
            try:
                cursors.append(await self.hub.listen(connection, topic, "", since))
            except Problem as refused:
                refusals.append(refused)
        if refusals and not cursors:
            raise refusals[0]
        cursor = min(cursors, default=frames.cursor())
        connection.push(frames.write({"type": "subscribed", "cursor": cursor, **_reference(frame)}))

    async def _answer(self, connection: Connection, frame: dict[str, Any]) -> None:
        call = topics.find_call(frame["type"])
        if call is None:
            raise BadFrame("unknown_type", _("There is no frame of this type."))
        answer = await self.hub.answer(call, connection.actor, frame)
        connection.push(frames.write({"type": frame["type"], **answer, **_reference(frame)}))

    async def _prove(self, token: str) -> None:
        resolver: Callable[[str, Any], Awaitable[Actor | None]] = import_string(settings.LIVE_TOKEN_RESOLVER)
        resolve = partial(resolver, token, self.scope)
        if self._deadline is not None:
            self._deadline.cancel()
        try:
            actor = await resolve() if token else None
        except NotAllowed as refused:  # it is good, and may not be used from here
            await self.send(text_data=frames.refusal(refused))
            await self.close(REVOKED)
            return
        if actor is not None:
            await self.welcome(actor, resolve)
        else:
            await self.send(text_data=frames.error("unauthenticated", _("This token is not valid.")))
            await self.close(ENDED)

    def _too_late(self) -> None:
        self._closing = asyncio.get_running_loop().create_task(self.close(ENDED))


def is_own_origin(scope: Mapping[str, Any]) -> bool:
    """Whether a session may be used: by our own pages, and by programs, which send no Origin.

    The rule of Django's CSRF check; Channels' AllowedHostsOriginValidator would shut out programs.
    """
    headers = _headers(scope)
    origin = headers.get("origin")
    if origin is None:
        return True
    request = HttpRequest()
    request.META = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    from_, trusted = urlsplit(origin), [urlsplit(one) for one in settings.CSRF_TRUSTED_ORIGINS]
    try:
        if from_.netloc == request.get_host():
            return from_.scheme == "https" or not settings.HTTPS
    except DisallowedHost:
        return False
    return any(one.scheme == from_.scheme and is_same_domain(from_.netloc, one.netloc.lstrip("*")) for one in trusted)


def may_call(scope: Mapping[str, Any]) -> bool:
    """Whether this page, or program, may open the programs' socket: with a token also pages of the other sites that
    may call the API. A page of any other site is turned away, whatever token it holds."""
    return _headers(scope).get("origin") in settings.CORS_ORIGINS or is_own_origin(scope)


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", [])}


def _supported(language: str) -> str:
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return str(settings.LANGUAGE_CODE)


def _reference(frame: Mapping[str, Any]) -> dict[str, str | int]:
    """A program may number its frames; the answer says which one it answers."""
    reference = frame.get("id")
    return {"id": reference} if isinstance(reference, str | int) else {}
