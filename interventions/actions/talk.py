"""Words around a question. Asking back stops the clock until the requester replies."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.queries import system_of
from audit.actions import record
from interventions.actions.assignments import tell
from interventions.actions.holding import (
    check_words,
    lock,
    refuse_unless_open,
    refuse_unless_operator,
    refuse_while_held,
    save,
)
from interventions.models import Claim, Comment, Intervention, Status
from interventions.queries.mentions import mentioned_in
from kit.errors import BadInput, NotAllowed, Refusal
from work import actions as work


@transaction.atomic
def comment(intervention_id: UUID, *, body: str, actor: Membership) -> Intervention:
    """Leave a remark. Settled questions take remarks too; they change nothing. `@bo` tells Bo."""
    intervention = lock(intervention_id, actor)
    if not intervention.allows("interventions.decide_intervention", actor) and not intervention.is_spoken_for_by(actor):
        raise NotAllowed(_("Your role may look at questions, not comment on them."))
    said = _say(intervention, Comment.Kind.COMMENT, body, "reason", actor)
    save(intervention)
    record("intervention.commented", actor=actor, subject=intervention, **_mentioned(said, actor))
    return intervention


@transaction.atomic
def clarify(intervention_id: UUID, *, message: str, actor: Membership) -> Intervention:
    """Ask the requester back. The question waits on them and its clock stands still."""
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention, "clarify", actor=actor)
    refuse_unless_operator(intervention, actor)
    refuse_while_held(intervention, "clarify")
    if intervention.status == Status.AWAITING_REQUESTER:
        raise Refusal(_("The requester has already been asked; their reply is awaited."))
    said = _say(intervention, Comment.Kind.QUESTION, message, "message", actor)
    intervention.status = Status.AWAITING_REQUESTER
    intervention.paused_at = timezone.now()
    save(intervention, "status", "paused_at")
    record("intervention.clarified", actor=actor, subject=intervention, **_mentioned(said, actor))
    return intervention


@transaction.atomic
def reply(intervention_id: UUID, *, message: str, actor: Membership) -> Intervention:
    """Answer what was asked back: by the requester, or by a pilot who learned it otherwise.

    The clock goes on where it stood, and the work does not run out before its question. Whoever asked is told.
    """
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention)
    if not intervention.is_spoken_for_by(actor):
        refuse_unless_operator(intervention, actor)
    if intervention.status != Status.AWAITING_REQUESTER or intervention.paused_at is None:
        raise Refusal(_("Nothing was asked back here."))
    said = _say(intervention, Comment.Kind.REPLY, message, "message", actor)
    stood = timezone.now() - intervention.paused_at
    intervention.due_at += stood
    intervention.expires_at += stood
    intervention.paused_at = None
    claimed = Claim.objects.filter(intervention=intervention).exists()
    intervention.status = Status.IN_PROGRESS if claimed else Status.PENDING
    save(intervention, "status", "paused_at", "due_at", "expires_at")
    record(
        "intervention.replied",
        actor=actor,
        subject=intervention,
        paused_seconds=round(stood.total_seconds()),
        **_mentioned(said, actor, _who_asked(intervention)),
    )
    if intervention.unit_id is not None:
        # In Chameleon's own name: who replies may be a program that moves no units.
        work.extend(intervention.unit_id, until=intervention.expires_at, actor=system_of(intervention.organization_id))
    return intervention


def _say(intervention: Intervention, kind: Comment.Kind, body: str, field: str, actor: Membership) -> Comment:
    if not body.strip():
        raise BadInput.field(field, _("write something"))
    check_words(body, field)
    return Comment.objects.create(intervention=intervention, by=actor, kind=kind, body=body)


def _mentioned(said: Comment, actor: Membership, also_tell: Iterable[int] = ()) -> dict[str, list[str]]:
    """Keep and tell whom the words name. Their names, for the ledger."""
    members = mentioned_in(said.body, actor, said.intervention.platform_id)
    if members:
        said.mentions.set(members)
    for pk in sorted({member.pk for member in members} | set(also_tell)):
        tell(pk, actor)
    return {"mentioned": [member.name for member in members]} if members else {}


def _who_asked(intervention: Intervention) -> Iterable[int]:
    return intervention.comments.filter(kind=Comment.Kind.QUESTION).values_list("by", flat=True)
