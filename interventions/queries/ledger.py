"""The ledger as pilots read it: page by page, one line, and the story of one unit."""

from dataclasses import replace
from uuid import UUID

from accounts.models import Membership
from audit.queries import Narrow, Page, entries_for, ledger_for
from interventions.models import Intervention
from work.queries import unit_seen_by

MOST_OF_A_TRAIL = 500  # questions about one unit


def ledger_page(actor: Membership, narrow: Narrow, *, unit_id: UUID | None = None, cursor: str = "") -> Page:
    """The newest lines first. Raises NotAllowed."""
    return ledger_for(actor, story_of(actor, narrow, unit_id), cursor=cursor)


def story_of(actor: Membership, narrow: Narrow, unit_id: UUID | None) -> Narrow:
    """Narrowed to one unit and the questions about it, if there is one. Raises NotThere."""
    if unit_id is None:
        return narrow
    unit = unit_seen_by(actor, unit_id)
    asked = Intervention.objects.visible_to(actor).filter(unit=unit).order_by("-created_at")
    questions = [("intervention", str(pk)) for pk in asked.values_list("pk", flat=True)[:MOST_OF_A_TRAIL]]
    return replace(narrow, trail=(("unit", str(unit.pk)), *questions))


def pilot_choices(actor: Membership) -> list[tuple[str, str]]:
    """Everybody who is or was a member, as (public id, name)."""
    members = Membership.objects.visible_to(actor).select_related("pilot")
    return sorted(((one.pilot.public_id, one.name) for one in members), key=lambda pair: pair[1].casefold())


def about_the_same(actor: Membership, subject_type: str, subject_id: str) -> int:
    """How many lines tell of that subject."""
    return entries_for(actor, Narrow(subject=f"{subject_type}:{subject_id}")).count()
