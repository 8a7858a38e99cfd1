"""How a question ends, and what becomes of the unit that waited for it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Membership
from audit.actions import record, record_each
from guardians.models import Kind, OnTimeout
from interventions.actions.holding import about, hints, save
from interventions.models import Claim, Decision, Hold, Intervention, InterventionQuerySet, Source, Status, Verdict
from kit.jobs import defer, defer_many
from live.bus import announce_many
from work import actions as work
from work.models import Status as UnitStatus
from work.models import Unit

# For which answer the clock stands in, by the setting of the gate; escalation happened before, and then means no.
ON_TIMEOUT = {
    OnTimeout.REJECT: Verdict.REJECTED,
    OnTimeout.ESCALATE: Verdict.REJECTED,
    OnTimeout.APPROVE: Verdict.APPROVED,
    OnTimeout.CANCEL: Verdict.CANCELLED,
}

# Where an answer finds a unit that it can move.
STOPPED = frozenset({UnitStatus.AWAITING_PILOT, UnitStatus.STALLED})

MOVE = {
    UnitStatus.ACTIVE: work.release,
    UnitStatus.FAILED: work.fail,
    UnitStatus.CANCELLED: work.cancel,
}


def close(intervention: Intervention, decision: Decision, status: Status) -> Intervention:
    """Write the decision, move the unit on, tell everybody. The one way a question ends.

    The caller holds the locks and has refused what must be refused.
    """
    decision.effect = _move_unit(intervention, decision)
    decision.at = timezone.now()
    decision.save(force_insert=True)
    Claim.objects.filter(intervention=intervention).delete()
    _drop_holds([intervention], decision.by)
    intervention.status = status
    intervention.settled_at = decision.at
    intervention.resolution_source = decision.source
    intervention.paused_at = None
    save(intervention, "status", "settled_at", "resolution_source", "paused_at", news="completed")
    verb = "intervention.expired" if status == Status.EXPIRED else "intervention.decided"
    record(verb, actor=decision.by, subject=intervention, **_said(decision))
    if intervention.callback_url:
        defer("interventions.tell_caller", intervention_id=str(intervention.pk))
    return intervention


def withdraw_questions(unit: Unit, *, actor: Membership, source: Source, but: Intervention | None = None) -> None:
    """End the open questions of a unit that has itself ended, but for the one whose answer ended it."""
    questions = Intervention.objects.filter(unit=unit)
    _end_many(_locked(questions.exclude(pk=but.pk) if but is not None else questions), (), actor, source)


def withdraw_many(questions: InterventionQuerySet, *, actor: Membership, source: Source, reason: str) -> None:
    """The bulk form of `close`: end open questions as cancelled, and the units that wait for them.

    A statement for each table, however many there are. Units are locked before questions, both in one order.
    """
    units = list(questions.exclude(unit=None).values_list("unit", flat=True))
    list(Unit.objects.select_for_update().filter(pk__in=units).order_by("pk").values_list("pk"))
    found = _locked(questions)
    waiting = [question.unit_id for question in found if question.unit_id is not None]
    moved = work.cancel_all(waiting, actor=actor, note=reason[:1000], was=STOPPED)
    _end_many(found, moved, actor, source, reason)
    _end_many(_locked(Intervention.objects.filter(unit__in=moved)), (), actor, Source.SUPERSEDED)


def _locked(questions: InterventionQuerySet) -> list[Intervention]:
    """Those that are open, with what their end needs to know: not the context, which may be 256 KiB each."""
    needed = (
        "organization_id",
        "platform_id",
        "unit_id",
        "content_hash",
        "callback_url",
        "undo_seconds",
        "votes_sealed",
    )
    return list(questions.open().select_for_update(of=("self",)).only(*needed).order_by("pk"))


def _end_many(
    questions: Sequence[Intervention], moved: Collection[UUID], actor: Membership, source: Source, reason: str = ""
) -> None:
    """As cancelled. `moved` are their units that have just ended with them."""
    if not questions:
        return
    ids, at = [question.pk for question in questions], timezone.now()
    decisions = [_cancellation(question, actor, source, reason, at) for question in questions]
    first = {decision.intervention.unit_id: decision for decision in reversed(decisions)}
    for unit_id in moved:
        first[unit_id].effect = UnitStatus.CANCELLED
    Decision.objects.bulk_create(decisions)
    Claim.objects.filter(intervention__in=ids).delete()
    _drop_holds(questions, actor)
    Intervention.objects.filter(pk__in=ids).update(
        status=Status.CANCELLED, settled_at=at, resolution_source=source, paused_at=None, updated_at=at
    )
    lines = [(one.intervention_id, one.intervention.platform_id, _said(one)) for one in decisions]
    record_each("intervention.decided", actor=actor, subjects=Intervention, lines=lines)
    calls = [{"intervention_id": str(question.pk)} for question in questions if question.callback_url]
    defer_many("interventions.tell_caller", calls)
    announce_many(hint for question in questions for hint in hints(question, "completed"))


def _cancellation(question: Intervention, actor: Membership, source: Source, reason: str, at: datetime) -> Decision:
    return Decision(
        intervention=question,
        verdict=Verdict.CANCELLED,
        source=source,
        by=actor,
        role=actor.role_at(question.platform_id),
        reason=reason,
        content_hash=question.content_hash,
        at=at,
    )


def _drop_holds(questions: Sequence[Intervention], actor: Membership) -> None:
    """Ended otherwise, by its caller or a kill switch: what was held back will not be done, and a line says so."""
    undoable = {question.pk: question for question in questions if question.undo_seconds}
    if not undoable:
        return
    holds = Hold.objects.filter(intervention__in=undoable)
    held = list(holds.select_related("by__pilot").order_by("pk"))
    holds.delete()
    lines = [_dropped(undoable[one.intervention_id], one) for one in held]
    record_each("decision.dropped", actor=actor, subjects=Intervention, lines=lines)


def _dropped(question: Intervention, hold: Hold) -> tuple[UUID, int | None, dict[str, Any]]:
    return question.pk, question.platform_id, {"by": hold.by.name} | about(question, hold.act)


def _said(decision: Decision) -> dict[str, Any]:
    """What the ledger line of a decision holds."""
    return {
        "verdict": decision.verdict,
        "source": decision.source,
        "reason": decision.reason,
        "content_hash": decision.content_hash,
        "effect": decision.effect,
    } | ({"passkey": decision.passkey} if decision.passkey else {})


def _move_unit(intervention: Intervention, decision: Decision) -> str:
    """Move the waiting unit as the decision says; its new status, or "" when it does not move."""
    unit = intervention.unit
    if unit is None or unit.status not in STOPPED:
        return ""
    effect = _effect(intervention, decision)
    others = unit.interventions.open().exclude(pk=intervention.pk)
    if effect == UnitStatus.ACTIVE and others.exists():
        return ""  # another question still holds it
    moved = MOVE[effect](unit.pk, actor=decision.by, note=decision.reason[:1000])
    if effect != UnitStatus.ACTIVE:
        withdraw_questions(moved, actor=decision.by, source=Source.SUPERSEDED, but=intervention)
    return effect


def _effect(intervention: Intervention, decision: Decision) -> UnitStatus:
    expired = decision.verdict == Verdict.EXPIRED
    verdict = ON_TIMEOUT[OnTimeout(intervention.on_timeout)] if expired else decision.verdict
    if verdict == Verdict.REJECTED:
        # A refused request to cancel means: carry on.
        return UnitStatus.ACTIVE if intervention.kind == Kind.CANCEL else UnitStatus.FAILED
    if verdict == Verdict.CANCELLED or intervention.kind == Kind.CANCEL:
        return UnitStatus.CANCELLED
    return UnitStatus.ACTIVE
