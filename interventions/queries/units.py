"""Units of work as pilots see them: the list, and one unit with what was said, asked and done about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, Platform
from audit.models import Entry
from guardians.models import Gate
from interventions.models import Intervention
from interventions.queries.lists import Page, page_of, with_row
from interventions.queries.queue_page import HEAVY
from interventions.queries.verdicts import Said, said_about
from kit.errors import BadInput
from work.models import Status, Unit, UnitQuerySet
from work.queries import children_of, unit_seen_by

NEWEST = ("-id",)
SEARCHED = 10_000  # titles have no index of their own: so many of the newest are read through
MOST_ENTRIES = 200
HEAVY_UNIT = ("description", "attributes", "proposed", "policy", "dialect")


@dataclass(frozen=True)
class UnitFilters:
    """What the list is narrowed to; empty means any. `search` is an id, an external id, or words of a title."""

    status: tuple[str, ...] = ()
    gate: str = ""
    platform: str = ""
    search: str = ""

    def __post_init__(self) -> None:
        for word in self.status:
            if word not in Status.values:
                raise BadInput.field("status", _("choose among %(known)s") % {"known": ", ".join(Status.values)})
        for field in ("gate", "platform", "search"):
            if len(getattr(self, field)) > 200 or "\x00" in getattr(self, field):
                raise BadInput.field(field, _("at most 200 characters of text"))

    def __bool__(self) -> bool:
        return self != UnitFilters()


def units_page(actor: Membership, filters: UnitFilters, *, cursor: str = "", limit: int = 50) -> Page:
    """Units, the newest first."""
    found = _narrowed(Unit.objects.visible_to(actor), filters, actor)
    return page_of(found.select_related("platform").defer(*HEAVY_UNIT), NEWEST, cursor, limit)


@dataclass(frozen=True)
class UnitPage:
    """One unit with everything about it that `actor` may see."""

    unit: Unit
    said: Sequence[Said]
    children: Sequence[Unit]
    questions: Sequence[Intervention]
    entries: Sequence[Entry]

    @cached_property
    def has_more_entries(self) -> bool:
        return len(self.entries) == MOST_ENTRIES


def unit_page(actor: Membership, unit_id: UUID) -> UnitPage:
    """Raises NotThere."""
    unit = unit_seen_by(actor, unit_id)
    asked = Intervention.objects.visible_to(actor).filter(unit=unit).order_by("-created_at", "-id")
    questions = list(with_row(asked).defer(*HEAVY)[:50])
    return UnitPage(unit, said_about(unit), children_of(unit, actor), questions, _entries(actor, unit, questions))


def unit_choices(actor: Membership) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The gates and the platforms there are, as (value, name)."""
    gates = Gate.objects.visible_to(actor).order_by("slug").values_list("slug", "slug")
    return list(gates), list(Platform.objects.visible_to(actor).order_by("name").values_list("slug", "name"))


def _narrowed(found: UnitQuerySet, filters: UnitFilters, actor: Membership) -> UnitQuerySet:
    if filters.status:
        found = found.filter(status__in=filters.status)
    if filters.gate:
        found = found.filter(gate=filters.gate)
    if filters.platform:
        found = found.filter(platform__slug=filters.platform)
    return _matching(found, filters.search.strip(), actor) if filters.search.strip() else found


def _matching(found: UnitQuerySet, text: str, actor: Membership) -> UnitQuerySet:
    """Its exact name if there is one of that name, else words of the title among the newest."""
    platforms = list(Platform.objects.visible_to(actor).values_list("pk", flat=True))
    named = found.filter(Q(pk=_as_id(text)) | Q(platform__in=platforms, external_id=text))
    if named.exists():
        return named
    # The bound is looked up first: as a subquery it makes the database read every title there is.
    oldest = found.order_by("-id").values_list("pk", flat=True)[SEARCHED - 1 : SEARCHED].first()
    return (found.filter(pk__gte=oldest) if oldest else found).filter(title__icontains=text)


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _entries(actor: Membership, unit: Unit, questions: Sequence[Intervention]) -> list[Entry]:
    """The latest ledger lines about the unit and its questions, in the order they were written."""
    about = Q(subject_type="unit", subject_id=str(unit.pk))
    if questions:
        about |= Q(subject_type="intervention", subject_id__in=[str(one.pk) for one in questions])
    return list(Entry.objects.visible_to(actor).filter(about).order_by("-id")[:MOST_ENTRIES])[::-1]
