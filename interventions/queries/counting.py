"""The counting behind the metrics: one pass over what was settled in a span, in sums that can be added up.

A percentile over months would sort every row once for each table of the page. Instead rows are counted in bins so
narrow (each 2 % wider than the last) that a percentile between bins is right to within 2 %; where few were settled,
a bin holds one row and it is exact.

What ended before the oldest transaction that still runs began cannot change any more. Of long spans, its sums are kept
for the rest of the hour, and only what came after is counted again.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    Sum,
    Value,
    When,
)

from interventions.models import InterventionQuerySet, Source, Status
from interventions.queries.spans import BY_PILOTS, TOOK, during

MINUTE, HOUR, DAY = 60, 3600, 86_400
LONG = 2 * DAY  # seconds, from which on sums are kept
AGAIN_AFTER = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(minutes=1)  # between this machine and the one that wrote the time

# Where the bins of the answer times begin, each about twice the last, at figures people say.
BINS = (
    *(0, 2, 4, 8, 15, 30),
    *(MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 3 * DAY),
)

# By what was counted, its name first: how many, how many of them late, the seconds they took together.
Sums = dict[tuple[Any, ...], tuple[int, int, float]]

EXPIRED, UNANSWERED = -1, -2  # instead of a narrow bin: the clock settled it, or a program did


class Narrow(Func):
    """In which of the narrow bins a number of seconds falls: the first is a millisecond, the last 30 years."""

    template = "350 + FLOOR(50 * LN(LEAST(GREATEST(%(expressions)s, 0.001), 1e9)))::int"
    output_field = IntegerField()


class WidthBucket(Func):
    """In which of the BINS a number of seconds falls, from 1: WIDTH_BUCKET over an array of thresholds."""

    template = f"GREATEST(WIDTH_BUCKET(%(expressions)s, ARRAY{list(BINS)}::float8[]), 1)"
    output_field = IntegerField()


class StepAt(Func):
    """In which step, from 0, a moment falls."""

    template = "FLOOR(DATE_PART('epoch', %(expressions)s) / %(step)s)::int"
    output_field = IntegerField()


_IS_LATE = Q(settled_at__gt=F("due_at"))
_EXPIRED = Q(resolution_source=Source.TIMEOUT_DEFAULT)
LATE = Count("pk", filter=_IS_LATE)
TOGETHER = Sum(TOOK, output_field=FloatField())


def kept(name: str, since: datetime, until: datetime, count: Callable[[datetime, datetime], Sums]) -> Sums:
    """What `count` finds from `since` to `until`; of a long span, only what can still have changed is counted anew."""
    if (until - since).total_seconds() < LONG:
        return count(since, until)
    now = datetime.now(UTC)
    key = f"sums:{name}:{since.isoformat()}:{now:%Y%m%d%H}"
    up_to, sums = cache.get(key) or (since, {})
    if up_to > until:
        return count(since, until)
    closed = min(_unchanging(now), until)
    if closed - up_to > AGAIN_AFTER:
        up_to, sums = closed, added(sums, count(up_to, closed))
        cache.set(key, (up_to, sums), HOUR)
    return added(sums, count(up_to, until))


def added(one: Sums, other: Sums) -> Sums:
    both = dict(one)
    for key, (n, late, seconds) in other.items():
        before = both.get(key, (0, 0, 0.0))
        both[key] = (before[0] + n, before[1] + late, before[2] + seconds)
    return both


def settled_sums(settled: InterventionQuerySet) -> Sums:
    """By source, with the wide and the narrow bin; by gate, kind and priority, with the narrow one."""
    if settled.query.is_empty():  # of whoever may see none at all: Django has no statement for that
        return {}
    rows = settled.order_by().values(
        *("gate_id", "kind", "priority"),
        source=F("resolution_source"),
        timeout=Case(When(status=Status.EXPIRED, then="on_timeout"), default=Value("")),
        told=Case(When(BY_PILOTS, then=Narrow(TOOK)), When(_EXPIRED, then=EXPIRED), default=UNANSWERED),
        wide=WidthBucket(TOOK) - 1,
        narrow=Narrow(TOOK),
        is_late=ExpressionWrapper(_IS_LATE, output_field=BooleanField()),
        took=TOOK,
    )
    visible, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_IN_SETS.replace("%(visible)s", visible), parameters)
        return {_key(*row): (n, late, seconds) for *row, n, late, seconds in cursor.fetchall()}


def pilot_sums(settled: InterventionQuerySet) -> Sums:
    """By who gave the deciding answer, with the narrow bin."""
    answered = settled.filter(BY_PILOTS, decision__isnull=False).order_by()
    rows = answered.values_list("decision__by", Narrow(TOOK))
    found = rows.annotate(n=Count("pk"), late=LATE, seconds=TOGETHER)
    return {("pilot", by, narrow): (n, late, seconds) for by, narrow, n, late, seconds in found}


def narrow_sums(settled: InterventionQuerySet) -> Sums:
    """Of pilots' answers alone, by the narrow bin."""
    rows = settled.filter(BY_PILOTS).order_by().values_list(Narrow(TOOK))
    return {(narrow,): tuple(counted) for narrow, *counted in rows.annotate(n=Count("pk"), late=LATE, seconds=TOGETHER)}


def step_sums(found: InterventionQuerySet, field: str, since: datetime, step: int) -> Sums:
    """By the step, counted from `since`, in which `field` falls."""
    after = ExpressionWrapper(F(field) - Value(since), output_field=FloatField())
    rows = found.order_by().values_list(StepAt(after, step=step)).annotate(Count("pk"))
    return {(field, at): (n, 0, 0.0) for at, n in rows}


def period_sums(visible: InterventionQuerySet, since: datetime, step: int) -> Callable[[datetime, datetime], Sums]:
    """Everything above, of what lies between two moments; steps are counted from `since`."""

    def count(start: datetime, end: datetime) -> Sums:
        settled = during(visible.settled(), "settled_at", start, end)
        asked = during(visible, "created_at", start, end)
        return {
            **settled_sums(settled),
            **pilot_sums(settled),
            **step_sums(settled, "settled_at", since, step),
            **step_sums(asked, "created_at", since, step),
        }

    return count


def _unchanging(now: datetime) -> datetime:
    """Until when everything is written: before any transaction that still runs began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(xact_start) FROM pg_stat_activity WHERE datname = CURRENT_DATABASE()")
        oldest = cursor.fetchone()[0]
    return min(now, oldest or now) - CLOCKS_DIFFER


# The sets, by which of (source, gate_id, kind, priority) GROUPING says is not grouped by.
_SETS = {0b0111: "source", 0b1011: "gate", 0b1101: "kind", 0b1110: "priority"}


def _key(which: int, *row: Any) -> tuple[Any, ...]:
    source, gate, kind, priority, wide, timeout, narrow = row
    if _SETS[which] == "source":
        return "source", source, wide, timeout, narrow
    return _SETS[which], {"gate": gate, "kind": kind, "priority": priority}[_SETS[which]], narrow


# OFFSET 0 keeps what a row tells from being reckoned anew wherever it is mentioned.
_IN_SETS = """
SELECT
    GROUPING(source, gate_id, kind, priority), source, gate_id, kind, priority, wide, timeout, COALESCE(told, narrow),
    COUNT(*), COUNT(*) FILTER (WHERE is_late), SUM(took)
FROM (%(visible)s OFFSET 0) AS settled
GROUP BY GROUPING SETS ((source, wide, timeout, narrow), (gate_id, told), (kind, told), (priority, told))
"""
