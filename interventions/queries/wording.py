"""A question in the words of the wire: the same JSON for API, socket, problem document and callback."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from interventions.models import Decision, Hold, Intervention
from interventions.queries.lists import with_row
from interventions.queries.moments import moment
from interventions.queries.stops import stopped_question
from work.models import Priority


def as_brief(intervention: Intervention) -> dict[str, Any]:
    """One line of a list. Wants `select_related` of ROW and the votes counted as `vote_count`."""
    claim = getattr(intervention, "claim", None)
    now = datetime.now(UTC)
    return {
        "id": str(intervention.pk),
        "url": question_url(intervention.pk),
        "status": intervention.status,
        "kind": intervention.kind,
        "priority": Priority(intervention.priority).word,
        "title": intervention.title,
        "gate": intervention.gate.slug if intervention.gate else None,
        "unit": str(intervention.unit_id) if intervention.unit_id else None,
        "platform": intervention.unit.platform.slug if intervention.unit else None,
        "requested_by": intervention.requested_by or intervention.requester.name,
        "held_by": intervention.held_by or None,
        "held_because": intervention.held_because or None,
        "claimed_by": claim.by.pilot.public_id if claim else None,
        "assigned_to": intervention.assigned_to.pilot.public_id if intervention.assigned_to else None,
        "assigned_role": intervention.assigned_role or None,
        "allowed_actions": intervention.allowed_actions,
        "required_role": intervention.required_role,
        "required_approvals": intervention.required_approvals,
        "seats": intervention.seats,
        "veto": intervention.veto,
        "votes_sealed": intervention.votes_sealed,
        "undo_seconds": intervention.undo_seconds,
        "requester_may_approve": intervention.requester_may_approve,
        "passkey_required": intervention.passkey_required,
        "reason_required": intervention.reason_required,
        "edits_allowed": intervention.edits_allowed,
        "tags": intervention.tags,
        "vote_count": intervention.vote_count,  # type: ignore[attr-defined]
        "content_hash": intervention.content_hash,
        "created_at": moment(intervention.created_at),
        "due_at": moment(intervention.due_at),
        "expires_at": moment(intervention.expires_at),
        "settled_at": moment(intervention.settled_at),
        "resolution_source": intervention.resolution_source or None,
        "caller": intervention.caller_state(now) or None,
    }


def as_full(intervention: Intervention) -> dict[str, Any]:
    """One question with everything said about it."""
    decision = getattr(intervention, "decision", None)
    return as_brief(intervention) | {
        "description": intervention.description,
        "context": intervention.context,
        "proposed": intervention.proposed,
        "answer_schema": intervention.answer_schema,
        "links": [{"media_type": None} | link for link in intervention.links],
        "on_timeout": intervention.on_timeout,
        "external_id": intervention.external_id,
        "first_seen_at": moment(intervention.first_seen_at),
        "updated_at": moment(intervention.updated_at),
        "votes": [
            {
                "by": vote.by.name,
                "by_id": vote.by.pilot.public_id,
                "act": vote.act,
                "seat": vote.seat or None,
                "reason": vote.reason,
                "passkey": vote.passkey or None,
                "at": moment(vote.at),
            }
            for vote in intervention.votes.all()
        ],
        "comments": [
            {
                "by": said.by.name,
                "by_id": said.by.pilot.public_id,
                "kind": said.kind,
                "body": said.body,
                "mentions": [one.pilot.public_id for one in said.mentions.all()],
                "at": moment(said.at),
            }
            for said in intervention.comments.all()
        ],
        "held_decision": as_hold(intervention.held) if intervention.held else None,
        "decision": as_decision(decision) if decision else None,
        "stopped": stopped_question(intervention),
    }


def as_hold(hold: Hold) -> dict[str, Any]:
    """What was pressed and can be undone until then. Not yet a decision: nobody outside acts on it."""
    return {
        "act": hold.act,
        "by": hold.by.name,
        "by_id": hold.by.pilot.public_id,
        "at": moment(hold.at),
        "until": moment(hold.until),
    }


def as_decision(decision: Decision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict,
        "source": decision.source,
        "effect": decision.effect or None,
        "by": decision.by.name,
        "by_id": decision.by.pilot.public_id,
        "by_kind": decision.by.pilot.kind,
        "role": decision.role,
        "passkey": decision.passkey or None,
        "reason": decision.reason,
        "answer": decision.answer,
        "edited": decision.edited,
        "content_hash": decision.content_hash,
        "at": moment(decision.at),
    }


def question_url(intervention_id: UUID) -> str:
    """Where a pilot answers. Possession of the link decides nothing: it asks for a sign-in."""
    return f"{settings.BASE_URL}/interventions/{intervention_id}"


class Letter(NamedTuple):
    """What is posted to a caller's URL."""

    organization_id: int
    url: str
    body: dict[str, Any]
    is_delivered: bool


def letter_about(intervention_id: UUID) -> Letter:
    found = (
        with_row(Intervention.objects.all())
        .select_related("delivery")
        .prefetch_related("votes__by__pilot", "comments__by__pilot", "comments__mentions__pilot")
        .get(pk=intervention_id)
    )
    body = {"type": f"intervention.{found.status}", "intervention": as_full(found)}
    delivery = getattr(found, "delivery", None)
    return Letter(found.organization_id, found.callback_url, body, bool(delivery and delivery.delivered_at))
