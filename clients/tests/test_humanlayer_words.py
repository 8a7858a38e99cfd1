"""What a HumanLayer client is told about its function call: whoever or whatever answered, and never less than true."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.queries import system_of
from clients.humanlayer import queries, serializers
from clients.humanlayer.serializers import FunctionCall
from guardians import policy
from guardians.actions import change_gate
from guardians.models import Gate
from intake.actions import submit
from interventions import actions
from interventions.models import Intervention
from kit.canonical import content_hash
from work import actions as work
from work.models import Unit

Told = dict[str, Any]


@pytest.fixture
def ask(gate: Gate, sys: Membership) -> Callable[..., Told]:
    """Submit a function call as the API does: `ask("send_email", state={...})`."""

    def make(fn: str = "send_email", **spec: Any) -> Told:
        call = {"run_id": "agent-7", "call_id": "call-1", "spec": {"fn": fn, "kwargs": {"to": "ada"}, **spec}}
        sent = serializers.read(FunctionCall, msgspec.json.encode(call))
        (result,) = submit([serializers.as_unit(sent, gate.slug)], actor=sys)
        assert result.problem is None, result.problem
        return told_to(sys)

    return make


@pytest.fixture
def form(gate: Gate) -> Callable[..., None]:
    """Change how the gate asks."""

    def change(**settings: Any) -> None:
        change_gate(gate.pk, actor=system_of(gate.organization_id), **settings)
        policy.policy_at(gate.organization_id, gate.slug)

    return change


def told_to(sys: Membership) -> Told:
    return queries.as_function_call(queries.call_named(sys, "call-1"))


def the_question() -> Intervention:
    return Intervention.objects.get()


def test_a_call_that_may_pass_is_approved_and_says_that_nobody_was_asked(ask: Callable[..., Told]) -> None:
    told = ask("get_weather")

    assert told["status"]["approved"] is True
    assert told["status"]["comment"] == (
        "Approved by the guardians of the gate agent-action (never v1, read-only v1); no person was asked."
    )
    assert told["x_resolution_source"] == "guardian"
    assert not Intervention.objects.exists()


def test_a_call_that_is_blocked_is_refused_with_the_reason(ask: Callable[..., Told]) -> None:
    status = ask("drop_database")["status"]

    assert status["approved"] is False
    assert status["comment"] == "Refused by the guardian never v1, no person was asked: No agent drops a database."
    assert status["responded_at"]


def test_a_call_that_is_held_is_open_and_the_pilot_sees_exactly_what_would_run(ask: Callable[..., Told]) -> None:
    told = ask()

    question = the_question()
    assert told["status"]["approved"] is None
    assert told["x_intervention_url"].endswith(f"/interventions/{question.pk}")
    assert question.proposed == {"fn": "send_email", "kwargs": {"to": "ada"}}
    assert question.content_hash == content_hash(question.proposed)
    assert (question.title, question.requested_by) == ("Run send_email(to)", "agent-7")


def test_a_call_without_named_arguments_warns_the_pilot(ask: Callable[..., Told]) -> None:
    ask(kwargs={})

    assert "Arguments by position are never sent, and may exist." in the_question().description


def test_an_approval_comes_back_with_its_comment(ask: Callable[..., Told], ada: Membership, sys: Membership) -> None:
    ask()
    actions.approve(the_question().pk, actor=ada, reason="As agreed.")

    told = told_to(sys)

    assert told["status"] | {"requested_at": 0, "responded_at": 0} == {
        "requested_at": 0,
        "responded_at": 0,
        "approved": True,
        "comment": "As agreed.",
        "reject_option_name": None,
        "slack_message_ts": None,
    }
    assert told["x_resolution_source"] == "human"


def test_a_rejection_without_a_word_still_carries_a_comment(
    ask: Callable[..., Told], ada: Membership, sys: Membership
) -> None:
    ask()
    actions.reject(the_question().pk, actor=ada)

    status = told_to(sys)["status"]

    assert (status["approved"], status["comment"]) == (False, "Rejected by Ada Nyström without a comment.")


@pytest.mark.parametrize(
    "reason, comment, option",
    [
        ("no_money", "Ask again in spring.", "no_money"),
        ("No money: not this month", "not this month", "no_money"),
        ("later", "later", "later"),
        ("nowhere: x", "nowhere: x", None),
        ("", "Rejected by Ada Nyström without a comment.", None),
    ],
)
def test_a_rejection_by_option_is_told_as_one(
    ask: Callable[..., Told], ada: Membership, sys: Membership, reason: str, comment: str, option: str | None
) -> None:
    first = {"name": "no_money", "title": "No money", "prompt_fill": "Ask again in spring.", "interactive": False}
    ask(reject_options=[first, {"name": "later"}])
    question = the_question()

    actions.reject(question.pk, actor=ada, reason=reason)

    status = told_to(sys)["status"]
    assert (status["comment"], status["reject_option_name"]) == (comment, option)
    assert "`no_money` No money" in question.description


def test_a_timeout_is_not_told_as_a_persons_no(ask: Callable[..., Told], sys: Membership) -> None:
    ask()
    run_out_of_time(the_question())

    told = told_to(sys)

    assert told["status"]["approved"] is False
    assert told["status"]["comment"] == "Nobody answered in time; this is a timeout, not a person's no."
    assert told["x_resolution_source"] == "timeout_default"


def test_a_gate_that_lets_pass_on_timeout_says_that_no_person_approved(
    ask: Callable[..., Told], form: Callable[..., None], sys: Membership
) -> None:
    form(on_timeout="approve")
    ask()
    run_out_of_time(the_question())

    told = told_to(sys)

    assert told["status"]["approved"] is True
    assert "No person approved it." in told["status"]["comment"]
    assert told["x_resolution_source"] == "timeout_default"


def test_a_call_cancelled_by_its_own_program_says_so(ask: Callable[..., Told], sys: Membership) -> None:
    ask()
    actions.cancel(the_question().pk, actor=sys)

    told = told_to(sys)

    assert (told["status"]["approved"], told["status"]["comment"]) == (False, "Cancelled by the program that asked.")
    assert told["x_resolution_source"] == "cancelled_by_caller"


def test_a_call_cancelled_by_a_pilot_says_by_whom(ask: Callable[..., Told], ada: Membership, sys: Membership) -> None:
    ask()
    actions.cancel(the_question().pk, actor=ada)

    assert told_to(sys)["status"]["comment"] == "Cancelled by Ada Nyström without a comment."


def test_a_call_ended_after_its_approval_may_not_run(
    ask: Callable[..., Told], ada: Membership, sys: Membership
) -> None:
    ask()
    actions.approve(the_question().pk, actor=ada)
    work.cancel(Unit.objects.get().pk, actor=ada, note="The run was stopped.")

    status = told_to(sys)["status"]

    assert (status["approved"], status["comment"]) == (False, "The run was stopped.")


def test_a_call_that_passed_and_was_stopped_since_may_not_run(
    ask: Callable[..., Told], ada: Membership, sys: Membership
) -> None:
    ask("get_weather")
    work.cancel(Unit.objects.get().pk, actor=ada)

    status = told_to(sys)["status"]

    assert (status["approved"], status["comment"]) == (False, "The call had already ended: cancelled.")


def test_a_call_that_is_paused_waits_although_it_was_approved(
    ask: Callable[..., Told], ada: Membership, sys: Membership
) -> None:
    ask("get_weather")
    work.pause(Unit.objects.get().pk, actor=ada)

    assert told_to(sys)["status"]["approved"] is None


def test_an_approval_of_something_else_is_a_no_to_what_was_asked(
    ask: Callable[..., Told], form: Callable[..., None], ada: Membership, sys: Membership
) -> None:
    form(edits_allowed=True)
    ask()
    edited = {"fn": "send_email", "kwargs": {"to": "bo"}}
    actions.approve(the_question().pk, actor=ada, edited=edited)

    status = told_to(sys)["status"]

    assert status["approved"] is False
    assert '{"fn": "send_email", "kwargs": {"to": "bo"}}' in status["comment"]


def test_secrets_of_a_channel_are_not_kept(ask: Callable[..., Told]) -> None:
    slack = {"channel_or_user_id": "C1", "bot_token": "xoxb-1", "context_about_channel_or_user": "the directors"}

    told = ask(channel={"slack": slack, "email": {"address": "a@b.example", "smtp": [{"Password": "xoxb-1"}]}})

    kept = the_question().dialect
    assert kept == Unit.objects.get().dialect
    assert "xoxb-1" not in f"{kept}{told}"
    assert told["spec"]["channel"]["slack"] == slack | {"bot_token": None}


def test_two_programs_with_one_call_id_are_each_shown_their_own(
    ask: Callable[..., Told], bo: Membership, gate: Gate, sys: Membership
) -> None:
    from accounts.actions import create_platform

    ask("get_weather")
    bo.platform = create_platform("ci", "CI", actor=system_of(gate.organization_id))
    call = {"run_id": "agent-8", "call_id": "call-1", "spec": {"fn": "drop_database", "kwargs": {}}}
    submit([serializers.as_unit(serializers.read(FunctionCall, msgspec.json.encode(call)), gate.slug)], actor=bo)

    assert queries.as_function_call(queries.call_named(bo, "call-1"))["run_id"] == "agent-8"
    bo.platform = None
    assert told_to(bo)["run_id"] == "agent-8"  # the newest, for one who sees both


def run_out_of_time(question: Intervention) -> None:
    now = timezone.now()
    Intervention.objects.filter(pk=question.pk).update(expires_at=now - timedelta(seconds=1))
    actions.expire(question.pk, organization_id=question.organization_id, now=now)
