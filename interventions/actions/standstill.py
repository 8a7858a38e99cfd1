"""What a stop does to the units and questions in its scope, and what its lifting does: slice by slice.

Each slice is a transaction that holds no lock for long, so a hundred thousand units keep nobody waiting. It may be
run by two at once, and again: it takes only what still stands as it was.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, DateTimeField, F, Q, Value, When

from accounts.models import Membership
from accounts.queries import system_of
from interventions.actions.closing import withdraw_many
from interventions.actions.holding import hints
from interventions.actions.stopping import hold_off_stops
from interventions.models import Acknowledgement, Intervention, InterventionQuerySet, Scope, Source, Status, Stop
from interventions.models.stops import MOVE, PULL, may_be_stopped_by
from live.bus import Hint, announce_many
from work import actions as work
from work.models import OPEN, Unit
from work.models import Status as UnitStatus

MOVED_AT_ONCE = 2_000
SETTLED_AT_ONCE = 500


def bring_to_rest(stop_id: UUID, *, seconds: float | None = None) -> bool:
    """Pause the units of a stop and, if it settles them, end its questions. False: not done within the time."""
    return _within(seconds, lambda: _list_callers(stop_id), lambda: _pause_some(stop_id), lambda: _settle_some(stop_id))


def let_go(stop_id: UUID, *, cancels: bool = False, seconds: float | None = None) -> bool:
    """Let the units a lifted stop had paused go on, or end them; but for those that another one covers."""
    return _within(seconds, lambda: _let_some_go(stop_id, cancels=cancels))


def give_time_back(stop: Stop, now: datetime) -> None:
    """Move the clocks of its open questions by the time that only this stop has held them.

    What another one, still on, covers as well is given back with that one. Those that wait for their requester have
    stood still anyhow, and get it back with the reply.
    """
    others = Stop.objects.on().filter(organization_id=stop.organization_id).order_by("at", "pk")
    # An empty Q matches nothing in a When: the whole organization is said as something always true.
    whens = [When(other.questions or Q(pk__isnull=False), then=Value(other.at)) for other in others]
    until = Case(*whens, default=Value(now), output_field=DateTimeField())
    running = _questions_of(stop).exclude(status=Status.AWAITING_REQUESTER).annotate(until=until)
    for moment in set(running.values_list("until", flat=True)):
        stood = moment - stop.at
        if stood.total_seconds() > 0:
            ids = list(running.filter(until=moment).values_list("pk", flat=True))
            Intervention.objects.filter(pk__in=ids).update(
                due_at=F("due_at") + stood, expires_at=F("expires_at") + stood, updated_at=now
            )
    _announce_questions(stop)


def _within(seconds: float | None, *slices: Callable[[], int]) -> bool:
    until = None if seconds is None else time.monotonic() + seconds
    for slice_of in slices:
        while slice_of():
            if until is not None and time.monotonic() > until:
                return False
    return True


@transaction.atomic
def _list_callers(stop_id: UUID) -> int:
    """Those whose acknowledgement is awaited. What is held is told now, what is paused or ended as it happens."""
    stop = _still_on(stop_id)
    if stop is None:
        return 0
    units = Unit.objects.filter(stop.units, organization_id=stop.organization_id, status__in=OPEN)
    callers = Counter(dict(units.order_by().values_list("submitted_by").annotate(Count("pk"))))
    callers.update(dict.fromkeys(_questions_of(stop).order_by().values_list("requester", flat=True).distinct(), 0))
    rows = [Acknowledgement(stop=stop, caller_id=caller, units=many) for caller, many in sorted(callers.items())]
    Acknowledgement.objects.bulk_create(
        rows, update_conflicts=True, update_fields=["units"], unique_fields=["stop", "caller"]
    )
    if not stop.settles:
        _announce_questions(stop)
    announce_many([Hint("interventions.stops", key, stop.organization_id) for key in ("", str(stop.pk))])
    return 0


@transaction.atomic
def _pause_some(stop_id: UUID) -> int:
    stop = _still_on(stop_id)
    if stop is None:
        return 0
    active = Unit.objects.filter(stop.units, organization_id=stop.organization_id, status=UnitStatus.ACTIVE)
    ids = list(active.order_by("pk").values_list("pk", flat=True)[:MOVED_AT_ONCE])
    if ids:
        work.pause_all(ids, actor=_hand_of(stop, stop.by_id), note=stop.reason)
    return len(ids)


@transaction.atomic
def _settle_some(stop_id: UUID) -> int:
    stop = _still_on(stop_id)
    if stop is None or not stop.settles:
        return 0
    # Those whose callers listen are released first.
    waiting = _questions_of(stop).order_by(F("caller_waits_until").desc(nulls_last=True), "pk")
    ids = list(waiting.values_list("pk", flat=True)[:SETTLED_AT_ONCE])
    if ids:
        # With those that the same units have asked besides: they end together, and for the same reason.
        units = Intervention.objects.filter(pk__in=ids, unit__isnull=False).values("unit")
        together = _questions_of(stop).filter(Q(pk__in=ids) | Q(unit__in=units))
        actor = _hand_of(stop, stop.by_id)
        withdraw_many(together, actor=actor, source=Source.KILL_SWITCH, reason=stop.reason)
    return len(ids)


@transaction.atomic
def _let_some_go(stop_id: UUID, *, cancels: bool) -> int:
    stop = Stop.objects.select_related("rearmed_by").get(pk=stop_id)
    paused = Unit.objects.filter(stop.units, organization_id=stop.organization_id, status=UnitStatus.PAUSED)
    for other in hold_off_stops(stop.organization_id):
        if other.scope == Scope.ORGANIZATION:
            return 0
        paused = paused.exclude(other.units)
    ids = list(paused.order_by("pk").values_list("pk", flat=True)[:MOVED_AT_ONCE])
    if ids:
        move = work.cancel_all if cancels else work.release_all
        move(ids, actor=_hand_of(stop, stop.rearmed_by_id), note=stop.rearm_reason)
    return len(ids)


def _still_on(stop_id: UUID) -> Stop | None:
    """The stop, kept on until this transaction ends; None once it is re-armed."""
    organization_id = Stop.objects.values_list("organization_id", flat=True).get(pk=stop_id)
    return next((stop for stop in hold_off_stops(organization_id) if stop.pk == stop_id), None)


def _hand_of(stop: Stop, membership_id: int | None) -> Membership:
    """In whose name it is done: the Admin's, with all their powers; the system's once they have them there no more."""
    admin = Membership.objects.acting().filter(pk__in=[membership_id]).first()
    if admin is None or not all(may_be_stopped_by(admin, stop.scope, stop.target, power) for power in (PULL, MOVE)):
        return system_of(stop.organization_id)
    return admin


def _questions_of(stop: Stop) -> InterventionQuerySet:
    return Intervention.objects.filter(stop.questions, organization_id=stop.organization_id).open()


def _announce_questions(stop: Stop) -> None:
    """Rows, pages and held calls of the open ones; the units that wait for them as well."""
    told: list[Hint] = []
    questions = _questions_of(stop).only("pk", "organization_id", "unit_id")
    for question in questions:
        told += hints(question, "changed")
        if question.unit_id is not None:
            told.append(Hint("work.unit", str(question.unit_id), stop.organization_id))
    announce_many(told)
