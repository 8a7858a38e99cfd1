"""The hub: where changes come into a process, and go out to whoever waits for them.

One bus subscription for all, a lane for each organization's listeners of a topic, a future for
each held poll. It runs in the event loop; only what topics and calls do runs in threads.
"""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from kit.database import OrmThreads
from kit.errors import NotAllowed, Refusal
from kit.requests import Actor
from live import bus, frames, topics
from live.bus import Hint
from live.connections import ENDED, RESTARTING, REVOKED, TOO_SLOW, TRY_AGAIN, Connection
from live.lanes import Lane
from live.topics import Call, Topic
from live.watches import Watch, Watches

log = logging.getLogger(__name__)

Callback = Callable[[str | None, int | None], None]

# Hints (their key is a membership's) after which its sockets are asked again who they are, and the code for those
# who are nobody then: a member no more; or signed out, with a key revoked, whose page may offer to sign in again.
ASK_AGAIN = {"accounts.membership": REVOKED, "accounts.session": ENDED}
MOST_CONNECTIONS = 50  # for each actor
MOST_TOPICS = 200  # for each connection
ASK_AGAIN_SECONDS = 300.0  # sessions and tokens that just run out announce nothing
SHORTEST_BACKOFF, LONGEST_BACKOFF = 0.1, 10.0
JUST_AFTER = 0.05  # clocks are read twice
RENDER_THREADS = 2
QUESTION_THREADS = 2  # apart, so that programs with many questions do not hold up the fan-out

_callbacks: defaultdict[str, list[Callback]] = defaultdict(list)


def on_hint(topic: str, callback: Callback) -> None:
    """Call `callback(key, organization_id)` in the event loop at every hint: for caches.

    Key None means that hints were lost: anything may have changed.
    """
    _callbacks[topic].append(callback)


