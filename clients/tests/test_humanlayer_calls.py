"""Function calls of HumanLayer: judged at a gate, answered by a guardian or a pilot, and told truthfully."""

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.queries import system_of
from audit.models import Entry
from guardians.actions import change_gate, create_gate
from guardians.models import Gate
from interventions import actions
from interventions.models import Intervention
from work.models import Unit

Connect = Callable[..., httpx.Client]

pytestmark = pytest.mark.django_db(transaction=True)


def a_call(fn: str = "send_email", call_id: str = "call-1", **spec: Any) -> dict[str, Any]:
    return {
        "run_id": "agent-7",
        "call_id": call_id,
        "spec": {"fn": fn, "kwargs": {"to": "ada"}, **spec},
        "status": None,
    }


@pytest.fixture
def agent(connect: Connect, agent_key: str) -> httpx.Client:
    return connect(agent_key)


@pytest.fixture
def asked(agent: httpx.Client) -> Intervention:
    """The question about a call that is held."""
    agent.post("/function_calls", json=a_call()).raise_for_status()
    return Intervention.objects.get()


def told(agent: httpx.Client, call_id: str = "call-1") -> dict[str, Any]:
    answer = agent.get(f"/function_calls/{call_id}", params={"wait": 0})
    assert answer.status_code == 200
    return dict(answer.json())


def test_the_same_call_again_is_the_same_object(agent: httpx.Client) -> None:
    first = agent.post("/function_calls", json=a_call(state={"step": 3}))
    again = agent.post("/function_calls", json=a_call(state={"step": 3}))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert again.json()["spec"]["state"] == {"step": 3}
    assert Unit.objects.count() == Intervention.objects.count() == 1


def test_the_same_call_id_with_other_content_is_a_conflict(agent: httpx.Client) -> None:
    agent.post("/function_calls", json=a_call(state={"step": 3}))
    changes: list[dict[str, Any]] = [{"kwargs": {"to": "bo"}}, {"state": {"step": 4}}, {"fn": "send_letter"}]

    for change in changes:
        other = a_call(state={"step": 3})
        other["spec"] |= change
        answer = agent.post("/function_calls", json=other)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")

    assert Unit.objects.count() == 1


