"""The routes of HumanLayer, in the fast lane: a poll that waits holds neither a thread nor a connection.

The SDK builds every path on `HUMANLAYER_API_BASE`. `…/humanlayer/v1` judges function calls at the gate
`agent-action`; `…/humanlayer/v1/gates/<gate>` at another, which is how an unmodified SDK chooses one.
"""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Membership
from clients.humanlayer import queries, serializers
from clients.humanlayer.serializers import (
    Escalation,
    FunctionCall,
    FunctionCallAnswer,
    HumanContact,
    HumanContactAnswer,
)
from intake.actions import refuse_unless_submitter
from intake.fast import hold, submit_one, told_if_stopped
from intake.front import JSON, Answer, Call, Handler, route
from intake.serializers import DialectUnit
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from kit.errors import BadInput, NotThere, Problem, Refusal, Unauthenticated
from work.actions import end_unreported
from work.models import Unit

PREFIX = r"/humanlayer/v1(?:/gates/(?P<gate>[-\w]{1,80}))?"
DEFAULT_GATE = "agent-action"

# The Python SDK gives up after 30 s, and one failed poll ends its wait for good.
HOLD_SECONDS = 25

ESCALATED = {"x_escalation": "Its priority was raised and your message is on its page. No e-mail was sent."}

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "invalid",
    423: "stopped",
    429: "rate_limited",
    503: "unavailable",
}


def as_client_error(problem: Problem) -> tuple[tuple[bytes, bytes], Any]:
    """The SDK parses every body as JSON before it looks at the status, and shows `error.message`."""
    error = {"message": problem.sentence, "code": CODES.get(problem.status, "internal_error")}
    errors = {"errors": problem.errors} if problem.errors else {}
    return JSON, {"error": error | errors | problem.members}


async def create_function_call(call: Call) -> Answer:
    """POST /function_calls"""
    refuse_unless_submitter(call.actor)
    sent = serializers.read(FunctionCall, await call.body())
    item = serializers.as_unit(sent, call.parameters.get("gate") or DEFAULT_GATE)
    result = await submit_one(call, item)
    return result.status, await call.lane.threads.run(_submitted, call.actor, result.told()["id"], item)


async def get_function_call(call: Call) -> Answer:
    """GET /function_calls/{call_id}: held until it is answered, or 25 s. The SDK says nothing after that."""
    unit = await call.lane.threads.run(queries.call_named, call.actor, call.parameters["call_id"])
    found = await hold(
        call, unit.pk, "work.unit", queries.call_with_question, until=_call_is_answered, default_wait=HOLD_SECONDS
    )
    if _call_is_answered(await told_if_stopped(call, found)):
        went_ahead = found["object"]["status"]["approved"]
        await call.lane.threads.run(end_unreported, unit.pk, went_ahead=went_ahead, actor=call.actor)
    return 200, found["object"]


async def create_contact(call: Call) -> Answer:
    """POST /contact_requests, and /human_contacts as the old documentation calls it"""
    question = serializers.as_question(serializers.read(HumanContact, await call.body()))
    return 200, await call.lane.threads.run(_ask, call.actor, question)


async def get_contact(call: Call) -> Answer:
    """GET /contact_requests/{call_id}: held until it is answered, or 25 s"""
    question = await call.lane.threads.run(queries.contact_named, call.actor, call.parameters["call_id"])
    found = await hold(
        call,
        question.pk,
        "interventions.detail",
        queries.contact_with_question,
        until=_contact_is_answered,
        default_wait=HOLD_SECONDS,
    )
    return 200, (await told_if_stopped(call, found))["object"]


async def respond_to_function_call(call: Call) -> Answer:
    """POST /agent/function_calls/{call_id}/respond: decides as the membership of the key"""
    answer = serializers.read(FunctionCallAnswer, await call.body())
    return 200, await call.lane.threads.run(_decide, call.actor, call.parameters["call_id"], answer)


async def respond_to_contact(call: Call) -> Answer:
    """POST /agent/human_contacts/{call_id}/respond: answers as the membership of the key"""
    answer = serializers.read(HumanContactAnswer, await call.body())
    return 200, await call.lane.threads.run(_answer, call.actor, call.parameters["call_id"], answer)


async def escalate_function_call(call: Call) -> Answer:
    """POST /agent/function_calls/{call_id}/escalate_email"""
    escalation = serializers.read(Escalation, await call.body())
    return 200, await call.lane.threads.run(_escalate_call, call.actor, call.parameters["call_id"], escalation)


async def escalate_contact(call: Call) -> Answer:
    """POST /agent/human_contacts/{call_id}/escalate_email"""
    escalation = serializers.read(Escalation, await call.body())
    return 200, await call.lane.threads.run(_escalate_contact, call.actor, call.parameters["call_id"], escalation)


