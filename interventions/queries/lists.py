"""The lists of questions: filtered, by keyset, most urgent or most recent first."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, IntegerField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.queries import stand_ins_in
from guardians.models import Kind
from interventions.models import Intervention, InterventionQuerySet, Source, Status, Vote
from interventions.queries.forecast import likely_late
from kit.errors import BadInput
from work.models import Priority

MOST = 200
URGENT = ("priority", "due_at", "id")
RECENT = ("-settled_at", "-id")
LATEST = ("-created_at", "-id")
SOONEST = ("due_at", "id")

SOON = timedelta(minutes=10)
DUE = ("overdue", "soon", "late")

ROW = ("gate", "unit__platform", "requester__pilot", "claim__by__pilot", "assigned_to__pilot", "decision__by__pilot")


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to, in the words of the wire; empty means any.

    `settled_by`, `since` and `until` (not included) are about how and when a question was settled; `due` is one of
    DUE, as of now.
    """

    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    gate: str = ""
    platform: str = ""
    assigned_to: str = ""
    tag: str = ""
    search: str = ""
    due: str = ""
    settled_by: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        _refuse_unknown("status", self.status, Status.values)
        _refuse_unknown("kind", self.kind, Kind.values)
        _refuse_unknown("priority", self.priority, [priority.word for priority in Priority])
        _refuse_unknown("settled_by", self.settled_by, Source.values)
        _refuse_unknown("due", (self.due,) if self.due else (), DUE)
        for field in ("gate", "platform", "assigned_to", "tag", "search"):
            if len(getattr(self, field)) > 200 or "\x00" in getattr(self, field):
                raise BadInput.field(field, _("at most 200 characters of text"))

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True)
class Page:
    """Rows in order, and the cursors of the pages around them; None where there is none."""

    rows: list[Any]
    next: str | None
    previous: str | None


def queue_for(actor: Membership, filters: Filters, *, cursor: str = "", limit: int = 50) -> Page:
    """Open questions, most urgent first: by priority, then by when they are due."""
    found = narrowed(Intervention.objects.visible_to(actor).open(), filters, actor)
    return page_of(with_row(found), URGENT, cursor, limit)


def history_for(actor: Membership, filters: Filters, *, cursor: str = "", limit: int = 50) -> Page:
    """Settled questions, the latest first."""
    found = narrowed(Intervention.objects.visible_to(actor).settled(), filters, actor)
    return page_of(with_row(found), RECENT, cursor, limit)


def all_for(actor: Membership, filters: Filters, *, cursor: str = "", limit: int = 50) -> Page:
    """Open and settled ones alike, most urgent first."""
    found = narrowed(Intervention.objects.visible_to(actor), filters, actor)
    return page_of(with_row(found), URGENT, cursor, limit)


def narrowed(found: InterventionQuerySet, filters: Filters, actor: Membership) -> InterventionQuerySet:
    wanted = {
        "status__in": filters.status,
        "priority__in": [Priority.of(word) for word in filters.priority],
        "kind__in": filters.kind,
        "gate__slug": filters.gate,
        "unit__platform__slug": filters.platform,
        "resolution_source__in": filters.settled_by,
        "settled_at__gte": filters.since,
        "settled_at__lt": filters.until,
    }
    found = found.filter(**{lookup: value for lookup, value in wanted.items() if value})
    if filters.tag:
        found = found.filter(tags__contains=[filters.tag])
    if filters.assigned_to:
        found = found.filter(_in_hands_of(filters.assigned_to, actor))
    if filters.search:
        found = found.matching(filters.search)
    return _due(found, filters.due, actor) if filters.due else found


def _due(found: InterventionQuerySet, when: str, actor: Membership) -> InterventionQuerySet:
    now = datetime.now(UTC)
    if when == "overdue":
        return found.overdue(now)
    if when == "soon":
        return found.exclude(status=Status.AWAITING_REQUESTER).filter(due_at__gt=now, due_at__lte=now + SOON)
    return found.filter(pk__in=likely_late(actor).values("pk"))


