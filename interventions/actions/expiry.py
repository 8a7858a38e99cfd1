"""The clock's turn. It can never overwrite a person: it takes the same lock and asks the same question."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.queries import system_of
from accounts.roles import ADMIN
from audit.actions import record
from guardians.models import OnTimeout
from interventions.actions.closing import close
from interventions.actions.holding import lock, save
from interventions.actions.stopping import is_stopped
from interventions.models import Decision, Hold, Intervention, Source, Status, Verdict
from work.models import Priority


@transaction.atomic
def expire(intervention_id: UUID, *, organization_id: int, now: datetime) -> Intervention | None:
    """End one question whose time has passed, or escalate it once if its gate says so.

    Returns None when somebody was quicker, or it was given more time. What a pilot has pressed in time and may
    still undo counts as quicker; what a kill switch holds has no clock.
    """
    actor = system_of(organization_id)
    intervention = lock(intervention_id, actor)
    if not intervention.is_open or not intervention.is_expired(now):
        return None
    if _is_held(intervention) or is_stopped(intervention):
        return None
    if intervention.on_timeout == OnTimeout.ESCALATE and intervention.escalated_at is None:
        return _escalate(intervention, now)
    decision = Decision(
        intervention=intervention,
        verdict=Verdict.EXPIRED,
        source=Source.TIMEOUT_DEFAULT,
        by=actor,
        role=actor.role_name,
        content_hash=intervention.content_hash,
    )
    return close(intervention, decision, Status.EXPIRED)


def _is_held(intervention: Intervention) -> bool:
    return bool(intervention.undo_seconds) and Hold.objects.filter(intervention=intervention).exists()


def _escalate(intervention: Intervention, now: datetime) -> Intervention:
    """Nobody answered: Admins are asked, at the highest priority, for as long again. Named seats fall away."""
    given = max(intervention.expires_at - intervention.created_at, timedelta(minutes=1))
    intervention.escalated_at = now
    intervention.priority = Priority.CRITICAL
    intervention.required_role = ADMIN
    intervention.seats = []
    intervention.expires_at = now + given
    save(intervention, "escalated_at", "priority", "required_role", "seats", "expires_at")
    record("intervention.escalated", actor=system_of(intervention.organization_id), subject=intervention)
    return intervention