def test_a_secret_of_a_channel_is_neither_told_nor_logged(
    agent: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    channel = {"slack": {"channel_or_user_id": "C1", "bot_token": "xoxb-1"}}

    answer = agent.post("/function_calls", json=a_call(channel=channel))

    assert answer.status_code == 201
    assert "xoxb-1" not in answer.text + caplog.text


def test_a_poll_is_held_until_the_pilot_answers(agent: httpx.Client, asked: Intervention, ada: Membership) -> None:
    answers: list[httpx.Response] = []
    poll = threading.Thread(target=lambda: answers.append(agent.get("/function_calls/call-1")))
    poll.start()
    wait_until(lambda: Intervention.objects.get().caller_state(timezone.now()) == "listening")

    actions.approve(asked.pk, actor=ada)
    poll.join()

    assert answers[0].json()["status"]["approved"] is True


def test_a_poll_that_was_held_in_vain_gives_the_open_call(agent: httpx.Client, asked: Intervention) -> None:
    answer = agent.get("/function_calls/call-1", params={"wait": 0.2})

    assert (answer.status_code, answer.json()["status"]["approved"]) == (200, None)


def test_a_call_that_was_let_run_ends_when_its_program_fetches_the_answer(
    agent: httpx.Client, asked: Intervention, ada: Membership
) -> None:
    actions.approve(asked.pk, actor=ada)
    assert Unit.objects.get().status == "active"

    answers = [told(agent)["status"] for _ in range(2)]

    unit = Unit.objects.get()
    assert (unit.status, unit.note) == (
        "completed",
        "Its caller was told to go ahead, and does not report how it went.",
    )
    assert [answer["approved"] for answer in answers] == [True, True]
    assert Entry.objects.filter(verb="unit.completed").count() == 1


def test_a_call_that_policy_let_run_ends_the_same_way(agent: httpx.Client) -> None:
    agent.post("/function_calls", json=a_call("get_weather")).raise_for_status()

    assert told(agent)["status"]["approved"] is True
    assert Unit.objects.get().status == "completed"


def test_somebody_else_who_looks_does_not_end_a_call(
    agent: httpx.Client, asked: Intervention, ada: Membership, connect: Connect, key_of: Any
) -> None:
    actions.approve(asked.pk, actor=ada)

    assert told(connect(key_of(ada, "read", "decide")))["status"]["approved"] is True
    assert Unit.objects.get().status == "active"


def test_a_call_that_may_not_run_as_asked_is_cancelled(
    agent: httpx.Client, gate: Gate, ada: Membership, max: Membership
) -> None:
    change_gate(gate.pk, actor=max, edits_allowed=True)
    agent.post("/function_calls", json=a_call()).raise_for_status()
    edited = {"fn": "send_email", "kwargs": {"to": "bo"}}
    actions.approve(Intervention.objects.get().pk, actor=ada, edited=edited)

    assert [told(agent)["status"]["approved"] for _ in range(2)] == [False, False]
    assert Unit.objects.get().status == "cancelled"


def test_the_address_may_name_another_gate(connect: Connect, agent_key: str, gate: Gate) -> None:
    create_gate("payments", actor=system_of(gate.organization_id), name="Payments")
    payments = connect(agent_key, "/humanlayer/v1/gates/payments")

    answer = payments.post("/function_calls", json=a_call("drop_database"))

    assert answer.json()["status"]["comment"] == "Approved by the gate payments; no person was asked."
    assert payments.get("/function_calls/call-1").status_code == 200


def test_a_gate_that_is_not_there_is_named(connect: Connect, agent_key: str) -> None:
    answer = connect(agent_key, "/humanlayer/v1/gates/nowhere").post("/function_calls", json=a_call())

    assert answer.status_code == 422
    assert "there is no gate “nowhere”" in answer.json()["error"]["message"]


def test_a_stranger_finds_nothing(
    connect: Connect, asked: Intervention, cy: Membership, key_of: Callable[..., str]
) -> None:
    stranger = connect(key_of(cy, "submit", "read", "decide"))

    assert stranger.get("/function_calls/call-1").status_code == 404
    assert stranger.post("/agent/function_calls/call-1/respond", json={"approved": True}).status_code == 404


def test_a_key_that_only_reads_may_not_ask(connect: Connect, gate: Gate, sys: Membership, key_of: Any) -> None:
    answer = connect(key_of(sys, "read")).post("/function_calls", json=a_call())

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


# Answering through the SDK


def test_a_program_may_not_approve_its_own_call(agent: httpx.Client, asked: Intervention) -> None:
    answer = agent.post("/agent/function_calls/call-1/respond", json={"approved": True, "comment": None})

    assert answer.status_code == 403
    assert "You asked for this yourself" in answer.json()["error"]["message"]
    assert told(agent)["status"]["approved"] is None


def test_another_member_answers_through_the_sdk_and_a_second_answer_is_told_who_won(
    agent: httpx.Client, asked: Intervention, connect: Connect, ada: Membership, key_of: Callable[..., str]
) -> None:
    pilot = connect(key_of(ada, "read", "decide"))

    first = pilot.post("/agent/function_calls/call-1/respond", json={"approved": True, "comment": "Fine."})
    second = pilot.post("/agent/function_calls/call-1/respond", json={"approved": False, "comment": "No."})

    assert (first.status_code, first.json()["status"]["comment"]) == (200, "Fine.")
    assert second.status_code == 409
    assert second.json()["error"]["decision"]["by"] == "Ada Nyström"


def test_a_rejection_through_the_sdk_names_an_option_that_was_offered(
    agent: httpx.Client, connect: Connect, ada: Membership, key_of: Callable[..., str]
) -> None:
    agent.post("/function_calls", json=a_call(reject_options=[{"name": "later", "title": "Later"}]))
    pilot = connect(key_of(ada, "read", "decide"))
    address = "/agent/function_calls/call-1/respond"

    unknown = pilot.post(address, json={"approved": False, "reject_option_name": "never"})
    known = pilot.post(address, json={"approved": False, "reject_option_name": "later", "comment": "In May."})

    assert unknown.json()["error"]["errors"][0]["field"] == "reject_option_name"
    assert known.json()["status"] | {"requested_at": 0, "responded_at": 0} == {
        "requested_at": 0,
        "responded_at": 0,
        "slack_message_ts": None,
        "approved": False,
        "comment": "In May.",
        "reject_option_name": "later",
    }


def test_an_answer_that_is_neither_yes_nor_no_is_refused(agent: httpx.Client, asked: Intervention) -> None:
    answer = agent.post("/agent/function_calls/call-1/respond", json={"comment": "Hm."})

    assert (answer.status_code, answer.json()["error"]["errors"][0]["field"]) == (422, "approved")


def test_a_call_that_a_guardian_answered_takes_no_other_answer(agent: httpx.Client) -> None:
    agent.post("/function_calls", json=a_call("get_weather"))

    answer = agent.post("/agent/function_calls/call-1/respond", json={"approved": False, "comment": "No."})

    assert (answer.status_code, answer.json()["error"]["message"]) == (
        409,
        "A guardian has answered this call; no person was asked.",
    )


def test_an_escalation_raises_the_priority_and_is_on_the_page(agent: httpx.Client, asked: Intervention) -> None:
    escalation = {"escalation_msg": "The customer waits.", "additional_recipients": [{"address": "boss@b.example"}]}

    answer = agent.post("/agent/function_calls/call-1/escalate_email", json=escalation)

    assert answer.status_code == 200
    assert answer.json()["x_escalation"].endswith("No e-mail was sent.")
    question = Intervention.objects.get()
    assert question.priority == asked.priority - 1
    assert question.comments.get().body == "Escalation requested: The customer waits. (for boss@b.example)"


def test_what_is_answered_cannot_be_escalated(agent: httpx.Client, asked: Intervention, ada: Membership) -> None:
    actions.reject(asked.pk, actor=ada)

    answer = agent.post("/agent/function_calls/call-1/escalate_email", json={"escalation_msg": "Please."})

    assert answer.status_code == 409
    assert not Intervention.objects.get().comments.exists()


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "It did not happen."
        time.sleep(0.02)