def with_row(found: InterventionQuerySet) -> InterventionQuerySet:
    """With everything a row shows, in one query."""
    votes = Vote.objects.filter(intervention=OuterRef("pk")).order_by().values("intervention")
    count = Subquery(votes.annotate(count=Count("pk")).values("count"), output_field=IntegerField())
    return found.select_related(*ROW).annotate(vote_count=Coalesce(count, 0))


def page_of(found: QuerySet[Any], order: Sequence[str], cursor: str = "", limit: int = 50) -> Page:
    """One page by keyset: the cursor names the row it starts after, so a page costs the same wherever it is."""
    if not 1 <= limit <= MOST:
        raise BadInput.field("limit", _("from 1 to %(most)s") % {"most": MOST})
    backwards, after = _read_cursor(cursor, order)
    direction = [turned(field) for field in order] if backwards else order
    if after is not None:
        found = found.filter(beyond(direction, after))
    rows = list(found.order_by(*direction)[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit]
    if backwards:
        rows.reverse()
    has_next = bool(rows) and (backwards or more)
    has_previous = bool(rows) and (more if backwards else after is not None)
    return Page(
        rows,
        next=_cursor("n", rows[-1], order) if has_next else None,
        previous=_cursor("p", rows[0], order) if has_previous else None,
    )


def beyond(order: Sequence[str], after: Sequence[Any]) -> Q:
    """Row comparison spelled out: (a, b, c) > (x, y, z), each column in its own direction."""
    beyond, equal = Q(), Q()
    for field, value in zip(order, after, strict=True):
        name, sign = field.lstrip("-"), "lt" if field.startswith("-") else "gt"
        beyond |= equal & Q(**{f"{name}__{sign}": value})
        equal &= Q(**{name: value})
    first = order[0].lstrip("-")
    # Implied by the rest, and what lets the index start where the page starts.
    bound = Q(**{f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": after[0]})
    return bound & beyond


def turned(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _cursor(way: str, row: Model, order: Sequence[str]) -> str:
    values = [getattr(row, field.lstrip("-")) for field in order]
    text = json.dumps([way, *[v if isinstance(v, int) else str(v) for v in values]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, order: Sequence[str]) -> tuple[bool, list[Any] | None]:
    if not cursor:
        return False, None
    try:
        way, *values = json.loads(base64.urlsafe_b64decode(cursor[:MOST_CURSOR] + "=" * (-len(cursor) % 4)))
        read = [_READ[field.lstrip("-")](value) for field, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise BadInput.field("cursor", _("this is not a cursor of this list; start without one")) from None
    return way == "p", read


def _moment(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.utcoffset() is None:
        raise ValueError
    return at.astimezone(UTC)


# Anybody can write a cursor: whatever is in it, it is read or refused, never an error of ours.
MOST_CURSOR = 400
_READ: dict[str, Callable[[Any], Any]] = {
    "priority": int,
    "created_at": _moment,
    "due_at": _moment,
    "settled_at": _moment,
    "id": lambda value: UUID(str(value)),
}


def _in_hands_of(whom: str, actor: Membership) -> Q:
    """Assigned to or claimed by: `me`, a public id, `role:Operator`, or `nobody`."""
    if whom == "nobody":
        return Q(claim=None, assigned_to=None, assigned_role="")
    if whom.startswith("role:"):
        return Q(assigned_role=whom.removeprefix("role:"))
    if whom == "me":
        absent = [pk for pk, stand_in in stand_ins_in(actor.organization_id).items() if stand_in == actor.pk]
        return Q(claim__by=actor) | Q(assigned_to__in=[actor.pk, *absent])
    return Q(claim__by__pilot__public_id=whom) | Q(assigned_to__pilot__public_id=whom)


def _refuse_unknown(field: str, words: Sequence[str], known: Sequence[str]) -> None:
    for word in words:
        if word not in known:
            raise BadInput.field(field, _("choose among %(known)s") % {"known": ", ".join(known)})
