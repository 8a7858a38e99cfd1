"""Units and questions as a HumanLayer client reads them, with a truthful word on who or what answered.

An answer that is no is never without a comment (the SDK takes a missing one for an error), and never
empty (the TypeScript SDK takes an empty one for no answer, and asks forever).
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Prefetch, QuerySet

from accounts.models import Membership
from clients.humanlayer.serializers import CLIENT, labelled
from guardians.policy import BLOCKED, HELD
from intake.queries import question_url
from interventions.models import Decision, Intervention, Source, Verdict
from interventions.queries import moment
from interventions.queries.stops import stopped_question, stopped_unit
from kit.errors import NotThere
from work.models import Status, Unit, UnitQuerySet

Row = TypeVar("Row", bound=Model)

TIMED_OUT = "Nobody answered in time; this is a timeout, not a person's no."
TIMED_OUT_PASSED = "Nobody answered in time; the gate lets such calls pass then. No person approved it."
TIMED_OUT_UNANSWERED = "Nobody answered in time; this is a timeout, not a person's answer."

YES = {Verdict.APPROVED, Verdict.WAIVED, Verdict.RESUMED}
ENDED = {Status.FAILED, Status.CANCELLED}


def call_named(actor: Membership, call_id: str) -> Unit:
    """The function call of that id: the caller's own platform first, then any it may see. Raises NotThere."""
    platforms = list(actor.organization.platforms.values_list("pk", flat=True))
    found = _calls(actor).filter(platform_id__in=platforms, external_id=call_id, dialect__client=CLIENT)
    return _own_first(found, lambda unit: actor.platform is not None and unit.platform_id == actor.platform.pk)


def call_of(actor: Membership, unit_id: UUID) -> Unit:
    """The function call that is this unit. Raises NotThere."""
    unit = _calls(actor).filter(pk=unit_id).first()
    if unit is None:
        raise NotThere("There is no such function call.")
    return unit


def contact_named(actor: Membership, call_id: str) -> Intervention:
    """The question of that id: the caller's own first, then any it may see. Raises NotThere."""
    members = Membership.objects.filter(organization_id=actor.organization_id)
    found = (
        Intervention.objects.visible_to(actor)
        .select_related("decision__by__pilot")
        .filter(requester__in=members, external_id=call_id, dialect__client=CLIENT)
    )
    return _own_first(found, lambda question: question.requester_id == actor.pk)


def call_with_question(actor: Membership, unit_id: UUID) -> dict[str, Any]:
    """The function call, and the question that holds it, for a poll that waits."""
    unit = call_of(actor, unit_id)
    question = question_about(unit)
    stopped = stopped_unit(unit, question.resolution_source if question else None)
    return {"object": as_function_call(unit), "intervention": _state_of(question), "stopped": stopped}


def contact_with_question(actor: Membership, question_id: UUID) -> dict[str, Any]:
    """The contact, and the question it is, for a poll that waits."""
    found = Intervention.objects.visible_to(actor).select_related("decision__by__pilot").filter(pk=question_id).first()
    if found is None:
        raise NotThere("There is no such contact request.")
    return {"object": as_contact(found), "intervention": _state_of(found), "stopped": stopped_question(found)}


def question_about(unit: Unit) -> Intervention | None:
    """The latest question about a unit; None when a guardian's word was enough."""
    return next(iter(unit.interventions.all()), None)


def as_function_call(unit: Unit) -> dict[str, Any]:
    """A unit as the client's FunctionCall."""
    question = question_about(unit)
    status, source = _call_status(unit, question)
    envelope = unit.dialect or {}
    return {
        "run_id": envelope.get("run_id"),
        "call_id": unit.external_id,
        "spec": {**unit.attributes, **envelope.get("spec", {})},
        "status": {"requested_at": moment(unit.created_at), "slack_message_ts": None, **status},
        "x_resolution_source": source,
        "x_intervention_url": question_url(question.pk) if question else None,
    }


def as_contact(question: Intervention) -> dict[str, Any]:
    """A question as the client's HumanContact."""
    decision = getattr(question, "decision", None)
    envelope = question.dialect or {}
    response, option = _answer_of(decision, envelope) if decision else (None, None)
    return {
        "run_id": envelope.get("run_id"),
        "call_id": question.external_id,
        "spec": envelope.get("spec", {}),
        "status": {
            "requested_at": moment(question.created_at),
            "responded_at": moment(decision.at) if decision else None,
            "response": response,
            "response_option_name": option,
        },
        "x_resolution_source": question.resolution_source or None,
        "x_intervention_url": question_url(question.pk),
    }


def _calls(actor: Membership) -> UnitQuerySet:
    questions = Intervention.objects.select_related("decision__by__pilot").order_by("-pk")
    return Unit.objects.visible_to(actor).prefetch_related(Prefetch("interventions", queryset=questions))


