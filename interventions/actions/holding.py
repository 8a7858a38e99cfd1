"""How every action takes hold of a question, and how it tells the world."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Membership
from audit.actions import record
from interventions.actions.stopping import hold_off_stops, refuse_while_stopped
from interventions.models import Act, Decision, Hold, Intervention, Verdict
from interventions.queries import as_decision, as_hold
from kit.canonical import canonical_and_hash, check_json
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from live.bus import Hint, announce_many
from work.models import Unit

MAX_WORDS = 10_000
MAX_BYTES = 256 * 1024


class Deed(NamedTuple):
    """What a pilot pressed, and what was said with it."""

    act: Act
    reason: str = ""
    answer: Any = None
    edited: Any = None
    passkey: str = ""  # the credential that signed it, where the gate asks for one


def lock(intervention_id: UUID, actor: Membership) -> Intervention:
    """Lock the unit, then its question: always in this order, or two actions could wait for each other.

    Before either, stops are held off: what a decision lets go cannot be stopped half-way.
    """
    in_force = hold_off_stops(actor.organization_id)
    visible = Intervention.objects.visible_to(actor)
    unit_id = visible.filter(pk=intervention_id).values_list("unit_id", flat=True).first()
    if unit_id is not None:
        Unit.objects.select_for_update().only("pk").get(pk=unit_id)
    intervention = visible.select_for_update(of=("self",)).filter(pk=intervention_id).first()
    if intervention is None:
        raise NotThere(_("There is no such question."))
    intervention.stops_in_force = in_force
    return intervention


def refuse_unless_open(
    intervention: Intervention, act: str = "", *, actor: Membership | None = None, at: datetime | None = None
) -> None:
    """A closed question is never reopened, and the loser of a race is told who won, and what was not sent.

    `at` is when it was pressed: what was pressed in time counts, though it is carried out later.
    """
    decision = Decision.objects.select_related("by__pilot").filter(intervention=intervention).first()
    if decision is not None:
        raise Refusal(_already(decision, act, actor), decision=as_decision(decision))
    refuse_while_stopped(intervention)
    if intervention.is_expired(at or timezone.now()):
        raise Refusal(_("The time to decide has passed."))


def refuse_while_held(intervention: Intervention, act: str = "") -> None:
    """What somebody has pressed and may still undo comes first; until then nobody else decides."""
    if not intervention.undo_seconds:
        return
    hold = Hold.objects.select_related("by__pilot").filter(intervention=intervention).first()
    if hold is None:
        return
    told = as_hold(hold)
    sentence = HELD[Act(hold.act)]
    if intervention.votes_sealed:
        told, sentence = {"until": told["until"]}, SEALED
    said = _(sentence) % {"who": hold.by.name, "at": f"{hold.until:%H:%M:%S}"}
    raise Refusal(f"{said} {_(NOT_SENT[act])}", held_decision=told)


def refuse_unless_operator(intervention: Intervention, actor: Membership) -> None:
    if not intervention.allows("interventions.decide_intervention", actor):
        raise NotAllowed(_("Your role may look at questions, not answer them."))
    if intervention.has_role_for(actor):
        return
    roles = [seat["role"] for seat in intervention.seated]
    if len(roles) == 1:
        raise NotAllowed(_("Only the role %(role)s may decide this.") % {"role": roles[0]})
    raise NotAllowed(_("Only these roles may decide this: %(roles)s.") % {"roles": ", ".join(roles)})


def check_words(text: str, field: str) -> None:
    """Bounds of what people write into a question."""
    if len(text) > MAX_WORDS:
        raise BadInput.field(field, _("at most %(most)s characters") % {"most": MAX_WORDS})
    check_json(text, field)


def check_value(value: Any, field: str) -> str:
    """Bounds of the JSON that people and programs put into a question. Its hash."""
    text, digest = canonical_and_hash(value, field)
    if len(text) > MAX_BYTES:
        raise BadInput.field(field, _("at most 256 KiB"))
    return digest


def save(intervention: Intervention, *fields: str, news: str = "changed") -> None:
    """Write the named fields and leave the hints that leave at commit.

    `news` is what programs are told: new, changed or completed.
    """
    intervention.updated_at = timezone.now()
    intervention.save(update_fields=[*fields, "updated_at"])
    announce_many(hints(intervention, news))


def hold_back(intervention: Intervention, deed: Deed, actor: Membership) -> Intervention:
    """Keep what was pressed until it can no longer be undone. The words stay with it: undone, they were never said."""
    at = timezone.now()
    until = at + timedelta(seconds=intervention.undo_seconds)
    Hold.objects.create(intervention=intervention, by=actor, at=at, until=until, **deed._asdict())
    save(intervention)
    record("decision.held", actor=actor, subject=intervention, until=until.isoformat(), **about(intervention, deed.act))
    return intervention


def about(intervention: Intervention, act: str) -> dict[str, Any]:
    """What a ledger line says of something held; `sealed` keeps the line from those who have not voted yet."""
    return {"act": act} | ({"sealed": True} if intervention.votes_sealed else {})


def hints(intervention: Intervention, news: str) -> list[Hint]:
    key, organization = str(intervention.pk), intervention.organization_id
    return [
        Hint("interventions.queue", key, organization),
        Hint("interventions.detail", key, organization),
        Hint("interventions.counts", "", organization),
        Hint("interventions.program", f"{news}:{key}", organization),
    ]


ALREADY = {
    Verdict.APPROVED: (
        gettext_noop("You approved this %(span)s ago."),
        gettext_noop("%(who)s approved this %(span)s before you."),
    ),
    Verdict.REJECTED: (
        gettext_noop("You rejected this %(span)s ago."),
        gettext_noop("%(who)s rejected this %(span)s before you."),
    ),
    Verdict.WAIVED: (
        gettext_noop("You waived this %(span)s ago."),
        gettext_noop("%(who)s waived this %(span)s before you."),
    ),
    Verdict.RESUMED: (
        gettext_noop("You let this resume %(span)s ago."),
        gettext_noop("%(who)s let this resume %(span)s before you."),
    ),
    Verdict.ANSWERED: (
        gettext_noop("You answered this %(span)s ago."),
        gettext_noop("%(who)s answered this %(span)s before you."),
    ),
    Verdict.CANCELLED: (
        gettext_noop("You cancelled this %(span)s ago."),
        gettext_noop("%(who)s cancelled this %(span)s before you."),
    ),
}
NOT_SENT = {
    "": gettext_noop("What you sent was not recorded."),
    "undo": gettext_noop("It is too late to undo."),
    "clarify": gettext_noop("Your question was not sent."),
    Act.APPROVE: gettext_noop("Your approval was not sent."),
    Act.REJECT: gettext_noop("Your rejection was not sent."),
    Act.WAIVE: gettext_noop("Your waiver was not sent."),
    Act.RESUME: gettext_noop("Your word to resume was not sent."),
    Act.ANSWER: gettext_noop("Your answer was not sent."),
    Act.CANCEL: gettext_noop("Your cancellation was not sent."),
}
HELD = {
    Act.APPROVE: gettext_noop("%(who)s is approving this, and may undo it until %(at)s UTC."),
    Act.REJECT: gettext_noop("%(who)s is rejecting this, and may undo it until %(at)s UTC."),
    Act.WAIVE: gettext_noop("%(who)s is waiving this, and may undo it until %(at)s UTC."),
    Act.RESUME: gettext_noop("%(who)s is letting this resume, and may undo it until %(at)s UTC."),
    Act.ANSWER: gettext_noop("%(who)s is answering this, and may undo it until %(at)s UTC."),
    Act.CANCEL: gettext_noop("%(who)s is cancelling this, and may undo it until %(at)s UTC."),
}

SEALED = gettext_noop("Somebody's vote can still be undone, until %(at)s UTC.")


def _already(decision: Decision, act: str, actor: Membership | None) -> str:
    if decision.verdict == Verdict.EXPIRED:
        return _("The time to decide has passed.")
    own, others = ALREADY[Verdict(decision.verdict)]
    is_own = actor is not None and decision.by_id == actor.pk
    said = _(own if is_own else others) % {"who": decision.by.name, "span": _span(timezone.now() - decision.at)}
    return f"{said} {_(NOT_SENT[act])}"


def _span(passed: timedelta) -> str:
    """In one unit, rounded down: 2 s, 17 min, 3 h, 5 d."""
    seconds = int(passed.total_seconds())
    if seconds < 1:
        return _("less than 1 s")
    if seconds < 60:
        return _("%(n)s s") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)s min") % {"n": seconds // 60}
    if seconds < 2 * 86_400:
        return _("%(n)s h") % {"n": seconds // 3600}
    return _("%(n)s d") % {"n": seconds // 86_400}
