"""Many questions at once: the single action for each, in a savepoint of its own. One that fails fails alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from interventions.actions.claims import claim, release
from interventions.actions.decisions import approve, cancel, reject, resume
from interventions.models import Act, Intervention
from kit.errors import BadInput, NotAllowed, NotThere, Problem

MOST = 200
DEEDS: dict[str, Callable[..., Any]] = {
    "approve": approve,
    "reject": reject,
    "cancel": cancel,
    "claim": claim,
    "release": release,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one of them; `problem` is why nothing did."""

    question_id: UUID
    problem: Problem | None = None


@transaction.atomic
def act_on_many(
    ids: Sequence[UUID], *, act: str, actor: Membership, reason: str = "", seen: Mapping[UUID, str] | None = None
) -> list[Outcome]:
    """Approve, reject, cancel, claim or release up to 200 questions: those that can be, and why the others cannot.

    What is stopped work among them is resumed by "approve". `seen` tells of which content each was shown.
    The outcomes come in the order of `ids`.
    """
    if act not in DEEDS:
        raise BadInput.field("act", _("choose one of %(known)s") % {"known": ", ".join(DEEDS)})
    if not 1 <= len(ids) <= MOST:
        raise BadInput.field("pick", _("from 1 to %(most)s questions") % {"most": MOST})
    if not actor.has_power("interventions.decide_intervention"):
        raise NotAllowed(_("Your role may look at questions, not answer them."))
    found = _in_one_order(ids, actor)
    if not found:
        raise NotThere(_("There is no such question."))
    shown = seen or {}
    outcomes = {question.pk: _one(question, act, actor, reason, shown.get(question.pk, "")) for question in found}
    gone = NotThere(_("There is no such question."))
    return [outcomes.get(pk) or Outcome(pk, gone) for pk in dict.fromkeys(ids)]


@transaction.atomic
def rehearse_on_many(
    ids: Sequence[UUID], *, act: str, actor: Membership, seen: Mapping[UUID, str] | None = None
) -> list[Outcome]:
    """What `act_on_many` would do now. It is done and taken back, so it cannot say anything else."""
    outcomes = act_on_many(ids, act=act, actor=actor, reason=_("A rehearsal."), seen=seen)
    transaction.set_rollback(True)
    return outcomes


def _in_one_order(ids: Sequence[UUID], actor: Membership) -> list[Intervention]:
    """By unit, then by id, as rows are locked: two pilots with overlapping lists must not wait for each other."""
    visible = Intervention.objects.visible_to(actor).filter(pk__in=ids).only("unit_id", "allowed_actions")
    return sorted(visible, key=lambda question: (str(question.unit_id or ""), question.pk))


def _one(question: Intervention, act: str, actor: Membership, reason: str, seen: str) -> Outcome:
    deed = DEEDS[act]
    words = {"reason": reason} | ({"seen": seen} if act in Act.values else {})
    if act == Act.APPROVE and Act.APPROVE not in question.allowed_actions and Act.RESUME in question.allowed_actions:
        deed = resume
    try:
        deed(question.pk, actor=actor, **words)
    except Problem as problem:
        return Outcome(question.pk, problem)
    return Outcome(question.pk)
