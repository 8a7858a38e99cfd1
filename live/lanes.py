"""One organization's listeners of one topic, and what they still have to be told."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import Any

from django.utils import translation

from kit.database import OrmThreads
from live import frames
from live.connections import Connection
from live.topics import Topic

log = logging.getLogger(__name__)

WINDOW_SECONDS = 0.04
MOST_KEYS = 100  # more changes at once than this are not worth rendering: the page is fetched anew
LONGEST_RELOAD_SECONDS = 30

Audience = tuple[Hashable, str]  # the topic's, and the language
Keys = frozenset[str]


class Lane:
    """Flushes at once when idle, and collects while a flush runs and shortly after.

    All that a lane tells goes through its one task in turn: an older rendering never overtakes a newer one.
    """

    def __init__(self, topic: Topic, organization_id: int, threads: OrmThreads, figures: dict[str, int]) -> None:
        self.topic = topic
        self.organization_id = organization_id
        self._threads = threads
        self._figures = figures
        self._audiences: dict[Connection, Audience] = {}
        self._holds: dict[Connection, int] = {}  # how many keys each listens to
        self._by_key: defaultdict[str, set[Connection]] = defaultdict(set)
        self._changed: dict[str, None] = {}
        self._behind: defaultdict[tuple[Audience, str, datetime], set[Connection]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._beat: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return sum(self._holds.values())

    @property
    def is_empty(self) -> bool:
        return not self._by_key

    def join(self, connection: Connection, key: str, audience: Hashable) -> None:
        self._audiences[connection] = (audience, connection.language)
        if connection not in self._by_key[key]:
            self._by_key[key].add(connection)
            self._holds[connection] = self._holds.get(connection, 0) + 1
        if self.topic.every and self._beat is None:
            self._start_beat(self.topic.every)

    def leave(self, connection: Connection, key: str) -> None:
        self._by_key[key].remove(connection)
        if not self._by_key[key]:
            del self._by_key[key]
        self._holds[connection] -= 1
        if not self._holds[connection]:
            del self._holds[connection], self._audiences[connection]
        if not self._by_key:
            self._stop_beat()

    def close(self) -> None:
        self._stop_beat()
        if self._task is not None:
            self._task.cancel()

    def note(self, key: str) -> None:
        """This key changed."""
        if "" in self._by_key or key in self._by_key:
            self._changed[key] = None
            self._wake()

    def catch_up(self, connection: Connection, key: str, since: datetime) -> None:
        """Tell this listener what it missed. Those of one audience who left at one time are asked for together."""
        since = since.replace(microsecond=0)
        self._behind[self._audiences[connection], key, since].add(connection)
        self._wake()

    def all_catch_up(self, since: datetime) -> None:
        for key, listeners in self._by_key.items():
            for connection in listeners:
                self.catch_up(connection, key, since)

    def change_audience(self, connection: Connection, audience: Hashable) -> None:
        """This listener may see more or less than before: what it shows was rendered for somebody else."""
        known, self._audiences[connection] = self._audiences[connection], (audience, connection.language)
        if self._audiences[connection] != known:
            connection.push(frames.reload(self.topic.name, frames.cursor(), within=1))

    def _start_beat(self, seconds: float) -> None:
        def beat() -> None:
            self.note("")
            self._start_beat(seconds)

        self._beat = asyncio.get_running_loop().call_later(seconds, beat)

    def _stop_beat(self) -> None:
        if self._beat is not None:
            self._beat.cancel()
            self._beat = None

    def _wake(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._changed or self._behind:
                try:
                    await self._round()
                except Exception:
                    log.exception("Listeners of %s could not be told.", self.topic.name)
                await asyncio.sleep(WINDOW_SECONDS)
        finally:
            self._task = None

    async def _round(self) -> None:
        at = frames.cursor()  # before anything is read
        changed, self._changed = self._changed, {}
        behind, self._behind = self._behind, defaultdict(set)
        wanted = self._listeners_of(changed)
        missed = await asyncio.gather(*(self._missed(*asked, listeners) for asked, listeners in behind.items()))
        for listeners, keys in zip(behind.values(), missed, strict=True):
            for connection in listeners:
                known = wanted.get(connection, frozenset())
                wanted[connection] = None if keys is None or known is None else known | keys
        order = [*changed, *sorted(set().union(*(keys or () for keys in missed)) - changed.keys())]
        await asyncio.gather(*(self._tell(*group, order, at) for group in self._by_audience(wanted).items()))

    def _listeners_of(self, changed: Mapping[str, None]) -> dict[Connection, Keys | None]:
        """Who has to hear which of these keys. Those who hear all share one set."""
        every = frozenset(changed)
        wanted: dict[Connection, Keys | None] = {}
        for key in changed:
            for connection in self._by_key.get(key, ()):
                wanted[connection] = (wanted.get(connection) or frozenset()) | {key}
        if changed:
            wanted.update(dict.fromkeys(self._by_key.get("", ()), every))
        return wanted

    async def _missed(self, audience: Audience, key: str, since: datetime, listeners: set[Connection]) -> Keys | None:
        try:
            actor = next(iter(listeners)).actor
            keys = await self._threads.run(self.topic.missed, actor, key, since)
        except Exception:
            log.exception("What was missed on %s could not be told.", self.topic.name)
            keys = None
        return None if keys is None else frozenset(keys)

    def _by_audience(
        self, wanted: Mapping[Connection, Keys | None]
    ) -> dict[Audience, dict[Keys | None, list[Connection]]]:
        groups: dict[Audience, dict[Keys | None, list[Connection]]] = {}
        for connection, keys in wanted.items():
            audience = self._audiences.get(connection)
            if audience is not None:
                told = None if keys is None or len(keys) > MOST_KEYS else keys
                groups.setdefault(audience, {}).setdefault(told, []).append(connection)
        return groups

    async def _tell(
        self, audience: Audience, groups: dict[Keys | None, list[Connection]], order: list[str], at: str
    ) -> None:
        """Render once for the audience, encode once for each set of keys, hand the same text to everyone."""
        needed: Keys = frozenset().union(*(keys or () for keys in groups))
        items = await self._rendered(audience, [key for key in order if key in needed]) if needed else {}
        for keys, listeners in groups.items():
            if keys is None or items is None:
                within = min(1 + len(listeners) // 100, LONGEST_RELOAD_SECONDS)
                texts = [frames.reload(self.topic.name, at, within=within)]
            else:
                texts = self._written({key: items[key] for key in order if key in keys and key in items}, at)
            for connection in listeners:
                # Who left, or became somebody else, while this was rendered does not get it.
                if texts and self._audiences.get(connection) == audience:
                    self._figures["sent"] += len(texts)
                    connection.push(*texts)

    async def _rendered(self, audience: Audience, keys: list[str]) -> Mapping[str, Any] | None:
        """None when it cannot be rendered: the listeners fetch the page, which will say why."""
        seen_by, language = audience

        def render() -> Mapping[str, Any]:
            with translation.override(language):
                return self.topic.render(self.organization_id, keys, seen_by)

        self._figures["renders"] += 1
        try:
            return await self._threads.run(render)
        except Exception:
            log.exception("%s could not be rendered.", self.topic.name)
            return None

    def _written(self, items: Mapping[str, Any], at: str) -> list[str]:
        return frames.pushes(items, at) if self.topic.program else frames.fragments(self.topic.name, items, at)