def _own_first(found: QuerySet[Row], is_own: Callable[[Row], bool]) -> Row:
    """Ids are made by clients, so two programs may use the same; each is shown its own."""
    rows = list(found.order_by("-pk")[:20])
    own = next((row for row in rows if is_own(row)), None)
    if not rows:
        raise NotThere("There is nothing of that call_id.")
    return own or rows[0]


def _state_of(question: Intervention | None) -> dict[str, Any] | None:
    return {"id": str(question.pk), "status": question.status} if question else None


def _call_status(unit: Unit, question: Intervention | None) -> tuple[dict[str, Any], str | None]:
    """The client's status, and who or what said so. What is neither open nor clearly allowed is a no."""
    decision = getattr(question, "decision", None) if question else None
    outcome = unit.verdict.get("outcome")
    if unit.waits:
        return _told(None, None, approved=None), None
    if decision is not None:
        return _told_by_decision(decision, unit)
    if outcome == BLOCKED:
        comment = f"Refused by the guardian {unit.verdict['guardian']}, no person was asked: {unit.verdict['reason']}"
        return _told(comment, unit.settled_at, approved=False), Source.GUARDIAN
    if outcome == HELD or unit.status in ENDED:
        return _told(_note(unit), unit.settled_at, approved=False), None
    return _told(_passed_by(unit), unit.created_at, approved=True), Source.GUARDIAN


def _told_by_decision(decision: Decision, unit: Unit) -> tuple[dict[str, Any], str | None]:
    ended = unit.status in ENDED
    if decision.edited is not None:
        # The SDK would run what it asked for, not what was approved.
        return _told(_edited(decision), decision.at, approved=False), decision.source
    if decision.verdict == Verdict.EXPIRED:
        comment = TIMED_OUT if ended else TIMED_OUT_PASSED
        return _told(comment, decision.at, approved=not ended), decision.source
    if not ended:
        return _told(_yes(decision), decision.at, approved=True), decision.source
    if decision.verdict in YES:  # and then somebody ended the unit before it was fetched
        return _told(_note(unit), unit.settled_at, approved=False), None
    reason, option = _no(decision, (unit.dialect or {}).get("spec", {}).get("reject_options"))
    return _told(reason, decision.at, approved=False, option=option), decision.source


def _told(
    comment: str | None, at: datetime | None, *, approved: bool | None, option: str | None = None
) -> dict[str, Any]:
    return {
        "responded_at": moment(at),
        "approved": approved,
        "comment": comment,
        "reject_option_name": option,
    }


def _passed_by(unit: Unit) -> str:
    named = [f"{one['name']} v{one['version']}" for one in unit.verdict.get("guardians", ()) if not one["shadow"]]
    by = f"the guardians of the gate {unit.gate} ({', '.join(named)})" if named else f"the gate {unit.gate}"
    return f"Approved by {by}; no person was asked."


def _note(unit: Unit) -> str:
    return unit.note or f"The call had already ended: {unit.get_status_display()}."


def _yes(decision: Decision) -> str | None:
    """What was said along with a yes: a reason, or the answer where the gate asks for one."""
    return decision.reason or (None if decision.answer is None else _text(decision.answer))


def _no(decision: Decision, options: list[dict[str, Any]] | None) -> tuple[str, str | None]:
    """A refusal in words, and the option it began with."""
    who, reason = decision.by.name, decision.reason.strip()
    if decision.source == Source.KILL_SWITCH:
        return f"Stopped by {who}: {reason}", None
    if decision.source == Source.CANCELLED_BY_CALLER:
        return reason or "Cancelled by the program that asked.", None
    if decision.verdict == Verdict.CANCELLED:
        return reason or f"Cancelled by {who} without a comment.", None
    for option in options or ():
        name, _, rest = reason.partition(":")
        if name.strip() in {option["name"], option["title"]}:
            return rest.strip() or option["prompt_fill"] or option["title"] or option["name"], option["name"]
    return reason or f"Rejected by {who} without a comment.", None


def _edited(decision: Decision) -> str:
    approved = json.dumps(decision.edited, ensure_ascii=False)
    return f"{decision.by.name} approved something else than was asked for. Call again with exactly this: {approved}"


def _answer_of(decision: Decision, envelope: dict[str, Any]) -> tuple[str, str | None]:
    if decision.verdict == Verdict.EXPIRED:
        return TIMED_OUT_UNANSWERED, None
    if decision.source == Source.KILL_SWITCH:
        return _no(decision, None)
    if decision.verdict != Verdict.ANSWERED:
        return decision.reason or f"The question was {decision.get_verdict_display()} by {decision.by.name}.", None
    answer = decision.answer
    if not isinstance(answer, dict) or not {"option", "response"} & set(answer):
        return _text(answer), None
    offered = labelled(envelope.get("spec", {}).get("response_options") or [])
    chosen = next((option for option, label in offered if label == answer.get("option")), {})
    words = [answer.get("response"), chosen.get("prompt_fill"), chosen.get("title"), chosen.get("name")]
    said = next((word for word in words if isinstance(word, str) and word.strip()), _text(answer))
    return said, chosen.get("name")


def _text(answer: Any) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
