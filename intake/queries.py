"""What a caller is told about its unit."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch

from accounts.models import Membership
from interventions.models import Intervention
from interventions.queries import as_decision, moment
from interventions.queries.stops import stopped_unit
from kit.errors import NotThere
from work.models import Priority, Unit


def question_url(intervention_id: UUID) -> str:
    """Where a pilot answers. Possession of the link decides nothing: it asks for a sign-in."""
    return f"{settings.BASE_URL}/interventions/{intervention_id}"


def unit_for(actor: Membership, unit_id: UUID) -> dict[str, Any]:
    """A unit with its outcome. Raises NotThere."""
    unit = _with_questions().filter(organization_id=actor.organization_id, pk=unit_id)
    found = (unit & Unit.objects.visible_to(actor)).first()
    if found is None:
        raise NotThere("There is no such unit of work.")
    return as_unit(found)


def units_by_id(ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    """Units as their callers are told of them, for those who may see them already."""
    return {unit.pk: as_unit(unit) for unit in _with_questions().filter(pk__in=ids)}


def as_unit(unit: Unit) -> dict[str, Any]:
    """The unit in the words of the wire. Wants its questions prefetched."""
    questions = list(unit.interventions.all())
    told = ("outcome", "reason", "guardian", "directions", "evidence")
    return {
        "id": str(unit.pk),
        "external_id": unit.external_id,
        "gate": unit.gate,
        "platform": unit.platform.slug,
        "workflow": unit.workflow,
        "title": unit.title,
        "status": unit.status,
        "priority": Priority(unit.priority).word,
        "attributes": unit.attributes,
        "proposed": unit.proposed,
        "content_hash": unit.content_hash,
        "parent": str(unit.parent_id) if unit.parent_id else None,
        "policy": unit.policy,
        "verdict": {name: unit.verdict.get(name) for name in told},
        "note": unit.note,
        "stopped": stopped_unit(unit, _settled_by(unit, questions)),
        "resolution_source": _settled_by(unit, questions),
        "intervention": _as_question(questions[0]) if questions else None,
        "interaction_count": unit.interaction_count,
        "max_interactions": unit.max_interactions,
        "heartbeat_due_at": moment(unit.heartbeat_due_at),
        "expires_at": moment(unit.expires_at),
        "created_at": moment(unit.created_at),
        "updated_at": moment(unit.updated_at),
        "settled_at": moment(unit.settled_at),
    }


def _with_questions() -> Any:
    questions = Intervention.objects.select_related("decision__by__pilot").order_by("-pk")
    return Unit.objects.select_related("platform").prefetch_related(Prefetch("interventions", queryset=questions))


def _as_question(question: Intervention) -> dict[str, Any]:
    decision = getattr(question, "decision", None)
    return {
        "id": str(question.pk),
        "status": question.status,
        "url": question_url(question.pk),
        "resolution_source": question.resolution_source or None,
        "decision": as_decision(decision) if decision else None,
    }


def _settled_by(unit: Unit, questions: list[Intervention]) -> str | None:
    """Who or what said the word the caller acts on: a guardian's block needs no question."""
    if questions:
        return questions[0].resolution_source or None
    return "guardian" if unit.verdict.get("outcome") != "held" else None
