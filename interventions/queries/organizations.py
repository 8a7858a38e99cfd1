"""What a platform administrator sees of every organization: how much waits, how fast it is answered. No words of it.

Here and not on a lower floor because it counts questions; it will move up to where reports of several apps are made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q

from accounts.models import Organization
from accounts.queries import organizations_in_numbers
from interventions.models import Intervention, Status, Stop
from interventions.queries.spans import BY_PILOTS, TOOK, Percentiles

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Line:
    """One organization. `median` is in seconds, of what pilots decided in seven days; None: nothing was decided."""

    organization: Organization
    members: int
    visitors: int
    open: int
    overdue: int
    decided_in_a_day: int
    decided_in_a_week: int
    median: float | None
    stops: int


def report() -> Sequence[Line]:
    """A line for each organization, by name; four statements, however many there are."""
    now = datetime.now(UTC)
    waiting, decided, stops = _waiting(now), _decided(now), _stops()
    lines = []
    for one in organizations_in_numbers():
        open_, overdue = waiting.get(one.pk, (0, 0))
        day, week, median = decided.get(one.pk, (0, 0, None))
        people: tuple[int, int] = (one.member_count, one.visit_count)  # type: ignore[attr-defined]
        lines.append(Line(one, *people, open_, overdue, day, week, median, stops.get(one.pk, 0)))
    return lines


def _waiting(now: datetime) -> dict[int, tuple[int, int]]:
    late = Q(status__in=(Status.PENDING, Status.IN_PROGRESS), due_at__lte=now)
    found = Intervention.objects.open().order_by().values_list("organization")
    counted = found.annotate(n=Count("pk"), late=Count("pk", filter=late))
    return {pk: (open_, overdue) for pk, open_, overdue in counted}


def _decided(now: datetime) -> dict[int, tuple[int, int, float | None]]:
    by_pilots = Intervention.objects.settled().filter(BY_PILOTS, settled_at__gte=now - WEEK)
    counted = (
        by_pilots.order_by()
        .values("organization")
        .annotate(day=Count("pk", filter=Q(settled_at__gte=now - DAY)), week=Count("pk"), times=Percentiles(TOOK))
    )
    return {one["organization"]: (one["day"], one["week"], one["times"][0]) for one in counted}


def _stops() -> dict[int, int]:
    return dict(Stop.objects.on().order_by().values_list("organization").annotate(Count("pk")))
