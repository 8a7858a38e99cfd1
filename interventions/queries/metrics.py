"""How the questions of an organization fare, counted and timed by the database in a handful of statements."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Q

from accounts.models import Membership
from guardians.models import Kind
from interventions.models import Intervention, InterventionQuerySet, Source, Status
from interventions.queries.counting import Sums, kept, pilot_sums, settled_sums
from interventions.queries.moments import moment
from interventions.queries.rhythm import sees
from interventions.queries.spans import during
from interventions.queries.tally import TallyLine, Times, told_by
from work.models import Priority

TOP = 10
ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


def metrics_for(actor: Membership, since: datetime | None = None, until: datetime | None = None) -> dict[str, Any]:
    """Counts and resolution times, as JSON; times in seconds from asked to settled, pauses included.

    `open` and `overdue` are of now. `asked` and the `by_` counts are of the questions asked from
    `since` and before `until`, everything else of those settled in that time; without bounds, of all.
    Medians and ninetieth percentiles of many are right to within 2 %: see `counting`.
    """
    visible = Intervention.objects.visible_to(actor)
    begin, end = since or ALWAYS[0], until or ALWAYS[1]
    tally = told_by(kept(f"metrics:{actor.organization_id}:{sees(actor)}", begin, end, _counting(visible)))
    by_source = {source: _times(tally.sources.get(source, Times())) for source in Source.values}
    return {
        "since": moment(since),
        "until": moment(until),
        **_standing(visible, datetime.now(UTC)),
        **_asked(during(visible, "created_at", since, until)),
        "settled": sum(source["settled"] for source in by_source.values()),
        "expired": by_source[Source.TIMEOUT_DEFAULT]["settled"],
        "resolution_seconds": _times(tally.times) | {"settled": tally.times.decided},
        "by_source": by_source,
        "top_pilots": [_pilot(line) for line in tally.pilots[:TOP]],
    }


def _counting(visible: InterventionQuerySet) -> Any:
    def count(start: datetime, end: datetime) -> Sums:
        settled = during(visible.settled(), "settled_at", start, end)
        return {**settled_sums(settled), **pilot_sums(settled)}

    return count


def _standing(visible: InterventionQuerySet, now: datetime) -> dict[str, int]:
    overdue = Q(status__in=(Status.PENDING, Status.IN_PROGRESS), due_at__lte=now)
    return visible.open().aggregate(open=Count("pk"), overdue=Count("pk", filter=overdue))


def _asked(asked: InterventionQuerySet) -> dict[str, Any]:
    rows = list(asked.order_by().values_list("status", "kind", "priority").annotate(Count("pk")))
    counts: dict[str, Any] = {
        "asked": sum(count for *_rest, count in rows),
        "by_status": dict.fromkeys(Status.values, 0),
        "by_kind": dict.fromkeys(Kind.values, 0),
        "by_priority": {priority.word: 0 for priority in Priority},
    }
    for status, kind, priority, count in rows:
        counts["by_status"][status] += count
        counts["by_kind"][kind] += count
        counts["by_priority"][Priority(priority).word] += count
    return counts


def _times(times: Times) -> dict[str, Any]:
    return {
        "settled": times.settled,
        "mean": _rounded(times.mean),
        "median": _rounded(times.median),
        "p90": _rounded(times.p90),
    }


def _pilot(line: TallyLine) -> dict[str, Any]:
    """Who gave the deciding answer, and how fast such questions were settled."""
    return {
        "name": line.name,
        "public_id": line.key,
        "decisions": line.times.decided,
        "median_seconds": _rounded(line.times.median),
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
