"""How many of those that wait will be due before anybody can get to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, sqrt

from django.db.models import BooleanField, ExpressionWrapper, F, FloatField, Func, Q, Value, Window
from django.db.models.functions import RowNumber

from accounts.models import Membership
from interventions.models import Intervention, InterventionQuerySet, Status
from interventions.queries.spans import BY_PILOTS

RECENT_PACE = timedelta(hours=1)
QUIET_PACE = timedelta(hours=24)  # when nobody answered in the last hour
MOST_WAITING = 20_000
URGENT = ("priority", "due_at", "id")  # as `most_urgent_first`
LIKELY = 1.28  # standard deviations: four of five hours lie within


@dataclass(frozen=True)
class Forecast:
    """Of the open questions: `late` is the best guess, between `least` and `most` in four cases of five."""

    waiting: int
    overdue: int
    late: int
    least: int
    most: int
    answers: int  # of pilots, in the last `over`
    over: timedelta

    @property
    def is_known(self) -> bool:
        """Without any answer there is no pace to reckon with."""
        return bool(self.answers) or not self.waiting


def forecast_of(actor: Membership) -> Forecast:
    """At the pace of the last hour, in the order of the queue: the k-th question is reached after k/pace.

    It will be late if it is due before that. This is the fluid approximation of a queue, work that drains at its
    mean rate (G. F. Newell, Applications of Queueing Theory, 2nd ed. 1982, chapter 2); arrivals that would overtake
    are left out, so it is a lower bound while more urgent ones keep coming. The range takes the number of answers in
    that hour as a Poisson count, plus and minus 1.28 of its standard deviation. What is already overdue and what
    waits on its requester is not counted.
    """
    now = datetime.now(UTC)
    visible = Intervention.objects.visible_to(actor)
    answers, over = _pace(visible.settled().filter(BY_PILOTS), now)
    due = list(_running(visible).values_list(_seconds_left(now), flat=True)[:MOST_WAITING])
    spread = LIKELY * sqrt(answers)
    late, least, most = (
        late_among(due, over.total_seconds() / count if count > 0 else inf)
        for count in (answers, answers + spread, answers - spread)
    )
    return Forecast(len(due), sum(seconds <= 0 for seconds in due), late, least, most, answers, over)


def likely_late(actor: Membership) -> InterventionQuerySet:
    """Which they are, by the best guess. Told by the database, for they may be thousands."""
    now = datetime.now(UTC)
    visible = Intervention.objects.visible_to(actor)
    answers, over = _pace(visible.settled().filter(BY_PILOTS), now)
    each = over.total_seconds() / answers if answers else inf
    place = Window(RowNumber(), order_by=URGENT)
    # One condition: what is asked of the place apart would number only those that the rest has left.
    is_late = Q(place__lte=MOST_WAITING, left__gt=0, left__lt=F("place") * Value(each, output_field=FloatField()))
    rows = _running(visible).annotate(left=_seconds_left(now), place=place)
    return rows.annotate(is_late=ExpressionWrapper(is_late, output_field=BooleanField())).filter(is_late=True)


def late_among(due: Sequence[float], each: float) -> int:
    """Of questions due in so many seconds, in order: how many, when one is answered every `each` seconds."""
    return sum(0 < seconds < place * each for place, seconds in enumerate(due, 1))


def _running(visible: InterventionQuerySet) -> InterventionQuerySet:
    return visible.open().exclude(status=Status.AWAITING_REQUESTER).most_urgent_first()


def _seconds_left(now: datetime) -> Func:
    """Reckoned by the database: to read 10,000 times takes ten times as long as to read 10,000 numbers."""
    left = ExpressionWrapper(F("due_at") - Value(now), output_field=FloatField())
    return Func(left, template="DATE_PART('epoch', %(expressions)s)", output_field=FloatField())


def _pace(answered: InterventionQuerySet, now: datetime) -> tuple[int, timedelta]:
    for over in (RECENT_PACE, QUIET_PACE):
        count = answered.filter(settled_at__gte=now - over, settled_at__lte=now).count()
        if count:
            break
    return count, over
