"""All figures of the metrics page, of one span."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.core.cache import cache

from accounts.models import Membership
from guardians.models import OnTimeout
from interventions.models import Intervention, Source
from interventions.queries.care import Care, care_of
from interventions.queries.forecast import Forecast, forecast_of
from interventions.queries.rhythm import Period, Rhythm, rhythm_of, sees
from interventions.queries.spans import during
from interventions.queries.tally import Tally, Times

KEPT_SECONDS = 15
WORTH_KEEPING = 2_000  # settled questions: below that, counting again is quick


@dataclass(frozen=True)
class Figures:
    """What the page shows, and as of when it was counted."""

    as_of: datetime
    rhythm: Rhythm
    standing: dict[str, int]  # of now: open, overdue
    sources: Sequence[tuple[str, Times]]
    timeouts: Sequence[tuple[str, str, int]]  # what the clock did: the outcome's word, its name, how often
    forecast: Forecast
    care: Care

    @property
    def times(self) -> Times:
        return self.rhythm.tally.times

    @property
    def asked(self) -> int:
        return sum(step.arrived for step in self.rhythm.steps)


def figures_of(actor: Membership, period: Period, span: str) -> Figures:
    """Counted anew, or up to 15 s old where counting is dear; `as_of` says which.

    `span` names what was asked for ("24h"): two looks at it within 15 s are the same question.
    """
    key = f"figures:{actor.organization_id}:{sees(actor)}:{span}:{period.since.isoformat()}"
    kept: Figures | None = cache.get(key)
    if kept is not None:
        return kept
    figures = _counted(actor, period)
    if figures.times.settled >= WORTH_KEEPING:
        cache.set(key, figures, KEPT_SECONDS)
    return figures


def _counted(actor: Membership, period: Period) -> Figures:
    visible = Intervention.objects.visible_to(actor)
    settled = during(visible.settled(), "settled_at", period.since, period.until)
    rhythm = rhythm_of(actor, period)
    now = datetime.now(UTC)
    tally = rhythm.tally
    return Figures(
        now,
        rhythm,
        {"open": visible.open().count(), "overdue": visible.overdue(now).count()},
        [(source, tally.sources[source]) for source in Source.values if source in tally.sources],
        _timeouts(tally),
        forecast_of(actor),
        care_of(settled),
    )


def _timeouts(tally: Tally) -> list[tuple[str, str, int]]:
    rows = sorted(tally.timeouts.items(), key=lambda row: -row[1])
    return [(word, str(OnTimeout(word).label), count) for word, count in rows]
