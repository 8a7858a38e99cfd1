"""A span of time in the figures a plot draws: what came, what was settled, what waited, how long answers took."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Min
from django.utils import timezone

from accounts.models import Membership
from interventions.models import Intervention, InterventionQuerySet
from interventions.queries.counting import BINS, DAY, HOUR, LONG, MINUTE, Sums, kept, narrow_sums, period_sums
from interventions.queries.history import midnight
from interventions.queries.moments import moment
from interventions.queries.spans import during
from interventions.queries.tally import Tally, Times, told_by

# From this span on (seconds), plots go in steps of so many. Never more than about sixty steps.
STEPS = ((0, 5 * MINUTE), (5 * HOUR, HOUR), (2 * DAY, 6 * HOUR), (14 * DAY, DAY), (70 * DAY, 7 * DAY))


class Span:
    """From `since` up to `until`, which is not included, as the history's address has it."""

    since: datetime
    until: datetime

    @property
    def as_settled(self) -> str:
        return urlencode({"after": moment(self.since), "before": moment(self.until)})

    @property
    def as_answered(self) -> str:
        """By pilots."""
        return f"{self.as_settled}&settled_by=people"

    @property
    def as_asked(self) -> str:
        return urlencode({"asked_after": moment(self.since), "asked_before": moment(self.until)})


@dataclass(frozen=True)
class Period(Span):
    """A span of time in steps of so many seconds."""

    since: datetime
    until: datetime

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()

    @property
    def last_day(self) -> date:
        """The day on which it ends."""
        return timezone.localdate(self.until - timedelta(microseconds=1))

    @property
    def step(self) -> int:
        return [step for least, step in STEPS if self.seconds >= least][-1]

    @property
    def starts(self) -> list[datetime]:
        count = max(1, -int(-self.seconds // self.step))
        return [self.since + timedelta(seconds=self.step * at) for at in range(count)]

    @property
    def before(self) -> "Period":
        """The span of the same length that ended where this one begins; of a long one, in full hours."""
        length = self.until - self.since
        if self.seconds >= LONG:
            length = timedelta(hours=length // timedelta(hours=1))
        return Period(self.since - length, self.since)


def period_until(now: datetime, span: timedelta) -> Period:
    """The last hours or days, begun at a full step so that labels are round: an hour, or midnight for long spans."""
    step = Period(now - span, now).step
    first = timezone.localtime(now - span)
    if step > HOUR:
        return Period(midnight(first.date()), now)
    second = first.minute * MINUTE + first.second
    return Period((first - timedelta(seconds=second % step)).replace(microsecond=0), now)


@dataclass(frozen=True)
class Step(Span):
    """What happened in a step, and how many waited when it began."""

    since: datetime
    until: datetime
    arrived: int
    settled: int
    waiting: int

    @property
    def as_waiting(self) -> str:
        return urlencode({"waiting_at": moment(self.since)})


@dataclass(frozen=True)
class Bin:
    """Pilots' answers that took `low` seconds or more, and less than `high`."""

    low: int
    high: int | None
    in_time: int
    late: int

    @property
    def as_took(self) -> str:
        return urlencode({"took_from": self.low} | ({"took_under": self.high} if self.high else {}))


@dataclass(frozen=True)
class Rhythm:
    """Everything the metrics page draws, of one period."""

    period: Period
    steps: Sequence[Step]
    waiting: int
    oldest: datetime | None
    bins: Sequence[Bin]
    quicker_by: float | None  # seconds the median answer is quicker than in the same span before
    tally: Tally

    @property
    def slower_by(self) -> float | None:
        return None if self.quicker_by is None else -self.quicker_by

    @property
    def decided(self) -> int:
        return sum(one.in_time + one.late for one in self.bins)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.bins)

    @property
    def in_time(self) -> float | None:
        """In percent."""
        return 100 * (self.decided - self.late) / self.decided if self.decided else None


def rhythm_of(actor: Membership, period: Period) -> Rhythm:
    """A dozen statements, whatever the span."""
    visible = Intervention.objects.visible_to(actor)
    name = f"{actor.organization_id}:{sees(actor)}:{period.step}"
    sums = kept(name, period.since, period.until, period_sums(visible, period.since, period.step))
    waiting, oldest = _standing(visible, period.until)
    tally = told_by(sums)
    return Rhythm(
        period,
        _steps(sums, period, waiting),
        waiting,
        oldest,
        _bins(tally),
        _quicker(_median_before(visible, period, name), tally.times.median),
        tally,
    )


def sees(actor: Membership) -> str:
    """Those who see all of the same platforms share what was counted; who sees its own or some gates does not."""
    seen = actor.reach("interventions.view_intervention", "interventions.decide_intervention")
    asks = not seen.is_whole and actor.reach("interventions.raise_intervention")
    who = f"{seen}:{actor.pk}" if asks else str(seen)
    gates = getattr(actor, "gates", None)
    return who if gates is None else f"{who}-{hashlib.sha256(' '.join(gates).encode()).hexdigest()[:16]}"


def _standing(visible: InterventionQuerySet, at: datetime) -> tuple[int, datetime | None]:
    """How many waited at that moment, and since when the oldest did: the open ones, and those settled since."""
    found = [
        questions.filter(created_at__lt=at).aggregate(waiting=Count("pk"), oldest=Min("created_at"))
        for questions in (visible.open(), visible.settled().filter(settled_at__gte=at))
    ]
    return sum(one["waiting"] for one in found), min((one["oldest"] for one in found if one["oldest"]), default=None)


def _steps(sums: Sums, period: Period, waiting: int) -> list[Step]:
    steps: list[Step] = []
    for at, start in reversed(list(enumerate(period.starts))):
        arrived, settled = (sums.get((field, at), (0,))[0] for field in ("created_at", "settled_at"))
        waiting += settled - arrived
        end = min(start + timedelta(seconds=period.step), period.until)
        steps.append(Step(start, end, arrived, settled, waiting))
    return steps[::-1]


def _bins(tally: Tally) -> list[Bin]:
    """From the first bin with something in it to the last, at least one."""
    used = range(min(tally.wide), max(tally.wide) + 1) if tally.wide else ()
    highs = (*BINS[1:], None)
    return [Bin(BINS[at], highs[at], *tally.wide.get(at, (0, 0))) for at in used]


def _median_before(visible: InterventionQuerySet, period: Period, name: str) -> float | None:
    """Of the span before; of a long one, counted once an hour, for that is how often it moves."""
    before = period.before
    key = f"before:{name}:{before.since.isoformat()}:{before.until.isoformat()}"
    times: Times | None = cache.get(key) if period.seconds >= LONG else None
    if times is None:
        times = Times()
        for narrow, counted in narrow_sums(during(visible.settled(), "settled_at", before.since, before.until)).items():
            times.add(narrow[-1], *counted)
        if period.seconds >= LONG:
            cache.set(key, times, HOUR)
    return times.median


def _quicker(before: float | None, now: float | None) -> float | None:
    return None if before is None or now is None else before - now