def _call_is_answered(found: dict[str, Any]) -> bool:
    return found["object"]["status"]["approved"] is not None


def _contact_is_answered(found: dict[str, Any]) -> bool:
    return found["object"]["status"]["response"] is not None


def _submitted(actor: Membership, unit_id: UUID, item: DialectUnit) -> dict[str, Any]:
    unit = queries.call_of(actor, unit_id)
    if unit.dialect != item.dialect:  # the door compares what it knows; channel, options and state are the client's
        raise Refusal(f"The call_id “{item.external_id}” already names a function call with other content.")
    return queries.as_function_call(unit)


def _ask(actor: Membership, question: Question) -> dict[str, Any]:
    return queries.as_contact(actions.raise_intervention(question, actor=actor))


def _decide(actor: Membership, call_id: str, answer: FunctionCallAnswer) -> dict[str, Any]:
    unit = queries.call_named(actor, call_id)
    question = _question_of(unit)
    if answer.approved is None:
        raise BadInput.field("approved", "true or false")
    if answer.approved:
        actions.approve(question.pk, actor=actor, reason=answer.comment or "")
    else:
        actions.reject(question.pk, actor=actor, reason=serializers.reason_of(answer, unit.dialect))
    return queries.as_function_call(queries.call_named(actor, call_id))


def _answer(actor: Membership, call_id: str, sent: HumanContactAnswer) -> dict[str, Any]:
    question = queries.contact_named(actor, call_id)
    actions.answer(question.pk, actor=actor, answer=serializers.answer_of(sent, question.dialect))
    return queries.as_contact(queries.contact_named(actor, call_id))


def _escalate_call(actor: Membership, call_id: str, escalation: Escalation) -> dict[str, Any]:
    question = _question_of(queries.call_named(actor, call_id))
    _escalate(actor, question, escalation)
    return queries.as_function_call(queries.call_named(actor, call_id)) | ESCALATED


def _escalate_contact(actor: Membership, call_id: str, escalation: Escalation) -> dict[str, Any]:
    question = queries.contact_named(actor, call_id)
    _escalate(actor, question, escalation)
    return queries.as_contact(queries.contact_named(actor, call_id)) | ESCALATED


def _escalate(actor: Membership, question: Intervention, escalation: Escalation) -> None:
    actions.escalate(question.pk, message=serializers.escalation_message(escalation), actor=actor)


def _question_of(unit: Unit) -> Intervention:
    question = queries.question_about(unit)
    if question is None:
        raise Refusal("A guardian has answered this call; no person was asked.")
    return question


CALL_ID = r"(?P<call_id>[^/]{1,200})"
CONTACTS = r"/(?:contact_requests|human_contacts)"

PATHS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", r"/function_calls", create_function_call),
    ("GET", rf"/function_calls/{CALL_ID}", get_function_call),
    ("POST", CONTACTS, create_contact),
    ("GET", rf"{CONTACTS}/{CALL_ID}", get_contact),
    ("POST", rf"/agent/function_calls/{CALL_ID}/respond", respond_to_function_call),
    ("POST", rf"/agent/human_contacts/{CALL_ID}/respond", respond_to_contact),
    ("POST", rf"/agent/function_calls/{CALL_ID}/escalate_email", escalate_function_call),
    ("POST", rf"/agent/human_contacts/{CALL_ID}/escalate_email", escalate_contact),
)

for _method, _path, _handler in PATHS:
    route(_method, f"{PREFIX}{_path}", _handler, wording=as_client_error)


@csrf_exempt
@login_not_required
def what_is_wrong(request: HttpRequest) -> JsonResponse:
    """Everything under the prefix that the fast lane did not take, told in the client's words."""
    problem = _wrong_with(request, request.path.rstrip("/"))
    _kind, body = as_client_error(problem)
    answer = JsonResponse(body, status=problem.status)
    add_never_cache_headers(answer)
    if problem.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    if isinstance(problem, NotByThisMethod):
        answer["Allow"] = ", ".join(problem.methods)
    return answer


class NotByThisMethod(Problem):
    status = 405
    title = "Method not allowed"

    def __init__(self, methods: list[str]) -> None:
        super().__init__(f"This address takes {' and '.join(methods)} only.")
        self.methods = methods


def _wrong_with(request: HttpRequest, path: str) -> Problem:
    methods = [known for known, pattern, _handler in PATHS if re.fullmatch(f"{PREFIX}{pattern}", path)]
    if not methods:
        return NotThere("There is nothing at this address. HUMANLAYER_API_BASE ends in /humanlayer/v1.")
    if request.method not in methods:
        return NotByThisMethod(methods)
    if "Authorization" not in request.headers:
        return Unauthenticated("Send an API key: set HUMANLAYER_API_KEY.")
    return Problem("This server does not run the part that answers programs: start it through ASGI.")
