"""How submits, decisions and the clock keep out of the way of the kill switch, and it out of theirs.

Whoever lets something proceed holds the stops off, in its own transaction, before it looks whether one is on. A pull
waits for all of them, and whoever comes later waits for the pull: once it has committed, nobody has not seen it.
This lock comes before any row, so that nobody waits for rows of somebody who waits for it.
"""

from uuid import UUID

from django.db import connection

from accounts.models import Membership
from interventions.models import Intervention, Stop
from interventions.queries.stops import refusal_of, stops_over, stops_over_question, stops_over_unit, why_stopped
from kit.errors import Refusal
from work.models import Unit

LOCK = 1398034256  # "STOP", as interventions/migrations/0005 has it


def hold_off_stops(organization_id: int) -> list[Stop]:
    """No stop is pulled or re-armed until this transaction ends. The ones in force now, in one round trip."""
    return list(Stop.objects.raw("SELECT * FROM stops_in_force(%s)", [organization_id]))


def hold_everybody_off(organization_id: int) -> None:
    """For the pull and the re-arming: wait until nothing is half-way in, and let nothing in until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [LOCK, organization_id])


def refuse_while_stopped(intervention: Intervention) -> None:
    """A held question is not decided. Wants it locked by `holding.lock`, which held the stops off."""
    for stop in stops_over_question(intervention, intervention.stops_in_force):
        raise Refusal(why_stopped(stop), stop=str(stop.pk))


def is_stopped(intervention: Intervention) -> bool:
    """Whether a stop keeps its clock from settling it."""
    return bool(stops_over_question(intervention, intervention.stops_in_force))


def refuse_where_stopped(unit_id: UUID | None, actor: Membership) -> None:
    """Nothing new is asked about what is stopped, nor by a platform that is."""
    known = hold_off_stops(actor.organization_id)
    if not known:
        return
    unit = Unit.objects.visible_to(actor).select_related("platform").filter(pk=unit_id).first() if unit_id else None
    if unit is not None:
        covering = stops_over_unit(unit, known)
    else:
        platform = actor.platform.slug if actor.platform else ""
        covering = stops_over(actor.organization_id, gates=(), platform=platform, workflow="", known=known)
    for stop in covering:
        raise refusal_of(stop)
