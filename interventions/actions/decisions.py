"""The answer to a question. Exactly one ever wins; a waiting unit moves on in the same transaction."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions import refuse_unless_fresh
from accounts.models import Membership
from audit.actions import record
from guardians.models import Kind
from guardians.types.json_schema import TooMuchWork, answer_shape
from interventions.actions.closing import close
from interventions.actions.holding import (
    Deed,
    check_value,
    check_words,
    hold_back,
    lock,
    refuse_unless_open,
    refuse_unless_operator,
    refuse_while_held,
    save,
)
from interventions.actions.passkeys import decided_hash, signed
from interventions.models import APPROVALS, Act, Decision, Intervention, Source, Status, Tally, Verdict, Vote, tally_of
from kit.errors import BadInput, NotAllowed, Refusal

MOST_FAULTS = 20

OUTCOME = {
    Act.APPROVE: (Status.APPROVED, Verdict.APPROVED),
    Act.WAIVE: (Status.APPROVED, Verdict.WAIVED),
    Act.RESUME: (Status.APPROVED, Verdict.RESUMED),
    Act.REJECT: (Status.REJECTED, Verdict.REJECTED),
    Act.ANSWER: (Status.COMPLETED, Verdict.ANSWERED),
    Act.CANCEL: (Status.CANCELLED, Verdict.CANCELLED),
}


@transaction.atomic
def approve(
    intervention_id: UUID,
    *,
    actor: Membership,
    reason: str = "",
    edited: Any = None,
    seen: str = "",
    passkey: Any = None,
) -> Intervention:
    """Let it run, as proposed or as `edited` where the gate allows that.

    With several approvals required this is one vote of them; the last one decides. `passkey` is the assertion that
    some gates ask for.
    """
    return _press(intervention_id, Deed(Act.APPROVE, reason, edited=edited), seen, actor, passkey)


@transaction.atomic
def waive(
    intervention_id: UUID, *, actor: Membership, reason: str = "", seen: str = "", passkey: Any = None
) -> Intervention:
    """Override the violation that held it. Admins only, and never without a reason."""
    return _press(intervention_id, Deed(Act.WAIVE, reason), seen, actor, passkey)


@transaction.atomic
def resume(
    intervention_id: UUID, *, actor: Membership, reason: str = "", seen: str = "", passkey: Any = None
) -> Intervention:
    """Let stopped work go on."""
    return _press(intervention_id, Deed(Act.RESUME, reason), seen, actor, passkey)


@transaction.atomic
def reject(intervention_id: UUID, *, actor: Membership, reason: str = "", seen: str = "") -> Intervention:
    """Say no. One rejection decides, whatever the votes before it; where the gate says otherwise, it is a vote too."""
    return _press(intervention_id, Deed(Act.REJECT, reason), seen, actor)


@transaction.atomic
def answer(intervention_id: UUID, *, actor: Membership, answer: Any, reason: str = "", seen: str = "") -> Intervention:
    """Answer a question in words or in the shape its schema asks for."""
    return _press(intervention_id, Deed(Act.ANSWER, reason, answer=answer), seen, actor)


@transaction.atomic
def cancel(intervention_id: UUID, *, actor: Membership, reason: str = "", seen: str = "") -> Intervention:
    """Take the question back: by a pilot, or by the program that asked it."""
    return _press(intervention_id, Deed(Act.CANCEL, reason), seen, actor)


def check(intervention: Intervention, deed: Deed, actor: Membership) -> None:
    """Refuse what may not be: now, and once more when what was held back is carried out."""
    if not _is_callers(intervention, deed.act, actor):
        _refuse_unless_offered(intervention, deed.act, actor)
    _check_reason(intervention, deed.act, deed.reason)
    if deed.act == Act.ANSWER:
        _check_answer(deed.answer, intervention.answer_schema)
    if deed.edited is not None:
        _check_edit(intervention, deed.edited)
    if _is_vote(intervention, deed.act):
        _refuse_second_vote(intervention, actor)
        _seat_of(intervention, _tally(intervention), actor)


def perform(intervention: Intervention, deed: Deed, actor: Membership) -> Intervention:
    """Vote or decide. The caller holds the locks and has refused what must be refused."""
    if _is_vote(intervention, deed.act):
        return _vote(intervention, deed, actor)
    source = Source.CANCELLED_BY_CALLER if _is_callers(intervention, deed.act, actor) else Source.HUMAN
    return _settle(intervention, deed, actor, source)


def _press(intervention_id: UUID, deed: Deed, seen: str, actor: Membership, passkey: Any = None) -> Intervention:
    """Do it, or hold it back for as long as the gate lets it be undone."""
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention, deed.act, actor=actor)
    is_callers = _is_callers(intervention, deed.act, actor)
    if not is_callers:
        refuse_while_held(intervention, deed.act)
    if seen and not intervention.is_still(seen):
        raise Refusal(_("What is asked here has changed since you looked. Look again, then decide."))
    check(intervention, deed, actor)
    deed = signed(intervention, deed, passkey, actor)
    if intervention.undo_seconds and not is_callers:
        return hold_back(intervention, deed, actor)
    return perform(intervention, deed, actor)


def _is_callers(intervention: Intervention, act: Act, actor: Membership) -> bool:
    """Whoever asked takes its question back whatever its role, and at once."""
    return act == Act.CANCEL and intervention.is_spoken_for_by(actor)


def _is_vote(intervention: Intervention, act: Act) -> bool:
    return act in APPROVALS or (act == Act.REJECT and not intervention.veto)


def _vote(intervention: Intervention, deed: Deed, actor: Membership) -> Intervention:
    seat = _seat_of(intervention, _tally(intervention), actor)
    given = {"act": deed.act, "seat": seat, "reason": deed.reason, "passkey": deed.passkey}
    Vote.objects.create(intervention=intervention, by=actor, **given)
    tally = _tally(intervention)
    source = Source.QUORUM if intervention.required_approvals > 1 else Source.HUMAN
    if tally.is_rejected:
        return _settle(intervention, deed, actor, source)
    if tally.is_approved:
        return _settle(intervention, _as_waiver(intervention, deed), actor, source)

    sealed = {"sealed": True} if intervention.votes_sealed else {}
    votes = sum(len(seat.approvals) + len(seat.rejections) for seat in tally.seats)
    said = {"act": deed.act, "votes": votes, "reason": deed.reason} | ({"seat": seat} if seat else {})
    said |= {"passkey": deed.passkey} if deed.passkey else {}
    record("intervention.voted", actor=actor, subject=intervention, **said, **sealed)
    save(intervention)
    return intervention


def _tally(intervention: Intervention) -> Tally:
    return tally_of(intervention, Vote.objects.filter(intervention=intervention).order_by("pk"))


def _seat_of(intervention: Intervention, tally: Tally, actor: Membership) -> str:
    """The named seat this vote fills, "" where there are none."""
    if not intervention.seats:
        return ""
    seat = tally.seat_for(actor, intervention.platform_id)
    if seat is not None:
        return seat.role
    role = actor.role_at(intervention.platform_id)
    if intervention.votes_sealed:  # which seats are taken would tell who has voted
        raise NotAllowed(_("There is no open seat for your role, %(role)s.") % {"role": role})
    raise NotAllowed(
        _("There is no open seat for your role, %(role)s. Still missing: %(missing)s.")
        % {"role": role, "missing": ", ".join(tally.missing_roles)}
    )


def _refuse_second_vote(intervention: Intervention, actor: Membership) -> None:
    given = Vote.objects.filter(intervention=intervention, by=actor).first()
    if given is None:
        return
    if given.act == Act.REJECT:
        raise Refusal(_("You have already rejected this; each pilot votes once."))
    raise Refusal(_("You have already approved this; somebody else must as well."))


def _refuse_unless_offered(intervention: Intervention, act: Act, actor: Membership) -> None:
    refuse_unless_operator(intervention, actor)
    if act not in intervention.allowed_actions:
        raise Refusal(
            _("This question cannot be settled that way; it offers: %(acts)s.") % {"acts": _acts(intervention)}
        )
    if act == Act.WAIVE:
        _refuse_unless_waiver(intervention, actor)
    if act in APPROVALS and intervention.is_own_request_of(actor):
        raise NotAllowed(_("You asked for this yourself; somebody else must approve it."))


def _refuse_unless_waiver(intervention: Intervention, actor: Membership) -> None:
    if not intervention.allows("interventions.waive_intervention", actor):
        raise NotAllowed(_("Only an Admin may waive a violation."))
    refuse_unless_fresh(actor)


def _settle(intervention: Intervention, deed: Deed, actor: Membership, source: Source) -> Intervention:
    status, verdict = OUTCOME[deed.act]
    if intervention.kind == Kind.KILL_SWITCH and deed.act == Act.APPROVE:
        status = Status.COMPLETED
    decision = Decision(
        intervention=intervention,
        verdict=verdict,
        source=source,
        by=actor,
        role=actor.role_at(intervention.platform_id),
        reason=deed.reason,
        answer=deed.answer,
        edited=deed.edited,
        content_hash=decided_hash(intervention, deed),
        passkey=deed.passkey,
    )
    return close(intervention, decision, status)


def _check_reason(intervention: Intervention, act: Act, reason: str) -> None:
    check_words(reason, "reason")
    mandatory = act == Act.WAIVE or (intervention.reason_required and act != Act.CANCEL)
    if mandatory and not reason.strip():
        raise BadInput.field("reason", _("say why: this decision overrides a rule or its gate asks for a reason"))


def _check_edit(intervention: Intervention, edited: Any) -> None:
    if not intervention.edits_allowed or intervention.proposed is None:
        raise BadInput.field("edited", _("what was proposed here cannot be edited"))
    if intervention.required_approvals > 1:
        raise BadInput.field("edited", _("several pilots approve this, and they must approve the same thing"))
    check_value(edited, "edited")


def _check_answer(answer: Any, schema: dict[str, Any] | None) -> None:
    check_value(answer, "answer")
    if answer is None or (isinstance(answer, str) and not answer.strip()) or (schema is None and answer in ([], {})):
        raise BadInput.field("answer", _("an answer cannot be empty"))
    if schema is not None:
        _check_shape(answer, schema)


def _check_shape(answer: Any, schema: dict[str, Any]) -> None:
    try:
        found = answer_shape(schema).failures(answer, MOST_FAULTS)
    except TooMuchWork:
        raise BadInput.field("answer", _("this takes too long to hold against what was asked for")) from None
    if found:
        errors = [{"field": f"answer/{path.replace('.', '/')}".strip("/"), "message": why[:300]} for path, why in found]
        raise BadInput(_("The answer does not have the shape that was asked for."), errors=errors)


def _as_waiver(intervention: Intervention, deed: Deed) -> Deed:
    """A quorum that holds a waiver waives, whoever came last: the reason is why the violation was overridden."""
    waiver = Vote.objects.filter(intervention=intervention, act=Act.WAIVE).order_by("pk").first()
    if waiver is None or deed.act == Act.WAIVE:
        return deed
    return deed._replace(act=Act.WAIVE, reason=waiver.reason)


def _acts(intervention: Intervention) -> str:
    return ", ".join(str(Act(act).label) for act in intervention.allowed_actions)
