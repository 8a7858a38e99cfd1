"""Questions of HumanLayer: asked in words or with options, and never answered with nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from django.utils import timezone

from accounts.models import Membership
from clients.humanlayer import queries, serializers
from clients.humanlayer.serializers import HumanContact
from interventions import actions
from interventions.models import Intervention
from kit.errors import BadInput, Refusal

Ask = Callable[..., Intervention]

COLOURS = [{"name": "r", "title": "Red", "prompt_fill": "Make it red.", "description": "as before"}, {"name": "b"}]


@pytest.fixture
def ask(sys: Membership) -> Ask:
    """Ask as the API does: `ask("Which colour?", subject="Paint")`."""

    def make(msg: str, **spec: Any) -> Intervention:
        body = {"run_id": "agent-7", "call_id": "call-1", "spec": {"msg": msg, **spec}}
        contact = serializers.read(HumanContact, msgspec.json.encode(body))
        return actions.raise_intervention(serializers.as_question(contact), actor=sys)

    return make


def told_to(actor: Membership) -> dict[str, Any]:
    return queries.as_contact(queries.contact_named(actor, "call-1"))


def test_a_question_is_open_and_carries_what_was_sent(ask: Ask, sys: Membership) -> None:
    question = ask("Which colour?\nThe customer did not say.", subject="Paint", state={"step": 2})

    told = told_to(sys)

    assert (question.kind, question.title, question.requested_by) == ("clarification", "Paint", "agent-7")
    assert question.description == "Which colour?\nThe customer did not say."
    assert told["spec"]["state"] == {"step": 2}
    assert told["status"]["response"] is None
    assert told["x_resolution_source"] is None


def test_without_a_subject_the_first_line_is_the_title(ask: Ask) -> None:
    assert ask("Which colour?\nThe customer did not say.").title == "Which colour?"


def test_a_question_of_one_line_is_not_said_twice(ask: Ask) -> None:
    assert ask("Which colour?").description == ""


def test_an_answer_in_words_comes_back(ask: Ask, ada: Membership, sys: Membership) -> None:
    actions.answer(ask("Which colour?").pk, actor=ada, answer="Red, please.")

    told = told_to(sys)

    assert (told["status"]["response"], told["status"]["response_option_name"]) == ("Red, please.", None)
    assert told["x_resolution_source"] == "human"


@pytest.mark.parametrize(
    "answer, response, option",
    [
        ({"option": "Red"}, "Make it red.", "r"),
        ({"option": "b"}, "b", "b"),
        ({"option": "b", "response": "Dark blue."}, "Dark blue.", "b"),
        ({"response": "Neither."}, "Neither.", None),
    ],
)
def test_an_answer_by_option_comes_back_as_one(
    ask: Ask, ada: Membership, sys: Membership, answer: dict[str, str], response: str, option: str | None
) -> None:
    question = ask("Which colour?", response_options=COLOURS)

    actions.answer(question.pk, actor=ada, answer=answer)

    status = told_to(sys)["status"]
    assert (status["response"], status["response_option_name"]) == (response, option)
    assert question.description == "- `Red` as before"


def test_options_that_would_read_the_same_are_offered_by_name(ask: Ask, ada: Membership, sys: Membership) -> None:
    question = ask("Which colour?", response_options=[{"name": "a", "title": "b"}, {"name": "b"}])

    actions.answer(question.pk, actor=ada, answer={"option": "b"})

    assert told_to(sys)["status"]["response_option_name"] == "b"


def test_an_option_that_was_not_offered_is_refused(ask: Ask, ada: Membership) -> None:
    question = ask("Which colour?", response_options=COLOURS)

    with pytest.raises(BadInput, match="shape that was asked for"):
        actions.answer(question.pk, actor=ada, answer={"option": "green"})


def test_a_timeout_answers_and_is_not_told_as_a_persons_word(ask: Ask, sys: Membership) -> None:
    question = ask("Which colour?")
    now = timezone.now()
    Intervention.objects.filter(pk=question.pk).update(expires_at=now - timedelta(seconds=1))
    actions.expire(question.pk, organization_id=question.organization_id, now=now)

    told = told_to(sys)

    assert told["status"]["response"] == "Nobody answered in time; this is a timeout, not a person's answer."
    assert told["x_resolution_source"] == "timeout_default"


def test_a_question_taken_back_says_so(ask: Ask, ada: Membership, sys: Membership) -> None:
    actions.cancel(ask("Which colour?").pk, actor=ada)

    assert told_to(sys)["status"]["response"] == "The question was cancelled by Ada Nyström."


def test_the_same_question_again_is_the_same_object_and_another_is_a_conflict(ask: Ask) -> None:
    first = ask("Which colour?", state={"step": 2})

    assert ask("Which colour?", state={"step": 2}).pk == first.pk
    with pytest.raises(Refusal, match="already names another question"):
        ask("Which colour?", state={"step": 3})


@pytest.mark.django_db(transaction=True)
def test_the_whole_conversation_over_http(
    connect: Callable[..., httpx.Client], agent_key: str, ada: Membership, key_of: Callable[..., str]
) -> None:
    agent, pilot = connect(agent_key), connect(key_of(ada, "read", "decide"))
    body = {"run_id": "r", "call_id": "c", "spec": {"msg": "Which colour?", "response_options": COLOURS}}
    respond = "/agent/human_contacts/c/respond"

    asked = agent.post("/contact_requests", json=body)
    again = agent.post("/human_contacts", json=body)
    assert asked.status_code == again.status_code == 200
    assert asked.json() == again.json() == agent.get("/human_contacts/c", params={"wait": 0}).json()

    pressed = agent.post("/agent/human_contacts/c/escalate_email", json={"escalation_msg": "The paint dries."})
    assert pressed.json()["x_escalation"]
    assert pilot.post(respond, json={"response": " "}).status_code == 422
    assert pilot.post(respond, json={"response_option_name": "green"}).status_code == 422
    assert pilot.post(respond, json={"response_option_name": "r"}).json()["status"]["response"] == "Make it red."
    assert pilot.post(respond, json={"response": "Blue."}).status_code == 409

    answer = agent.get("/contact_requests/c").json()
    assert answer["status"]["response_option_name"] == "r"
    assert answer["x_resolution_source"] == "human"
