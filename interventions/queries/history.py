"""What was settled, by whom, why, and how long it took: the history page, day by day."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Count, F, Prefetch, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from interventions.models import Intervention, InterventionQuerySet, Source, Status, Vote
from interventions.queries.care import care_of
from interventions.queries.lists import LATEST, RECENT, Filters, narrowed, page_of, with_row
from interventions.queries.queue_page import HEAVY
from interventions.queries.spans import BY_PILOTS, TOOK, Percentiles, during
from kit.errors import BadInput

SHORT = 160  # characters of a reason in a row
NOBODYS = (Source.TIMEOUT_DEFAULT, Source.SUPERSEDED)  # whoever carried these out did not decide them


@dataclass(frozen=True)
class Past(Filters):
    """What the history is narrowed to, besides what any list is: who decided, who had asked, and what is counted.

    By when it was asked, or by when it was waiting, those that are still open are in it as well.
    """

    decided_by: str = ""
    requester: str = ""
    asked_since: datetime | None = None
    asked_until: datetime | None = None  # not included
    waiting_at: datetime | None = None
    late: bool | None = None
    took_from: float | None = None  # seconds
    took_under: float | None = None
    timeout: str = ""
    care: str = ""  # one of the groups of `care_of`, among what was settled from `since` to `until`

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("decided_by", "requester", "care"):
            if len(getattr(self, field)) > 200 or "\x00" in getattr(self, field):
                raise BadInput.field(field, _("at most 200 characters of text"))

    def __bool__(self) -> bool:
        return self != Past()

    @property
    def has_open_ones(self) -> bool:
        return bool(self.asked_since or self.asked_until or self.waiting_at)

    @property
    def order(self) -> tuple[str, ...]:
        return LATEST if self.has_open_ones else RECENT


def settled_for(actor: Membership, past: Past) -> InterventionQuerySet:
    """The settled questions that `actor` may see, narrowed; by when they were asked, the open ones too."""
    visible = Intervention.objects.visible_to(actor)
    found = narrowed(visible if past.has_open_ones else visible.settled(), past, actor)
    found = _as_counted(during(found, "created_at", past.asked_since, past.asked_until), past)
    if past.care:
        of_span = during(visible.settled(), "settled_at", past.since, past.until)
        found = found.filter(pk__in=care_of(of_span).groups.get(past.care, []))
    if past.decided_by:
        found = found.filter(BY_PILOTS, decision__by__in=members_named(actor, past.decided_by))
    if past.requester:
        asked = Q(requester__in=members_named(actor, past.requester)) | Q(requested_by=past.requester)
        found = found.filter(asked)
    return found


def _as_counted(found: InterventionQuerySet, past: Past) -> InterventionQuerySet:
    """Narrowed to what one figure of the metrics counts."""
    if past.waiting_at:
        waited = Q(settled_at=None) | Q(settled_at__gte=past.waiting_at)
        found = found.filter(waited, created_at__lt=past.waiting_at)
    if past.late is not None:
        found = found.filter(**{"settled_at__gt" if past.late else "settled_at__lte": F("due_at")})
    if past.took_from:
        found = found.alias(took=TOOK).filter(took__gte=past.took_from)
    if past.took_under is not None:
        found = found.alias(took=TOOK).filter(took__lt=past.took_under)
    return found.filter(status=Status.EXPIRED, on_timeout=past.timeout) if past.timeout else found


def members_named(actor: Membership, whom: str) -> list[int]:
    """Looked up first, so that the database knows how many rows are theirs."""
    if whom == "me":
        return [actor.pk]
    members = Membership.objects.filter(organization_id=actor.organization_id, pilot__public_id=whom)
    return list(members.values_list("pk", flat=True))


@dataclass(frozen=True)
class Line:
    """One question, and when it was settled; of one that is still open, when it was asked."""

    question: Intervention
    at: datetime

    @property
    def who(self) -> str:
        """The people or the programs that settled it, in words; "" when it was nobody."""
        question = self.question
        if question.is_open:
            return ""
        decision = question.decision
        if question.resolution_source == Source.QUORUM:
            names = [vote.by.name for vote in question.votes.all()]
            return ", ".join(dict.fromkeys([*names, decision.by.name]))
        if question.resolution_source in (Source.CANCELLED_BY_CALLER, Source.CALLER_GONE):
            return question.requested_by or question.requester.name
        if question.resolution_source in NOBODYS:
            return ""
        return str(decision.by.name)

    @property
    def why(self) -> str:
        """The reason that was given, or the answer."""
        if self.question.is_open:
            return ""
        decision = self.question.decision
        if decision.answer is not None:
            return _("Answer: %(answer)s") % {"answer": _shortened(_told(decision.answer))}
        return _shortened(decision.reason)

    @property
    def took(self) -> timedelta | None:
        settled_at = self.question.settled_at
        return settled_at - self.question.created_at if settled_at else None

    @property
    def was_late(self) -> bool:
        settled_at = self.question.settled_at
        return settled_at is not None and settled_at > self.question.due_at


@dataclass(frozen=True)
class Day:
    """A day of the viewer's zone: all that was settled (or asked) on it, and the lines of it on this page."""

    date: date
    questions: int
    median: float | None  # seconds, of those that pilots settled
    lines: Sequence[Line]

    @property
    def is_today(self) -> bool:
        return self.date == timezone.localdate()


@dataclass(frozen=True)
class HistoryPage:
    """Days, the latest first; the cursors are None where there is no page."""

    days: Sequence[Day]
    next: str | None
    previous: str | None

    def __len__(self) -> int:
        return sum(len(day.lines) for day in self.days)


def history_page(actor: Membership, filters: Past, *, cursor: str = "", limit: int = 50) -> HistoryPage:
    """One page of settled questions, in four statements whatever is on it."""
    found = settled_for(actor, filters)
    votes = Prefetch("votes", queryset=Vote.objects.select_related("by__pilot"))
    page = page_of(with_row(found).defer(*HEAVY).prefetch_related(votes), filters.order, cursor, limit)
    return HistoryPage(list(_days(found, page.rows, filters.order[0].lstrip("-"))), page.next, page.previous)


def _days(found: InterventionQuerySet, rows: Sequence[Intervention], field: str) -> Iterator[Day]:
    """`field` is the time that the rows are in order of."""
    if not rows:
        return
    lines = [Line(row, getattr(row, field)) for row in rows]
    by_day = {day: list(group) for day, group in groupby(lines, key=lambda line: timezone.localdate(line.at))}
    totals = _totals(found, field, min(by_day), max(by_day))
    for day, of_day in by_day.items():
        questions, times = totals.get(day, (len(of_day), None))
        yield Day(day, questions, times[0] if times else None, of_day)


def _totals(
    found: InterventionQuerySet, field: str, first: date, last: date
) -> dict[date, tuple[int, list[float] | None]]:
    within = during(found, field, midnight(first), midnight(last + timedelta(days=1)))
    rows = within.order_by().annotate(day=TruncDate(field)).values_list("day")
    totals = rows.annotate(questions=Count("pk"), times=Percentiles(TOOK, filter=BY_PILOTS))
    return {day: (questions, times) for day, questions, times in totals}


def midnight(day: date) -> datetime:
    """Where a day begins in the zone of whoever asks."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _told(answer: Any) -> str:
    """A form's fields as people wrote them, and anything deeper as JSON."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, dict):
        return ", ".join(f"{name}: {_told(value)}" for name, value in answer.items())
    return json.dumps(answer, ensure_ascii=False)


def _shortened(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1].rstrip()}…"
