"""What was pressed at a gate that gives time to undo it: taken back by a pilot, or carried out by the clock."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.queries import system_of
from audit.actions import record
from interventions.actions.decisions import check, perform
from interventions.actions.holding import Deed, about, check_words, lock, refuse_unless_open, save
from interventions.models import Act, Hold, Intervention
from kit.errors import NotAllowed, Problem, Refusal


@transaction.atomic
def undo(intervention_id: UUID, *, actor: Membership, reason: str = "") -> Intervention:
    """Take back what was pressed here while it can be: one's own, or anybody's by those who may waive."""
    intervention = lock(intervention_id, actor)
    if not intervention.allows("interventions.decide_intervention", actor):
        raise NotAllowed(_("Your role may look at questions, not answer them."))
    hold = Hold.objects.select_related("by__pilot").filter(intervention=intervention).first()
    if hold is None:
        refuse_unless_open(intervention, "undo", actor=actor)
        raise Refusal(_("There is nothing to undo here."))
    if hold.by_id != actor.pk and not intervention.allows("interventions.waive_intervention", actor):
        raise NotAllowed(_("Only whoever pressed it, or an Admin, may undo this."))
    check_words(reason, "reason")
    hold.delete()
    save(intervention)
    said = about(intervention, hold.act) | ({"reason": reason} if reason else {})
    record("decision.undone", actor=actor, subject=intervention, by=hold.by.name, **said)
    return intervention


@transaction.atomic
def carry_out(intervention_id: UUID, *, organization_id: int, now: datetime) -> Intervention | None:
    """Do what was held back, as the one who pressed it, once it can no longer be undone.

    Everything is asked again: who may no longer do it has not done it, and a line says so. It was pressed in time,
    so it counts although the question's time has passed meanwhile. Returns None when it was undone, or is not due.
    """
    system = system_of(organization_id)
    intervention = lock(intervention_id, system)
    hold = Hold.objects.filter(intervention=intervention, until__lte=now).first()
    if hold is None:
        return None
    hold.delete()
    try:
        with transaction.atomic():
            return _as_pressed(intervention, hold)
    except Problem as refused:
        return _drop(intervention, hold, system, refused.sentence)


def _as_pressed(intervention: Intervention, hold: Hold) -> Intervention:
    actor = Membership.objects.acting().filter(pk=hold.by_id).first()
    if actor is None:
        raise NotAllowed(_("Whoever pressed it is no longer a member."))
    deed = Deed(Act(hold.act), hold.reason, hold.answer, hold.edited, hold.passkey)
    refuse_unless_open(intervention, actor=actor, at=hold.at)
    check(intervention, deed, actor)
    return perform(intervention, deed, actor)


def _drop(intervention: Intervention, hold: Hold, system: Membership, why: str) -> Intervention:
    intervention.refresh_from_db()
    save(intervention)
    said = about(intervention, hold.act)
    record("decision.dropped", actor=system, subject=intervention, by=hold.by.name, reason=why, **said)
    return intervention
