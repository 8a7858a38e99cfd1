"""A unit on its way in: judged, hashed, and spelled as the rows that submit.sql writes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from accounts.models import Membership, Platform
from guardians.models import Gate
from guardians.policy import BLOCKED, HELD, Policy
from guardians.verdicts import UnitSnapshot
from intake.queries import question_url
from intake.serializers import DialectUnit, UnitIn
from interventions.callbacks import check_url
from interventions.labels import check_links, check_tags
from interventions.models import ACTS
from kit.canonical import canonical_and_hash
from kit.errors import BadInput
from kit.ids import uuid7
from kit.requests import came_from
from live.bus import Hint, payload
from work.models import Priority, Status

ATTRIBUTE_BYTES = 256 * 1024

_encode = msgspec.json.encode
_hashable = msgspec.json.Encoder(order="deterministic").encode

STATUS_AFTER = {HELD: Status.AWAITING_PILOT, BLOCKED: Status.FAILED}


@dataclass(slots=True)
class Submission:
    """One judged unit: its rows, what its caller is told once they are written, and whom they concern."""

    unit: dict[str, Any]
    question: dict[str, Any] | None
    answer: dict[str, Any]
    hints: tuple[Hint, ...]

    @property
    def key(self) -> tuple[int, int, str]:
        return (self.unit["organization_id"], self.unit["platform_id"], self.unit["external_id"])

    @property
    def request_hash(self) -> str:
        return str(self.unit["request_hash"])


def prepare(item: UnitIn, policy: Policy, actor: Membership, platform: Platform, now: datetime) -> Submission:
    """Judge one unit and spell it out. Raises BadInput; touches neither database nor network."""
    attributes, content_hash = canonical_and_hash(item.attributes, "attributes")
    if len(attributes) > ATTRIBUTE_BYTES:
        raise BadInput.field("attributes", f"at most 256 KiB; these are {len(attributes):,} bytes")
    proposed, proposed_hash = _proposed(item)
    _check_texts(item)
    if item.tags or item.links:
        check_tags(item.tags)
        check_links(item.links)
    if item.callback_url:
        check_url(item.callback_url, "callback_url")
    unit_id = uuid7()
    priority = policy.gate.priority if item.priority is None else Priority.of(item.priority)
    verdict = policy.judge(_snapshot(item, unit_id, platform, actor, priority, now), now)
    status = STATUS_AFTER.get(verdict["outcome"], Status.ACTIVE)
    expires_at = now + timedelta(seconds=item.expires_in) if item.expires_in else None
    gate = policy.gate
    unit = {
        "id": unit_id,
        "organization_id": actor.organization_id,
        "platform_id": platform.pk,
        "external_id": item.external_id,
        "gate": item.gate,
        "workflow": item.workflow,
        "title": item.title,
        "description": item.description,
        "attributes": msgspec.Raw(attributes),
        "proposed": proposed,
        "content_hash": content_hash,
        "request_hash": _request_hash(item, content_hash, proposed_hash),
        "parent_id": item.parent,
        "policy": policy.snapshot,
        "verdict": verdict,
        "priority": int(priority),
        "status": status.value,
        "note": verdict["reason"] if status == Status.FAILED else "",
        "max_interactions": gate.max_interactions,
        "heartbeat_seconds": gate.heartbeat_seconds,
        "heartbeat_due_at": _heartbeat_due(gate, status, now),
        "expires_at": expires_at,
        "callback_url": item.callback_url,
        "requested_by": item.requested_by,
        "dialect": item.dialect if isinstance(item, DialectUnit) else None,
        "submitted_by_id": actor.pk,
        "created_at": now,
        "settled_at": now if status == Status.FAILED else None,
        "actor_name": actor.name,
        "actor_role": actor.role_at(platform.pk),
        "came_from": came_from(),
    }
    question = None
    if status == Status.AWAITING_PILOT:
        question = _question(item, unit, gate, verdict, proposed_hash or content_hash, now)
    return Submission(unit, question, _answer(unit, verdict, question), _hints(question, actor.organization_id))


def parameters(batch: Sequence[Submission]) -> dict[str, str]:
    """What submit.sql takes. One JSON text a table: psycopg dumps Python lists at a third of the speed."""
    return {
        "units": _text([one.unit | {"position": position} for position, one in enumerate(batch)]),
        "questions": _text([one.question for one in batch if one.question is not None]),
        "hints": _text(payload(hint for one in batch for hint in one.hints)),
    }


def keys(batch: Sequence[Submission], positions: Sequence[int]) -> dict[str, str]:
    """What existing.sql takes."""
    named = ("organization_id", "platform_id", "external_id")
    return {"keys": _text([{"position": at} | {name: batch[at].unit[name] for name in named} for at in positions])}


def _text(value: Any) -> str:
    return _encode(value).decode()


def _proposed(item: UnitIn) -> tuple[Any, str]:
    if item.proposed is None:
        return None, ""
    text, digest = canonical_and_hash(item.proposed, "proposed")
    if len(text) > ATTRIBUTE_BYTES:
        raise BadInput.field("proposed", "at most 256 KiB")
    return msgspec.Raw(text), digest


def _check_texts(item: UnitIn) -> None:
    """NUL and half surrogates cannot be stored, and would fail the whole batch with the one item."""
    for name in ("external_id", "title", "description", "workflow", "requested_by", "callback_url"):
        text = getattr(item, name)
        if not text.isascii() or "\x00" in text:
            canonical_and_hash(text, name)


def _request_hash(item: UnitIn, content_hash: str, proposed_hash: str) -> str:
    """Over all the caller sent: by it a repeated submit is told from a changed one."""
    rest: tuple[Any, ...] = (
        item.gate,
        item.title,
        item.description,
        item.workflow,
        item.priority,
        item.parent,
        item.callback_url,
        item.expires_in,
        item.requested_by,
        content_hash,
        proposed_hash,
    )
    if item.tags or item.links:  # without them, what was sent before there were any stays the same
        rest = (*rest, item.tags, item.links)
    return hashlib.sha256(_hashable(rest)).hexdigest()


def _snapshot(
    item: UnitIn, unit_id: UUID, platform: Platform, actor: Membership, priority: int, now: datetime
) -> UnitSnapshot:
    return UnitSnapshot(
        id=str(unit_id),
        external_id=item.external_id,
        gate=item.gate,
        workflow=item.workflow,
        title=item.title,
        platform=platform.slug,
        attributes=item.attributes,
        proposed=item.proposed,
        priority=Priority(priority).word,
        parent=str(item.parent) if item.parent else None,
        submitter=actor.pilot.public_id,
        created_at=now,
    )


def _heartbeat_due(gate: Gate, status: Status, now: datetime) -> datetime | None:
    if status != Status.ACTIVE or not gate.heartbeat_seconds:
        return None
    return now + timedelta(seconds=gate.heartbeat_seconds)


def _question(
    item: UnitIn, unit: dict[str, Any], gate: Gate, verdict: dict[str, Any], content_hash: str, now: datetime
) -> dict[str, Any]:
    """The form its gate gives a question. A copy: what was asked does not change with the gate."""
    expires_at = now + timedelta(seconds=gate.expires_seconds)
    if unit["expires_at"] is not None:
        expires_at = min(expires_at, unit["expires_at"])
    return {
        "id": uuid7(),
        "unit_id": unit["id"],
        "gate_id": gate.pk,
        "kind": gate.kind,
        "priority": unit["priority"],
        "held_by": verdict["guardian"] or "",
        "held_because": verdict["reason"],
        "proposed": unit["proposed"],
        "content_hash": content_hash,
        "answer_schema": gate.answer_schema,
        "allowed_actions": ACTS[gate.kind],
        "required_role": gate.required_role,
        "required_approvals": gate.required_approvals,
        "seats": gate.seats,
        "veto": gate.veto,
        "votes_sealed": gate.votes_sealed,
        "undo_seconds": gate.undo_seconds,
        "requester_may_approve": gate.requester_may_approve,
        "passkey_required": gate.passkey_required,
        "reason_required": gate.reason_required,
        "edits_allowed": gate.edits_allowed,
        "tags": list(dict.fromkeys(item.tags)),
        "links": item.links,
        "due_at": min(now + timedelta(seconds=gate.due_seconds), expires_at),
        "expires_at": expires_at,
        "on_timeout": gate.on_timeout,
    }


def _answer(unit: dict[str, Any], verdict: dict[str, Any], question: dict[str, Any] | None) -> dict[str, Any]:
    told = ("outcome", "reason", "guardian", "directions", "evidence")
    return {
        "id": unit["id"],
        "external_id": unit["external_id"],
        "status": unit["status"],
        "content_hash": unit["content_hash"],
        "verdict": {name: verdict[name] for name in told},
        "intervention": question and {"id": question["id"], "status": "pending", "url": question_url(question["id"])},
    }


def _hints(question: dict[str, Any] | None, organization_id: int) -> tuple[Hint, ...]:
    """A unit that passes is news to nobody: its caller has the answer in hand."""
    if question is None:
        return ()
    key = str(question["id"])
    return (
        Hint("interventions.queue", key, organization_id),
        Hint("interventions.counts", "", organization_id),
        Hint("interventions.program", f"new:{key}", organization_id),
    )
