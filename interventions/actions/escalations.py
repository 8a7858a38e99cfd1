"""When the asker presses: its question moves up in the queue, and says why."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from audit.actions import record
from interventions.actions.holding import lock, refuse_unless_open, save
from interventions.actions.talk import comment
from interventions.models import Intervention
from work.models import Priority


@transaction.atomic
def escalate(intervention_id: UUID, *, message: str, actor: Membership) -> Intervention:
    """Raise an open question by one step of priority, with a remark that says why.

    For those who may remark on it: its requester, and pilots who decide. Who may answer it does not change.
    """
    refuse_unless_open(lock(intervention_id, actor))
    comment(intervention_id, body=_("Escalation requested: %(message)s") % {"message": message}, actor=actor)
    intervention = lock(intervention_id, actor)
    was = Priority(intervention.priority)
    intervention.priority = Priority(max(was - 1, Priority.CRITICAL))
    save(intervention, "priority")
    record(
        "intervention.escalation_requested",
        actor=actor,
        subject=intervention,
        was=was.word,
        priority=Priority(intervention.priority).word,
    )
    return intervention
