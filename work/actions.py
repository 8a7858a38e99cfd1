"""The lifecycle of a unit: every move it can make, and who may make it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, ExpressionWrapper, F, Value
from django.db.models import DateTimeField as Moment
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast, Concat, JSONObject, Now, Right
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Membership
from accounts.queries import system_of
from audit.actions import Person, record, record_each
from kit.canonical import check_json
from kit.errors import NotAllowed, NotThere, Refusal
from live.bus import Hint, announce, announce_many
from work.models import TERMINAL, Status, Unit


@transaction.atomic
def heartbeat(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """The caller is alive: one interaction more, and a stalled unit is active again.

    Past `max_interactions` the unit stalls: a caller that loops is not a caller that works.
    """
    check_json(note, "note")
    unit = _lock(unit_id, actor)
    if unit.status not in {Status.ACTIVE, Status.STALLED}:
        raise Refusal(
            _("A heartbeat needs an active unit; this one is %(status)s.") % {"status": unit.get_status_display()}
        )
    now = timezone.now()
    unit.interaction_count += 1
    unit.heartbeat_at = now
    if unit.interaction_count > unit.max_interactions:
        if unit.status == Status.STALLED:
            raise Refusal(
                _("This unit has used its %(most)s interactions; ask a pilot to resume it.")
                % {"most": unit.max_interactions}
            )
        return _move(unit, Status.STALLED, actor=actor, note=gettext_noop("Too many interactions."))
    if unit.status == Status.STALLED:
        return _move(unit, Status.ACTIVE, actor=actor, note=note)
    unit.note = note or unit.note
    _save(unit, now)
    record("unit.heartbeat", actor=actor, subject=unit, interactions=unit.interaction_count)
    return unit


@transaction.atomic
def complete(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """The caller reports that the work is done."""
    return _move(_lock(unit_id, actor), Status.COMPLETED, actor=actor, note=note)


@transaction.atomic
def fail(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """The caller reports that the work did not succeed, or a pilot's answer ends it."""
    return _move(_lock(unit_id, actor), Status.FAILED, actor=actor, note=note)


