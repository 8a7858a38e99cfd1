"""What the tests of the wire share: people, sockets without a network, and patience."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from kit.database import OrmThreads
from kit.requests import Actor
from live import topics
from live.bus import Hint, announce_many
from live.connections import Connection
from live.hub import the_hub
from live.topics import Topic


@dataclass
class Person:
    """An actor as far as the wire is concerned."""

    pk: int
    organization_id: int = 1
    role_name: str = "Operator"
    name: str = ""
    is_system: bool = False

    def has_power(self, power: str) -> bool:
        return self.role_name == "Operator"

    def reach(self, *powers: str) -> "Everywhere":
        return Everywhere()

    def role_at(self, platform_id: int | None) -> str:
        return self.role_name


class Everywhere(NamedTuple):
    """All platforms, for topics of the apps above: programs listen to theirs as well."""

    is_whole: bool = True


ADA, BO, VI, CY = Person(1), Person(2), Person(3, role_name="Viewer"), Person(4, organization_id=2)


@dataclass
class Board:
    """A topic of cards that writes down what it was asked."""

    rendered: list[tuple[int, list[str], Any]] = field(default_factory=list)
    asked: list[tuple[Any, str]] = field(default_factory=list)
    missed: list[str] | None = field(default_factory=list)
    missed_since: list[datetime] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    broken: bool = False

    def topic(self, name: str = "board", **options: Any) -> Topic:
        return Topic(
            name, self.may_listen, self.audience, options.pop("render", self.render), self.tell_missed, **options
        )

    def may_listen(self, actor: Actor, key: str) -> bool:
        self.asked.append((actor.pk, key))
        return actor.pk not in self.refused

    def audience(self, actor: Actor) -> tuple[int, str]:
        return actor.organization_id, actor.role_name

    def render(self, organization_id: int, keys: list[str], audience: Any) -> dict[str, Any]:
        self.rendered.append((organization_id, keys, audience))
        if self.broken:
            raise RuntimeError("the template is broken")
        cards = {key: None if key in self.gone else {"html": f"{audience[1]} sees {key}"} for key in keys}
        return {key: card for key, card in cards.items() if key not in self.hidden}

    def tell_missed(self, actor: Actor, key: str, since: datetime) -> list[str] | None:
        self.missed_since.append(since)
        return self.missed


@contextmanager
def registered(*declared: Topic) -> Iterator[None]:
    for topic in declared:
        topics.register(topic)
    try:
        yield
    finally:
        for topic in declared:
            del topics._topics[topic.name]


class Socket:
    """A listener without a network. `stuck` ones never finish taking a frame."""

    def __init__(self, person: Person, *, language: str = "en", stuck: bool = False) -> None:
        self.person: Person | None = person
        self.texts: list[str] = []
        self.code: int | None = None
        self.stuck = stuck
        self.connection = Connection(person, send=self._take, resolve=self._who, language=language)
        the_hub().connect(self.connection)

    async def listens(self, topic: Topic, key: str = "", since: datetime | None = None) -> "Socket":
        await the_hub().listen(self.connection, topic, key, since)
        return self

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.texts]

    @property
    def items(self) -> dict[str, Any]:
        """What a page would show: the last word on each key."""
        return {key: item for frame in self.frames for key, item in frame.get("items", {}).items()}

    def shows(self, key: str) -> bool:
        return key in self.items

    async def _take(self, message: dict[str, Any]) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if message["type"] == "websocket.close":
            self.code = message["code"]
        else:
            self.texts.append(message["text"])

    async def _who(self) -> Person | None:
        return self.person


async def eventually(happened: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not happened():
            await asyncio.sleep(0.005)


async def quietly(seconds: float = 0.15) -> None:
    """Give what must not happen the time to happen."""
    await asyncio.sleep(seconds)


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run ORM code as an action would, on a connection of its own."""
    threads = OrmThreads("test", 1)
    try:
        return await threads.run(work)
    finally:
        threads.close()


async def commit(*hints: tuple[str, object, int | None]) -> None:
    """One transaction that announces these."""

    def write() -> None:
        with transaction.atomic():
            announce_many([Hint(topic, str(key), organization) for topic, key, organization in hints])

    await in_thread(write)


# People by the name they send, for sockets through a real server

PEOPLE: dict[str, Person | None] = {}


async def by_session(scope: Any) -> Person | None:
    """Stands in for accounts: the “session” is a header with a name."""
    name = dict(scope["headers"]).get(b"x-person", b"").decode()
    if name == "broken":
        raise OSError("no database")
    return PEOPLE.get(name)


async def by_token(token: str, scope: Any) -> Person | None:
    return PEOPLE.get(token.removeprefix("token-of-")) if token.startswith("token-of-") else None


async def by_token_once(token: str, scope: Any) -> Person | None:
    """By a token that is taken away right after it was looked up, which is told before anybody listens."""
    return PEOPLE.pop(token.removeprefix("token-of-"), None)
