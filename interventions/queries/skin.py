"""The last hour as sixty scales: how many waited in each minute, and whether any of them was overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Count, ExpressionWrapper, F, FloatField, IntegerField, QuerySet, Value, When
from django.db.models.functions import Greatest, Least

from accounts.models import Membership
from interventions.models import Intervention, InterventionQuerySet, Status
from interventions.queries.counting import MINUTE, StepAt
from interventions.queries.rhythm import sees

MINUTES = 60
NEVER = MINUTES  # a minute beyond the last


@dataclass(frozen=True)
class Skin:
    """By minute, the latest last: as many as waited when it ended, and as many of them as were overdue."""

    waiting: Sequence[int]
    overdue: Sequence[int]

    @property
    def minutes_overdue(self) -> int:
        return sum(1 for count in self.overdue if count)

    @property
    def since_overdue(self) -> int | None:
        """Minutes since anything was overdue; 0 when something is now."""
        return next((ago for ago, count in enumerate(reversed(self.overdue)) if count), None)


def skin_of(actor: Membership, now: datetime) -> Skin:
    """One statement a minute, shared by all who see the same."""
    minute = now.replace(second=0, microsecond=0)
    key = f"skin:{actor.organization_id}:{sees(actor)}:{minute.isoformat()}"
    skin: Skin | None = cache.get(key)
    if skin is None:
        skin = _drawn(_spans(actor, minute - timedelta(minutes=MINUTES - 1)))
        cache.set(key, skin, MINUTE)
    return skin


def _spans(actor: Membership, since: datetime) -> list[tuple[int, int, int, int]]:
    """In which minute questions came, were due and were settled, and how many did so in the same ones.

    Both halves are answered by an index alone: what is open, and what was settled within the hour.
    """
    visible = Intervention.objects.visible_to(actor)
    stands_still = When(status=Status.AWAITING_REQUESTER, then=NEVER)
    due, end = _minute("due_at", since), _minute("settled_at", since)
    waiting = _counted(visible.open(), since, Case(stands_still, default=due), Value(NEVER))
    settled = _counted(visible.settled().filter(settled_at__gte=since), since, due, end)
    return list(waiting.union(settled, all=True))


def _counted(found: InterventionQuerySet, since: datetime, due: Any, end: Any) -> QuerySet[Any, Any]:
    minutes = found.order_by().annotate(came=_minute("created_at", since), due=due, end=end)
    return minutes.values_list("came", "due", "end").annotate(Count("pk"))


def _minute(field: str, since: datetime) -> Least:
    """Counted from `since`; what came before it belongs to the first, what comes after the last to none."""
    after = ExpressionWrapper(F(field) - Value(since), output_field=FloatField())
    return Least(Greatest(StepAt(after, step=MINUTE), Value(0)), Value(NEVER), output_field=IntegerField())


def _drawn(spans: Sequence[tuple[int, int, int, int]]) -> Skin:
    """Each count is put down where it begins and taken away where it ends, and then summed up from left to right."""
    waiting, overdue = [0] * (MINUTES + 1), [0] * (MINUTES + 1)
    for came, due, end, count in spans:
        waiting[came] += count
        waiting[end] -= count
        if max(came, due) < end:
            overdue[max(came, due)] += count
            overdue[end] -= count
    return Skin(_summed(waiting), _summed(overdue))


def _summed(steps: Sequence[int]) -> list[int]:
    total, sums = 0, []
    for step in steps[:MINUTES]:
        total += step
        sums.append(total)
    return sums
