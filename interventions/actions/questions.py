"""Asking: a question raised directly, and what is learned about it while it is open."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.roles import OPERATOR, is_role
from audit.actions import record
from guardians.models import Kind, OnTimeout
from guardians.types.json_schema import answer_shape
from interventions.actions.closing import STOPPED
from interventions.actions.holding import check_value, hints, lock
from interventions.actions.stopping import refuse_where_stopped
from interventions.callbacks import check_url
from interventions.labels import check_links, check_tags
from interventions.models import ACTS, Intervention
from kit.canonical import check_json, content_hash
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from live.bus import announce, announce_many
from work import actions as work
from work.models import Priority, Unit

DUE_SECONDS = 900
DAY = 86_400
MAX_SECONDS = 366 * DAY


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. `external_id` is the asker's own name for it: asking again finds the same question."""

    kind: str
    title: str
    description: str = ""
    context: dict[str, Any] = msgspec.field(default_factory=dict)
    proposed: Any = None
    priority: int = Priority.NORMAL
    unit: UUID | None = None
    required_role: str = OPERATOR
    required_approvals: int = 1
    expires_in_seconds: int = DAY
    on_timeout: str = OnTimeout.REJECT
    answer_schema: dict[str, Any] | None = None
    callback_url: str = ""
    requested_by: str = ""
    tags: list[str] = msgspec.field(default_factory=list)
    links: list[dict[str, Any]] = msgspec.field(default_factory=list)  # {title, url, media_type?}
    external_id: str | None = None
    dialect: Any = None  # what another system's client wants back as it sent it


@transaction.atomic
def raise_intervention(question: Question, *, actor: Membership) -> Intervention:
    """Ask a pilot without a gate. A unit named in the question stops and waits for the answer."""
    if not actor.has_power("interventions.raise_intervention"):
        raise NotAllowed(_("Your role or key may not raise questions."))
    if actor.gates is not None and question.unit is None:
        raise NotAllowed(_("This key is for some gates only: it can ask about their units, and nothing else."))
    _check(question, actor.organization_id)
    request_hash = _hash_of(question)
    asked = _asked_before(question.external_id, request_hash, actor)
    if asked is not None:
        return asked
    refuse_where_stopped(question.unit, actor)
    unit = _stop_unit(question.unit, actor)
    platform_id = _platform_of(unit, actor)
    now = timezone.now()
    expires_at = now + timedelta(seconds=question.expires_in_seconds)
    if unit is not None and unit.expires_at is not None:  # no answer after the work itself has run out
        expires_at = min(expires_at, unit.expires_at)
    intervention = Intervention(
        organization_id=actor.organization_id,
        unit=unit,
        platform_id=platform_id,
        request_hash=request_hash,
        content_hash=content_hash(question.context if question.proposed is None else question.proposed),
        allowed_actions=list(ACTS[question.kind]),
        tags=list(dict.fromkeys(question.tags)),
        requester=actor,
        created_at=now,
        updated_at=now,
        due_at=min(now + timedelta(seconds=DUE_SECONDS), expires_at),
        expires_at=expires_at,
        **{name: getattr(question, name) for name in COPIED},
    )
    try:
        with transaction.atomic():
            intervention.save(force_insert=True)
    except IntegrityError:  # the same external id, asked twice at the same moment: the constraint decides
        asked = _asked_before(question.external_id, request_hash, actor)
        if asked is None:
            raise
        return asked
    record("intervention.raised", actor=actor, subject=intervention, kind=question.kind, title=question.title)
    announce_many(hints(intervention, "new"))
    return intervention


COPIED = (
    "kind",
    "priority",
    "title",
    "description",
    "context",
    "proposed",
    "answer_schema",
    "required_role",
    "required_approvals",
    "requested_by",
    "links",
    "external_id",
    "dialect",
    "callback_url",
    "on_timeout",
)


@transaction.atomic
def note_seen(intervention_id: UUID, *, actor: Membership) -> None:
    """The first pilot who may decide has opened it. Later looks change nothing."""
    intervention = lock(intervention_id, actor)
    if intervention.first_seen_at or not intervention.is_open or not intervention.may_be_decided_by(actor):
        return
    intervention.first_seen_at = timezone.now()
    intervention.save(update_fields=["first_seen_at"])
    record("intervention.seen", actor=actor, subject=intervention)