class Hub:
    """Use `the_hub()`; every event loop has one."""

    def __init__(self) -> None:
        self.is_listening = False  # the bus stands: for readiness
        self._tasks: list[asyncio.Task[None]] = []
        self._renderers = OrmThreads("live-render", RENDER_THREADS)
        self._questions = OrmThreads("live-question", QUESTION_THREADS)
        self._lanes: dict[tuple[int, str], Lane] = {}
        self._connections: dict[Connection, set[tuple[str, str]]] = {}
        self._of_actor: defaultdict[str, set[Connection]] = defaultdict(set)
        self._watches = Watches()
        self._being_asked: dict[Connection, bool] = {}
        self._asking: set[asyncio.Task[None]] = set()
        self._alive_at = datetime.now(UTC)
        self._figures = dict.fromkeys(("hints", "lost", "renders", "sent", "dropped"), 0)

    # Its life

    def start(self) -> None:
        """Begin to listen. Does nothing when it has begun."""
        if not self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(self._follow()), loop.create_task(self._keep_asking())]

    async def stop(self) -> None:
        """Let everyone go: sockets are asked to come back, held polls are answered."""
        for connection in list(self._connections):
            connection.end(RESTARTING)
        self._watches.end_all()
        for lane in self._lanes.values():
            lane.close()
        await bus.cancel([*self._tasks, *self._asking])
        self._tasks = []
        self.is_listening = False
        self._renderers.close()
        self._questions.close()
        _hubs.pop(asyncio.get_running_loop(), None)

    def figures(self) -> dict[str, int]:
        """How many are here now, and what was done since the process began."""
        return {
            "connections": len(self._connections),
            "listeners": sum(len(lane) for lane in self._lanes.values()),
            "watches": len(self._watches),
            **self._figures,
        }

    # Held polls

    @asynccontextmanager
    async def watch(self, topic: str, key: object) -> AsyncIterator[Watch]:
        """Enter, then read, then wait for `changed`: in this order nothing is missed."""
        self.start()
        with self._watches.entered(topic, str(key)) as watch:
            yield watch

    async def wait_for(self, topic: str, key: object, seconds: float) -> bool:
        """Whether something changed within the time, counted from now."""
        async with self.watch(topic, key) as watch:
            return await watch.changed(seconds)

    # Sockets

    def connect(self, connection: Connection) -> None:
        """Take in a socket. Refuses when its actor has too many."""
        self.start()
        mine = self._of_actor[str(connection.actor.pk)]
        if len(mine) >= MOST_CONNECTIONS:
            raise Refusal(_("You already have %(most)d connections open.") % {"most": MOST_CONNECTIONS})
        mine.add(connection)
        self._connections[connection] = set()
        self._ask_when_over(connection)

    def disconnect(self, connection: Connection) -> None:
        self._figures["dropped"] += connection.ending == TOO_SLOW
        connection.forget()
        for topic, key in self._connections.pop(connection, ()):
            self._leave(connection, topic, key)
        mine = self._of_actor[str(connection.actor.pk)]
        mine.discard(connection)
        if not mine:
            del self._of_actor[str(connection.actor.pk)]

    async def listen(self, connection: Connection, topic: Topic, key: str, since: datetime | None) -> str:
        """Tell this socket from now on, and what changed since. Returns the cursor it stands at."""
        listening = self._connections[connection]
        if len(listening) >= MOST_TOPICS and (topic.name, key) not in listening:
            raise Refusal(_("One connection listens to %(most)d topics at most.") % {"most": MOST_TOPICS})
        cursor = frames.stamp(since) if since else frames.cursor()
        allowed, audience = await self._ask(connection, topic, key)
        if not allowed:
            raise NotAllowed(_("You may not listen to this."))
        if connection in self._connections:  # it may have gone while we asked
            listening.add((topic.name, key))
            lane = self._lane(connection, topic)
            lane.join(connection, key, audience)
            if since:
                lane.catch_up(connection, key, since)
        return cursor

    def unlisten(self, connection: Connection, topic: str, key: str) -> None:
        listening = self._connections.get(connection, set())
        if (topic, key) in listening:
            listening.discard((topic, key))
            self._leave(connection, topic, key)

    def expel(self, predicate: Callable[[Connection], bool], code: int = REVOKED) -> int:
        """Close every socket of this process the predicate is true of; how many there were."""
        expelled = [connection for connection in self._connections if predicate(connection)]
        for connection in expelled:
            connection.end(code)
        return len(expelled)

    async def answer(self, call: Call, actor: Actor, frame: dict[str, Any]) -> dict[str, Any]:
        """Run a program's question in a thread."""
        return await self._questions.run(call, actor, frame)

    def _lane(self, connection: Connection, topic: Topic) -> Lane:
        name = (connection.actor.organization_id, topic.name)
        if name not in self._lanes:
            self._lanes[name] = Lane(topic, name[0], self._renderers, self._figures)
        return self._lanes[name]

    def _leave(self, connection: Connection, topic: str, key: str) -> None:
        name = (connection.actor.organization_id, topic)
        lane = self._lanes[name]
        lane.leave(connection, key)
        if lane.is_empty:
            del self._lanes[name]

    # Who may still listen

    def ask_soon(self, connection: Connection, code: int) -> None:
        """Look up afresh who this is, in a moment; whoever is nobody any more is sent away with `code`."""
        if connection in self._connections:
            task = asyncio.get_running_loop().create_task(self._ask_again(connection, code))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, connection: Connection, topic: Topic, key: str) -> tuple[bool, Hashable]:
        while True:
            actor = connection.actor
            answer = await self._questions.run(_may_listen_as, topic, actor, key)
            if connection.actor is actor:  # else its membership changed while we asked
                return answer

    async def _ask_again(self, connection: Connection, code: int) -> None:
        """Look up afresh who this is and what it may hear. Never twice at a time: the later answer has to win."""
        if connection in self._being_asked:
            self._being_asked[connection] = True
            return
        self._being_asked[connection] = True
        try:
            while self._being_asked[connection]:
                self._being_asked[connection] = False
                await self._ask_once(connection, code)
        except Exception:
            # Nobody stays in because we cannot ask; they come back when it works again.
            log.exception("Could not ask again who a listener is.")
            connection.end(TRY_AGAIN)
        finally:
            del self._being_asked[connection]

    async def _ask_once(self, connection: Connection, code: int) -> None:
        connection.asked_at = asyncio.get_running_loop().time()
        known, fresh = connection.actor, await connection.resolve()
        if fresh is None or (fresh.pk, fresh.organization_id) != (known.pk, known.organization_id):
            connection.end(code)
            return
        connection.actor = fresh
        if _until(fresh) != _until(known):
            self._ask_when_over(connection)
        for name, key in list(self._connections.get(connection, ())):
            topic = topics.find(name)
            allowed, audience = await self._ask(connection, topic, key) if topic else (False, None)
            if not allowed:
                connection.end(REVOKED)
                return
            if (name, key) in self._connections.get(connection, ()):
                self._lanes[fresh.organization_id, name].change_audience(connection, audience)

    async def _keep_asking(self) -> None:
        while True:
            await asyncio.sleep(ASK_AGAIN_SECONDS / 60)
            due, now = asyncio.get_running_loop().time() - ASK_AGAIN_SECONDS, datetime.now(UTC)
            for connection in [one for one in self._connections if one.asked_at < due or one.has_run_out(now)]:
                await self._ask_again(connection, ENDED)

    # The bus

    async def _follow(self) -> None:
        backoff = SHORTEST_BACKOFF
        while True:
            try:
                async with aclosing(bus.subscribe()) as news:
                    async for hints in news:
                        if not self.is_listening:
                            backoff = SHORTEST_BACKOFF
                            self._begin_anew()
                        self._take(hints)
            except Exception as error:
                # Said at every try, for as long as it is down: the way there is for who looks for a fault in here.
                where = log.isEnabledFor(logging.DEBUG)
                log.warning("The live bus is lost, trying again in %.1f s: %s", backoff, error, exc_info=where)
                self._figures["lost"] += self.is_listening
            self.is_listening = False
            await asyncio.sleep(backoff * random.uniform(0.5, 1))  # noqa: S311 -- spreads the load, guards nothing
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    def _begin_anew(self) -> None:
        """The subscription stands (again). Nobody knows what went by before it did."""
        self.is_listening = True
        self._watches.wake_all()
        for callback in [one for callbacks in _callbacks.values() for one in callbacks]:
            _call(callback, None, None)
        for lane in self._lanes.values():
            lane.all_catch_up(self._alive_at - frames.OVERLAP)
        for connection in self._connections:
            connection.asked_at = -ASK_AGAIN_SECONDS  # a membership may have changed unheard

    def _take(self, hints: Sequence[Hint]) -> None:
        self._alive_at = datetime.now(UTC)
        self._figures["hints"] += len(hints)
        for topic, key, organization_id in hints:
            for callback in _callbacks.get(topic, ()):
                _call(callback, key, organization_id)
            self._watches.wake(topic, key)
            lane = self._lanes.get((organization_id, topic)) if organization_id is not None else None
            if lane is not None:
                lane.note(key)
            if topic in ASK_AGAIN:
                self._ask_all_again(key, ASK_AGAIN[topic])

    def _ask_all_again(self, actor: str, code: int) -> None:
        for connection in self._of_actor.get(actor, ()):
            self.ask_soon(connection, code)

    def _ask_when_over(self, connection: Connection) -> None:
        """Who is here for a while is asked again when the time is over: nobody announces that."""
        if (until := _until(connection.actor)) is not None:
            seconds = max((until - datetime.now(UTC)).total_seconds(), 0) + JUST_AFTER
            asyncio.get_running_loop().call_later(seconds, self.ask_soon, connection, REVOKED)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def the_hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for closed in [one for one in _hubs if one.is_closed()]:
            del _hubs[closed]
        _hubs[loop] = Hub()
    return _hubs[loop]


def _until(actor: Actor) -> datetime | None:
    until: datetime | None = getattr(actor, "until", None)  # only a membership may be for a while
    return until


def _may_listen_as(topic: Topic, actor: Actor, key: str) -> tuple[bool, Hashable]:
    return (True, topic.audience(actor)) if topic.may_listen(actor, key) else (False, None)


def _call(callback: Callback, key: str | None, organization_id: int | None) -> None:
    try:
        callback(key, organization_id)
    except Exception:
        log.exception("A callback failed on a hint.")
