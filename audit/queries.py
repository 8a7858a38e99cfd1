"""Reading the ledger: newest first, by keyset, narrowed to who did what, to what, and when."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.models import Entry, EntryQuerySet
from kit.errors import BadInput, NotAllowed, NotThere
from kit.requests import Actor

MOST = 200
NEWEST = ("-at", "-id")
# The subjects whose ids are unique by themselves; all others are numbers, and want their kind named.
BARE = ("intervention", "unit")


@dataclass(frozen=True)
class Narrow:
    """Which lines; empty means any. `subject` is `kind:id`, or the bare id of a question or a unit."""

    subject: str = ""
    actor: str = ""
    verb: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    trail: tuple[tuple[str, str], ...] = ()  # (kind, id) of everything that belongs to one story

    def __bool__(self) -> bool:
        return self != Narrow()


@dataclass(frozen=True)
class Page:
    """Entries, and the cursors of the pages around them; None where there is none."""

    rows: list[Entry]
    next: str | None
    previous: str | None


def ledger_for(actor: Actor, narrow: Narrow, *, cursor: str = "", limit: int = 50) -> Page:
    """One page, the newest first. Raises NotAllowed: an empty ledger would be a lie."""
    if not 1 <= limit <= MOST:
        raise BadInput.field("limit", _("from 1 to %(most)s") % {"most": MOST})
    backwards, after = _read_cursor(cursor)
    found = entries_for(actor, narrow).select_related("actor__pilot")
    if after is not None:
        found = found.filter(_beyond(after, backwards=backwards))
    order = ("at", "id") if backwards else NEWEST
    rows = list(found.order_by(*order)[: limit + 1])
    more = len(rows) > limit
    rows = rows[:limit][::-1] if backwards else rows[:limit]
    has_next = bool(rows) and (backwards or more)
    has_previous = bool(rows) and (more if backwards else after is not None)
    return Page(
        rows,
        next=_cursor("n", rows[-1]) if has_next else None,
        previous=_cursor("p", rows[0]) if has_previous else None,
    )


def entries_for(actor: Actor, narrow: Narrow) -> EntryQuerySet:
    """The lines that `actor` may read, narrowed. Raises NotAllowed: an empty ledger would be a lie."""
    if not actor.has_power("audit.view_entry") or getattr(actor, "gates", None) is not None:
        raise NotAllowed(_("Your role or key may not read the ledger."))
    return _narrowed(Entry.objects.visible_to(actor), narrow, actor)


def entry_for(actor: Actor, entry_id: int) -> Entry:
    """One line. Raises NotAllowed or NotThere."""
    found = entries_for(actor, Narrow()).select_related("actor__pilot").filter(pk=entry_id).first()
    if found is None:
        raise NotThere(_("There is no such line in the ledger."))
    return found


def chunks_of(found: EntryQuerySet, most: int, size: int = 1000) -> Iterator[list[Entry]]:
    """All of them, the newest first and `most` at most, so many at a time: one short statement each."""
    found = found.select_related("actor__pilot").order_by(*NEWEST)
    after: tuple[datetime, int] | None = None
    while most > 0:
        rows = list((found if after is None else found.filter(_beyond(after)))[: min(size, most)])
        if not rows:
            return
        yield rows
        after, most = (rows[-1].at, rows[-1].pk), most - len(rows)


def as_json(entry: Entry) -> dict[str, Any]:
    """One line in the words of the wire."""
    return {
        "id": entry.pk,
        "at": entry.at.isoformat().replace("+00:00", "Z"),
        "verb": entry.verb,
        "subject": f"{entry.subject_type}:{entry.subject_id}",
        "by": entry.actor_name,
        "by_id": entry.actor.pilot.public_id,
        "role": entry.actor_role,
        "data": entry.data,
        "came_from": entry.came_from or None,
    }


def _narrowed(found: EntryQuerySet, narrow: Narrow, actor: Actor) -> EntryQuerySet:
    if narrow.subject:
        found = found.filter(**_subject(narrow.subject))
    if narrow.trail:
        found = found.filter(_any_of(narrow.trail))
    if narrow.actor:
        found = found.filter(actor_id=_actor(narrow.actor, actor))
    if len(narrow.verb) == 1:  # not a list of one: an index gives those in order
        found = found.filter(verb=narrow.verb[0])
    elif narrow.verb:
        found = found.filter(verb__in=narrow.verb)
    if narrow.since is not None:
        found = found.filter(at__gte=narrow.since)
    if narrow.until is not None:
        found = found.filter(at__lt=narrow.until)
    return found


def _subject(text: str) -> Mapping[str, Any]:
    kind, colon, key = text.rpartition(":")
    if colon:
        return {"subject_type": kind, "subject_id": key}
    try:
        return {"subject_type__in": BARE, "subject_id": str(UUID(text))}
    except ValueError:
        raise BadInput.field("subject", _("give kind:id, such as gate:12, or the id of a question or unit")) from None


def _any_of(trail: tuple[tuple[str, str], ...]) -> Q:
    """Kind by kind: each is one walk in the index of subjects."""
    wanted = Q()
    for kind in sorted({kind for kind, _key in trail}):
        wanted |= Q(subject_type=kind, subject_id__in=[key for of, key in trail if of == kind])
    return wanted


def _actor(whom: str, actor: Actor) -> int:
    """Looked up first: joined to a million lines, who it is about would be found out for each of them."""
    if whom == "me":
        return int(actor.pk)
    members = Entry.actor.field.related_model._default_manager
    found = members.filter(organization_id=actor.organization_id, pilot__public_id=whom).values_list("pk", flat=True)
    return found.first() or 0  # nobody's


def _beyond(after: tuple[datetime, int], *, backwards: bool = False) -> Q:
    at, pk = after
    if backwards:
        return Q(at__gte=at) & (Q(at__gt=at) | Q(id__gt=pk))
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=pk))  # the first half is what lets the index start there


def _cursor(way: str, row: Entry) -> str:
    text = f"{way}{row.at.astimezone(UTC):%Y%m%d%H%M%S%f}.{row.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    if not cursor:
        return False, None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _dot, pk = text[1:].partition(".")
        after = datetime.strptime(at, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC), msgspec.convert(pk, int, strict=False)
        return {"n": False, "p": True}[text[:1]], after
    except (ValueError, KeyError, msgspec.ValidationError):
        raise BadInput.field("cursor", _("this is not a cursor of this list; start without one")) from None
