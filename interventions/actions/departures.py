"""A member has left: what was in their hands goes to whom they named, or back to everybody."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership
from accounts.queries import members_of, system_of
from audit.actions import record
from interventions.actions.assignments import tell
from interventions.actions.holding import lock, save
from interventions.models import Claim, Intervention, Status


@transaction.atomic
def pass_on(intervention_id: UUID, *, organization_id: int, left: int, heir: int | None) -> Intervention | None:
    """Pass on one open question that `left`, a membership, has claimed or was assigned. None: there is nothing to do.

    It goes to `heir` where that one may decide it; else the claim lapses and it is assigned to nobody.
    """
    system = system_of(organization_id)
    intervention = lock(intervention_id, system)
    if not intervention.is_open:
        return None
    taker = members_of(organization_id).filter(pk=heir).first() if heir else None
    if taker is not None and (not intervention.may_be_decided_by(taker) or intervention.is_own_request_of(taker)):
        taker = None
    claimed = _pass_on_claim(intervention, system, left, taker)
    assigned = _pass_on_assignment(intervention, system, left, taker)
    if not claimed and not assigned:
        return None
    save(intervention, "status", "assigned_to")
    if taker is not None:
        tell(taker.pk, system)
    return intervention


def _pass_on_claim(intervention: Intervention, system: Membership, left: int, taker: Membership | None) -> bool:
    held = Claim.objects.select_related("by__pilot").filter(intervention=intervention, by=left).first()
    if held is None:
        return False
    was, was_id = held.by.name, held.by.pilot.public_id
    if taker is not None:
        held.by, held.at = taker, timezone.now()
        held.save(update_fields=["by", "at"])
        given = {"to": taker.name, "to_id": taker.pilot.public_id}
        record("intervention.handed_over", actor=system, subject=intervention, was=was, **given)
        return True
    held.delete()
    if intervention.status == Status.IN_PROGRESS:
        intervention.status = Status.PENDING
    record("claim.lapsed", actor=system, subject=intervention, why="ended", held_by=was, to_id=was_id)
    return True


def _pass_on_assignment(intervention: Intervention, system: Membership, left: int, taker: Membership | None) -> bool:
    if intervention.assigned_to_id != left:
        return False
    was = intervention.assigned_to.name if intervention.assigned_to else ""
    intervention.assigned_to = taker
    if taker is None:
        record("intervention.unassigned", actor=system, subject=intervention, was=was)
    else:
        given = {"to": taker.name, "to_id": taker.pilot.public_id, "instead_of": was}
        record("intervention.assigned", actor=system, subject=intervention, **given)
    return True
