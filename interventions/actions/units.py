"""When a unit is ended, the questions about it end with it."""

from uuid import UUID

from django.db import transaction

from accounts.models import Membership
from interventions.actions.closing import withdraw_questions
from interventions.models import Source
from work import actions as work
from work.models import Unit


@transaction.atomic
def cancel_unit(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """The work is no longer wanted."""
    unit = work.cancel(unit_id, actor=actor, note=note)
    withdraw_questions(unit, actor=actor, source=_who_speaks(unit, actor))
    return unit


@transaction.atomic
def fail_unit(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """The caller reports failure: nothing is left to ask."""
    unit = work.fail(unit_id, actor=actor, note=note)
    withdraw_questions(unit, actor=actor, source=_who_speaks(unit, actor))
    return unit


def _who_speaks(unit: Unit, actor: Membership) -> Source:
    """A person who did not submit the unit speaks as a pilot; programs speak for the caller."""
    by_caller = unit.submitted_by_id == actor.pk or actor.pilot.is_machine
    return Source.CANCELLED_BY_CALLER if by_caller else Source.HUMAN