@transaction.atomic
def cancel(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """Nobody wants the work any more."""
    return _move(_lock(unit_id, actor), Status.CANCELLED, actor=actor, note=note)


@transaction.atomic
def end_unreported(unit_id: UUID, *, went_ahead: bool, actor: Membership) -> None:
    """End a unit whose caller has fetched its answer and, by its protocol, never says how it went on.

    Only the caller's own fetch counts, and only the first: who else looks, or looks again, ends nothing.
    """
    own = Unit.objects.visible_to(actor).filter(pk=unit_id, submitted_by=actor, status=Status.ACTIVE)
    unit = own.select_for_update(of=("self",)).first()
    if unit is None or not unit.may_be_moved_by(actor):
        return
    if went_ahead:
        note = gettext_noop("Its caller was told to go ahead, and does not report how it went.")
        _move(unit, Status.COMPLETED, actor=actor, note=note)
    else:
        note = gettext_noop("Its caller was told not to run what it had asked for.")
        _move(unit, Status.CANCELLED, actor=actor, note=note)


@transaction.atomic
def await_pilot(unit_id: UUID, *, actor: Membership) -> Unit:
    """Stop the unit until a question about it is answered."""
    return _move(_lock(unit_id, actor), Status.AWAITING_PILOT, actor=actor)


@transaction.atomic
def release(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """Let a unit that waited, paused or stalled go on; its interactions count from zero again."""
    unit = _lock(unit_id, actor)
    unit.interaction_count = 0
    return _move(unit, Status.ACTIVE, actor=actor, note=note)


@transaction.atomic
def pause(unit_id: UUID, *, actor: Membership, note: str = "") -> Unit:
    """Stop an active unit where it is."""
    return _move(_lock(unit_id, actor), Status.PAUSED, actor=actor, note=note)


@transaction.atomic
def pause_all(unit_ids: Sequence[UUID], *, actor: Membership, note: str = "") -> list[UUID]:
    """The bulk form of `pause`: those of these units that are active. The others are left as they are."""
    return _move_all(unit_ids, {Status.ACTIVE}, Status.PAUSED, actor, note, heartbeat_due_at=None)


@transaction.atomic
def release_all(unit_ids: Sequence[UUID], *, actor: Membership, note: str = "") -> list[UUID]:
    """The bulk form of `release`, of paused units. The time they stood still is given back to them."""
    stood = Now() - F("updated_at")
    second = Value(timedelta(seconds=1))
    return _move_all(
        unit_ids,
        {Status.PAUSED},
        Status.ACTIVE,
        actor,
        note,
        interaction_count=0,
        expires_at=ExpressionWrapper(F("expires_at") + stood, Moment()),
        heartbeat_due_at=ExpressionWrapper(Now() + F("heartbeat_seconds") * second, Moment()),
    )


@transaction.atomic
def cancel_all(
    unit_ids: Sequence[UUID], *, actor: Membership, note: str = "", was: Collection[Status] = (Status.PAUSED,)
) -> list[UUID]:
    """The bulk form of `cancel`, of units that are paused, or in one of the states of `was`."""
    return _move_all(unit_ids, was, Status.CANCELLED, actor, note, settled_at=Now())


@transaction.atomic
def extend(unit_id: UUID, *, until: datetime, actor: Membership) -> Unit:
    """Give the work until then, where it would run out before: a question about it was given more time."""
    unit = _lock(unit_id, actor)
    if unit.is_settled or unit.expires_at is None or unit.expires_at >= until:
        return unit
    unit.expires_at = until
    _save(unit, timezone.now())
    record("unit.extended", actor=actor, subject=unit, until=until.isoformat())
    return unit


@transaction.atomic
def archive(unit_id: UUID, *, actor: Membership) -> Unit:
    """Put a settled unit out of the daily lists. Nothing is deleted."""
    unit = _lock(unit_id, actor)
    if not unit.is_settled:
        raise Refusal(
            _("Only a settled unit can be archived; this one is %(status)s.") % {"status": unit.get_status_display()}
        )
    if unit.archived_at is None:
        unit.archived_at = timezone.now()
        _save(unit, unit.archived_at)
        record("unit.archived", actor=actor, subject=unit)
    return unit


def forget_requester(person: Person) -> None:
    """Part of the action that erases somebody: units that they asked for were asked for by the pseudonym."""
    ours = Unit.objects.filter(organization__in=person.organizations, requested_by__in=person.names)
    ours.update(requested_by=person.pseudonym)


def empty_units(unit_ids: Collection[UUID], now: datetime) -> int:
    """Part of the clock's turn: these settled units let go of what they were about, and keep how they fared."""
    outcome = JSONObject(outcome=KeyTransform("outcome", "verdict"), guardian=KeyTransform("guardian", "verdict"))
    return (
        Unit.objects.filter(pk__in=unit_ids)
        .exclude(settled_at=None)
        .update(
            title=Concat(Value("#"), Right(Cast(F("id"), CharField()), 8)),
            description="",
            attributes={},
            proposed=None,
            verdict=outcome,
            note="",
            requested_by="",
            callback_url="",
            dialect=None,
            emptied_at=now,
        )
    )


@transaction.atomic
def stall_silent(now: datetime, *, limit: int = 500) -> int:
    """Mark active units whose heartbeat is overdue. Returns how many; run by a timer."""
    silent = Unit.objects.silent(now).select_for_update(skip_locked=True).order_by("heartbeat_due_at")[:limit]
    found = list(silent)
    for unit in found:
        _move(unit, Status.STALLED, actor=system_of(unit.organization_id), note=gettext_noop("No heartbeat."))
    return len(found)


@transaction.atomic
def expire_overdue(now: datetime, *, limit: int = 500) -> int:
    """Cancel open units past their own expiry. Those that wait for a pilot end with their question."""
    overdue = Unit.objects.overdue(now).select_for_update(skip_locked=True).order_by("expires_at")[:limit]
    found = list(overdue)
    for unit in found:
        _move(unit, Status.CANCELLED, actor=system_of(unit.organization_id), note=gettext_noop("The unit expired."))
    return len(found)


def _lock(unit_id: UUID, actor: Membership) -> Unit:
    unit = Unit.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=unit_id).first()
    if unit is None:
        raise NotThere(_("There is no such unit of work."))
    if not unit.may_be_moved_by(actor):
        raise NotAllowed(_("Your role may look at units of work, not move them."))
    return unit


def _move(unit: Unit, status: str, *, actor: Membership, note: str = "") -> Unit:
    check_json(note, "note")
    if not unit.may_become(status):
        raise Refusal(
            _("A unit that is %(status)s cannot become %(wanted)s.")
            % {"status": unit.get_status_display(), "wanted": Status(status).label}
        )
    now = timezone.now()
    was, unit.status = unit.status, status
    unit.note = note
    unit.settled_at = now if status in TERMINAL else None
    _save(unit, now)
    record(f"unit.{status}", actor=actor, subject=unit, was=was, **({"note": note} if note else {}))
    return unit


def _move_all(
    unit_ids: Sequence[UUID], was: Collection[Status], status: Status, actor: Membership, note: str, **changes: Any
) -> list[UUID]:
    """One statement for the units, one for their lines: a kill switch moves a hundred thousand."""
    check_json(note, "note")
    found = Unit.objects.visible_to(actor).filter(pk__in=unit_ids, status__in=was)
    before = list(found.select_for_update(of=("self",)).order_by("pk").only("status", "platform"))
    moved = [unit.pk for unit in before]
    if not all(unit.may_be_moved_by(actor) for unit in before):
        raise NotAllowed(_("Your role may look at units of work, not move them."))
    Unit.objects.filter(pk__in=moved).update(status=status, note=note, updated_at=Now(), **changes)
    said = {"note": note} if note else {}
    lines = [(unit.pk, unit.platform_id, {"was": unit.status} | said) for unit in before]
    record_each(f"unit.{status}", actor=actor, subjects=Unit, lines=lines)
    announce_many(Hint("work.unit", str(pk), actor.organization_id) for pk in moved)
    return moved


def _save(unit: Unit, now: datetime) -> None:
    owes = unit.status == Status.ACTIVE and unit.heartbeat_seconds
    unit.heartbeat_due_at = now + timedelta(seconds=unit.heartbeat_seconds or 0) if owes else None
    unit.updated_at = now
    unit.save(
        update_fields=[
            "status",
            "note",
            "settled_at",
            "archived_at",
            "expires_at",
            "updated_at",
            "heartbeat_at",
            "heartbeat_due_at",
            "interaction_count",
        ]
    )
    announce("work.unit", str(unit.pk), organization_id=unit.organization_id)
