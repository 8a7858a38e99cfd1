"""How often one caller may ask, counted by all processes together.

Time is cut into windows; each limit allows so many calls of one caller in one. A process counts what it lets in
by itself, and twice a second trades its counts for everybody's: no call waits for that. So many processes
together may let in a little more than the limit: what they took between two exchanges. Where each try matters,
`spend` asks the store at once.

Counts are kept in Redis where there is one, else in Postgres. Without an answer from there a process goes on by its own
count: more than a limit by itself it never lets in.
"""

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

import redis
from django.conf import settings
from django.db import Error, connection

log = logging.getLogger(__name__)

MOST_CALLERS = 20_000
STORE_SECONDS = 1.0  # for Redis to answer
SWEEP_SECONDS = 60.0
PREFIX = "chameleon:rate:"

ADD = """
    INSERT INTO accounts_spent (bucket, calls, ends_at)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::timestamptz[]) AS counted (bucket, calls, ends_at)
    ORDER BY bucket
    ON CONFLICT (bucket) DO UPDATE SET calls = accounts_spent.calls + excluded.calls
    RETURNING bucket, calls
"""  # in one order everywhere: two processes cannot wait for each other
SWEEP = "DELETE FROM accounts_spent WHERE ends_at < now() - interval '1 minute'"


class Limit(NamedTuple):
    """So many calls of one caller in so many seconds."""

    name: str
    calls: int
    seconds: int


class Window:
    """One caller's calls against one limit, until it ends."""

    __slots__ = ("bucket", "ends", "fresh", "known", "limit", "noted")

    def __init__(self, limit: Limit, caller: str, now: float) -> None:
        number = int(now // limit.seconds)
        self.limit = limit
        self.ends = (number + 1) * limit.seconds
        self.bucket = f"{limit.name}:{caller}:{number}"
        self.known = 0  # by everybody, as of the last exchange
        self.fresh = 0  # here, since then
        self.noted = False

    @property
    def left(self) -> int:
        return self.limit.calls - self.known - self.fresh


class Meter:
    """The windows of one process. For one thread: that of the event loop."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, limit: Limit, caller: str, now: float) -> Window:
        """The one that is open now; those longest unused make room."""
        found = self._windows.get((limit.name, caller))
        if found is None or found.ends <= now:
            self._windows.pop((limit.name, caller), None)
            if len(self._windows) >= MOST_CALLERS:
                del self._windows[next(iter(self._windows))]
            found = self._windows[limit.name, caller] = Window(limit, caller, now)
        return found

    def to_tell(self, now: float) -> list[Window]:
        """Those with something to exchange. The ones that ended without are forgotten."""
        self._windows = {key: one for key, one in self._windows.items() if one.fresh or one.ends > now}
        return [one for one in self._windows.values() if one.fresh]

    @staticmethod
    def learn(told: Mapping[str, int], windows: Mapping[Window, int]) -> None:
        """What the store answered to the counts that were sent for these windows."""
        for window, sent in windows.items():
            if window.bucket in told:
                window.known, window.fresh = told[window.bucket], window.fresh - sent


@cache
def limit_of(name: str) -> Limit:
    """As it is set: `submit.key`, `password.name`."""
    return Limit(name, *settings.RATES[name])


@lru_cache(maxsize=MOST_CALLERS)
def as_caller(address: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits, of which one machine has all it likes."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:45]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def exchange(counts: Mapping[str, int], ends: Mapping[str, float]) -> dict[str, int]:
    """Add to the common counts; what they are now. {}: the store did not answer, and nothing was learnt."""
    try:
        return _in_redis(counts, ends) if settings.REDIS_URL else _in_postgres(counts, ends)
    except (redis.RedisError, Error, OSError) as wrong:
        log.warning("Rates are counted in this process alone: the common counts cannot be reached (%s).", wrong)
        return {}


def spend(limit: Limit, caller: str, calls: int = 1) -> int:
    """How much of the limit is spent now that this is: asked at once. Above `limit.calls`, refuse."""
    window = Window(limit, caller, time.time())
    told = exchange({window.bucket: calls}, {window.bucket: window.ends})
    return told[window.bucket] if told else _alone.spend(window, calls)


class _Alone:
    """What this process has counted while the store did not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, tuple[int, float]] = {}

    def spend(self, window: Window, calls: int) -> int:
        with self._lock:
            now = time.time()
            self._spent = {bucket: one for bucket, one in self._spent.items() if one[1] > now}
            if len(self._spent) >= MOST_CALLERS:
                self._spent.clear()
            spent = self._spent.get(window.bucket, (0, 0.0))[0] + calls
            self._spent[window.bucket] = spent, window.ends
            return spent


_alone = _Alone()


def _in_postgres(counts: Mapping[str, int], ends: Mapping[str, float]) -> dict[str, int]:
    until = [datetime.fromtimestamp(ends[bucket], UTC) for bucket in counts]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [list(counts), list(counts.values()), until])
        told = dict(cursor.fetchall())
        if _sweeping.is_due():
            cursor.execute(SWEEP)
    return told


class _Sweeping:
    """Once a minute and process; Redis forgets by itself."""

    def __init__(self) -> None:
        self._at = time.monotonic()

    def is_due(self) -> bool:
        due = time.monotonic() - self._at > SWEEP_SECONDS
        if due:
            self._at = time.monotonic()
        return due


_sweeping = _Sweeping()


def _in_redis(counts: Mapping[str, int], ends: Mapping[str, float]) -> dict[str, int]:
    with _redis(settings.REDIS_URL).pipeline(transaction=False) as pipe:
        for bucket, calls in counts.items():
            pipe.incrby(PREFIX + bucket, calls)
            pipe.expireat(PREFIX + bucket, int(ends[bucket]) + 60)
        answers = pipe.execute()
    return dict(zip(counts, answers[::2], strict=True))


@lru_cache(maxsize=2)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=STORE_SECONDS, socket_connect_timeout=STORE_SECONDS)
