"""Who is on it. A claim tells the others; it keeps nobody from deciding."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.queries import system_of
from audit.actions import record
from interventions.actions.assignments import tell
from interventions.actions.holding import check_words, lock, refuse_unless_open, refuse_unless_operator, save
from interventions.models import Claim, Intervention, Status
from interventions.queries.hands import lapsed
from kit.errors import NotAllowed, Refusal


@transaction.atomic
def claim(intervention_id: UUID, *, actor: Membership, reason: str = "") -> Intervention:
    """Take a question in hand. Claiming what is already yours changes nothing."""
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention)
    refuse_unless_operator(intervention, actor)
    check_words(reason, "reason")
    held = Claim.objects.select_related("by__pilot").filter(intervention=intervention).first()
    if held is not None and held.by_id == actor.pk:
        return intervention
    if held is not None:
        raise Refusal(_("%(who)s has already claimed this.") % {"who": held.by.name})
    Claim.objects.create(intervention=intervention, by=actor)
    if intervention.status == Status.PENDING:
        intervention.status = Status.IN_PROGRESS
    save(intervention, "status")
    record("intervention.claimed", actor=actor, subject=intervention, **_said(reason))
    return intervention


@transaction.atomic
def release(intervention_id: UUID, *, actor: Membership, reason: str = "") -> Intervention:
    """Put it back. One's own claim, or anybody's by those who may waive."""
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention)
    refuse_unless_operator(intervention, actor)
    check_words(reason, "reason")
    held = Claim.objects.select_related("by__pilot").filter(intervention=intervention).first()
    if held is None:
        raise Refusal(_("Nobody has claimed this."))
    if held.by_id != actor.pk and not intervention.allows("interventions.waive_intervention", actor):
        raise NotAllowed(_("%(who)s has claimed this; only they or an Admin may release it.") % {"who": held.by.name})
    held.delete()
    if intervention.status == Status.IN_PROGRESS:
        intervention.status = Status.PENDING
    save(intervention, "status")
    record("intervention.released", actor=actor, subject=intervention, held_by=held.by.name, **_said(reason))
    return intervention


@transaction.atomic
def lapse_claim(intervention_id: UUID, *, organization_id: int, now: datetime) -> Intervention | None:
    """Take a claim off a question whose holder has left it alone for too long, or is not here any more.

    Returns None when the holder was quicker: they did something, released it, or decided.
    """
    actor = system_of(organization_id)
    intervention = lock(intervention_id, actor)
    held = lapsed(Claim.objects.filter(intervention=intervention), now).select_related("by__pilot").first()
    if held is None or not intervention.is_open:
        return None
    held.delete()
    if intervention.status == Status.IN_PROGRESS:
        intervention.status = Status.PENDING
    save(intervention, "status")
    whose = {"held_by": held.by.name, "to_id": held.by.pilot.public_id}
    record("claim.lapsed", actor=actor, subject=intervention, why=_why(held), **whose)
    tell(held.by_id, actor)
    return intervention


def _why(held: Claim) -> str:
    if held.by.ended_at is not None or not held.by.pilot.is_active:
        return "ended"
    return "away" if held.by.away else "idle"


def _said(reason: str) -> dict[str, str]:
    return {"reason": reason} if reason else {}