@transaction.atomic
def note_caller(
    intervention_id: UUID, *, actor: Membership, waits_until: datetime | None, instead_of: datetime | None = None
) -> None:
    """The asker is waiting for the answer until then; None: it has hung up.

    `instead_of` is what the call that hung up had noted: when a later call waits, that one stays.
    Only the asker counts, others may look on. No ledger line: a poll is a heartbeat, not a deed.
    The row is told only when what it shows changes.
    """
    now = timezone.now()
    asked = Intervention.objects.visible_to(actor).open().filter(pk=intervention_id, requester=actor)
    intervention = asked.select_for_update(of=("self",)).first()
    if intervention is None or (instead_of is not None and intervention.caller_waits_until != instead_of):
        return
    was = intervention.caller_state(now)
    intervention.caller_polled_at = now
    intervention.caller_waits_until = waits_until
    intervention.save(update_fields=["caller_polled_at", "caller_waits_until"])
    if intervention.caller_state(now) != was:
        announce("interventions.queue", str(intervention.pk), organization_id=intervention.organization_id)


def _hash_of(question: Question) -> str:
    """Over all that was asked. Member by member: one more level around them would be one too deep."""
    said = msgspec.to_builtins(question)
    for name in ("tags", "links"):  # without them, what was asked before there were any stays the same
        if not said[name]:
            del said[name]
    return content_hash({name: content_hash(value) for name, value in said.items()})


def _asked_before(external_id: str | None, request_hash: str, actor: Membership) -> Intervention | None:
    if external_id is None:
        return None
    asked = Intervention.objects.filter(
        organization_id=actor.organization_id, requester=actor, external_id=external_id
    ).first()
    if asked is not None and asked.request_hash != request_hash:
        raise Refusal(_("This external id already names another question."))
    if asked is not None:
        asked.asked_before = True
    return asked


def _stop_unit(unit_id: UUID | None, actor: Membership) -> Unit | None:
    """The unit a question is about, stopped until the answer; a stalled one is stopped already."""
    if unit_id is None:
        return None
    unit = Unit.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=unit_id).first()
    if unit is None:
        raise NotThere(_("There is no such unit of work."))
    return unit if unit.status in STOPPED else work.await_pilot(unit.pk, actor=actor)


def _platform_of(unit: Unit | None, actor: Membership) -> int | None:
    """That of its unit; without one that of the key it is asked with, and a person asks on none."""
    key = actor.platform.pk if actor.platform else None
    platform_id = unit.platform_id if unit is not None else key
    if not actor.reach("interventions.raise_intervention").covers(platform_id):
        raise NotAllowed(_("Your role may not raise questions here, only on some platforms."))
    return platform_id


def _check(question: Question, organization_id: int) -> None:
    _check_words(question)
    _check_choices(question, organization_id)
    for name in ("context", "proposed", "dialect"):
        check_value(getattr(question, name), name)
    if question.answer_schema is not None:
        answer_shape(question.answer_schema)
    check_tags(question.tags)
    check_links(question.links)
    if question.callback_url:
        check_url(question.callback_url, "callback_url")


def _check_words(question: Question) -> None:
    if not question.title.strip():
        raise BadInput.field("title", _("a question needs a title"))
    for name, most in (("title", 300), ("description", 20_000), ("requested_by", 200), ("external_id", 200)):
        text = getattr(question, name) or ""
        if len(text) > most:
            raise BadInput.field(name, _("at most %(most)s characters") % {"most": most})
        check_json(text, name)


def _check_choices(question: Question, organization_id: int) -> None:
    if question.kind not in ACTS or question.kind == Kind.KILL_SWITCH:
        kinds = ", ".join(kind for kind in ACTS if kind != Kind.KILL_SWITCH)
        raise BadInput.field("kind", _("choose one of %(known)s") % {"known": kinds})
    if question.priority not in Priority.values:
        raise BadInput.field("priority", _("choose one of %(known)s") % {"known": ", ".join(p.word for p in Priority)})
    if question.on_timeout not in OnTimeout.values:
        raise BadInput.field("on_timeout", _("choose one of %(known)s") % {"known": ", ".join(OnTimeout.values)})
    if not is_role(question.required_role, organization_id):
        raise BadInput.field("required_role", _("there is no such role"))
    if not 1 <= question.required_approvals <= 20:
        raise BadInput.field("required_approvals", _("from 1 to 20"))
    if not 1 <= question.expires_in_seconds <= MAX_SECONDS:
        raise BadInput.field("expires_in_seconds", _("from 1 second to 366 days"))
