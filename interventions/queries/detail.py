"""One question with all that is said about it, and what stands around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, prefetch_related_objects
from django.utils.translation import gettext as _

from accounts.models import Membership
from audit.models import Entry
from interventions.models import Hold, Intervention, Vote
from interventions.queries.lists import URGENT, beyond, turned, with_row
from kit.errors import NotThere
from work.models import Unit

MOST_LINES = 200
MOST_CHILDREN = 50


def intervention_for(actor: Membership, intervention_id: UUID) -> Intervention:
    """One question as a program or a page reads it, with votes and comments. Raises NotThere."""
    votes = Vote.objects.visible_to(actor).select_related("by__pilot")  # sealed ones are not even read
    found = (
        with_row(Intervention.objects.visible_to(actor))
        .select_related("claim__by__absence", "assigned_to__absence")
        .defer("search", "unit__attributes")  # for the index only, and a copy of what the question calls its context
        .prefetch_related(Prefetch("votes", votes), "comments__by__pilot", "comments__mentions__pilot")
        .filter(pk=intervention_id)
        .first()
    )
    if found is None:
        raise NotThere(_("There is no such question."))
    if found.undo_seconds and found.is_open:
        held = Hold.objects.visible_to(actor).select_related("by__pilot")
        prefetch_related_objects([found], Prefetch("hold", held))
    return found


@dataclass(frozen=True)
class Place:
    """Where a question stands in the queue: its neighbours, and how many are before it."""

    earlier: UUID | None
    next: UUID | None
    number: int


def value_at(actor: Membership, question_id: UUID, of: str, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901) in the context, or in what was proposed. Raises NotThere."""
    found = Intervention.objects.visible_to(actor).filter(pk=question_id).values_list(of, flat=True)
    if not found:
        raise NotThere(_("There is no such question."))
    value = found[0]
    for token in pointer.split("/")[1:]:
        value = _member(value, token.replace("~1", "/").replace("~0", "~"))
    return value


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict) and name in value:
        return value[name]
    if isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(value):
        return value[int(name)]
    raise NotThere(_("There is nothing at this place."))


def lines_about(question: Intervention, others: Sequence[Intervention], actor: Membership) -> list[Entry]:
    """What the ledger says of the question, of its unit and of the unit's other questions: the latest, oldest first."""
    lines = Entry.objects.visible_to(actor)
    about = [("intervention", question.pk), *(("intervention", other.pk) for other in others)]
    if question.unit_id:
        about.append(("unit", question.unit_id))
    # A walk down one index for each; an OR of them would read all of each before it sorts.
    first, *rest = (lines.about(*subject).order_by("-id")[:MOST_LINES] for subject in about)
    found = first.union(*rest, all=True).order_by("-id")[:MOST_LINES] if rest else first
    return list(reversed(found))


def children_of(question: Intervention, actor: Membership) -> list[Unit]:
    if question.unit_id is None:
        return []
    found = Unit.objects.visible_to(actor).filter(parent=question.unit_id).order_by("pk")
    return list(found.only("title", "status", "external_id")[:MOST_CHILDREN])


def place_of(question: Intervention, actor: Membership) -> Place:
    """A settled question has left the queue; its neighbours are those it stood between."""
    waiting = Intervention.objects.visible_to(actor).open()
    here = [getattr(question, field) for field in URGENT]
    upwards = [turned(field) for field in URGENT]
    after, before = beyond(URGENT, here), beyond(upwards, here)
    return Place(
        earlier=waiting.filter(before).order_by(*upwards).values_list("pk", flat=True).first(),
        next=waiting.filter(after & ~Q(pk=question.pk)).order_by(*URGENT).values_list("pk", flat=True).first(),
        number=waiting.filter(before).count() + 1,
    )
