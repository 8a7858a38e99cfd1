"""The unmodified SDK against a running server: a pilot's word decides whether its function runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Membership
from interventions import actions
from interventions.models import Acknowledgement, Intervention

pytestmark = pytest.mark.django_db(transaction=True)

AGENT = Path(__file__).parent / "humanlayer_agent.py"
PATIENCE_SECONDS = 60.0

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(address: str, agent_key: str) -> Iterator[Start]:
    """Start the agent: `start("approval")`."""
    agents: list[subprocess.Popen[str]] = []
    access = {"HUMANLAYER_API_BASE": f"{address}/humanlayer/v1", "HUMANLAYER_API_KEY": agent_key}

    def run(what: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(AGENT), what]
        agents.append(subprocess.Popen(command, env=os.environ | access, stdout=subprocess.PIPE, text=True))
        return agents[-1]

    yield run
    for agent in agents:
        agent.kill()
        agent.communicate()


def the_question() -> Intervention:
    """What the agent asks, as soon as it does."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not Intervention.objects.exists():
        assert time.monotonic() < until, "The agent did not ask."
        time.sleep(0.05)
    return Intervention.objects.get()


def returned(agent: "subprocess.Popen[str]") -> Any:
    out, _none = agent.communicate(timeout=PATIENCE_SECONDS)
    return json.loads(out)["returned"]


def test_an_approved_function_runs(start: Start, ada: Membership) -> None:
    agent = start("approval")

    actions.approve(the_question().pk, actor=ada)

    assert returned(agent) == "sent “Your loan” to customer@example.org"


def test_a_rejected_function_does_not_run_and_the_model_reads_why(start: Start, ada: Membership) -> None:
    agent = start("approval")

    actions.reject(the_question().pk, actor=ada, reason="The customer has no loan.")

    assert returned(agent) == "User denied send_email with message: The customer has no loan."


def test_a_rejection_without_a_word_is_a_refusal_and_no_error(start: Start, ada: Membership) -> None:
    agent = start("approval")

    actions.reject(the_question().pk, actor=ada)

    assert returned(agent) == "User denied send_email with message: Rejected by Ada Nyström without a comment."


def test_a_human_as_tool_gives_the_pilots_words(start: Start, ada: Membership) -> None:
    agent = start("question")

    actions.answer(the_question().pk, actor=ada, answer="Dark green.")

    assert returned(agent) == "Dark green."


def test_a_chosen_option_gives_what_it_stands_for(start: Start, ada: Membership) -> None:
    agent = start("option")

    actions.answer(the_question().pk, actor=ada, answer={"option": "Red"})

    assert returned(agent) == "Paint it red."


WHY = "Agent repeats itself."


def test_while_its_gate_is_stopped_nothing_runs_and_the_model_reads_who_and_why(start: Start, max: Membership) -> None:
    stopped = actions.stop_work(scope="gate", target="agent-action", reason=WHY, actor=max)

    said, _colon, body = returned(start("approval")).partition(": {")
    assert said.startswith("Error fetching approval for send_email: 423 Client Error")
    error = json.loads("{" + body)["error"]
    assert error["message"].startswith("Max Keller has stopped the gate agent-action, at ")
    assert error["message"].endswith(f"UTC: {WHY}")
    assert (error["code"], error["stop"]) == ("stopped", str(stopped.pk))
    assert not Intervention.objects.exists()


def test_a_human_as_tool_is_refused_while_everything_is_stopped(start: Start, max: Membership) -> None:
    actions.stop_work(scope="organization", reason=WHY, actor=max)

    said = returned(start("question"))
    assert said.startswith("HumanLayerException: 423 Client Error")
    assert f"UTC: {WHY}" in said
    assert not Intervention.objects.exists()


@pytest.mark.parametrize(
    "what, told",
    [
        ("approval", f"User denied send_email with message: Stopped by Max Keller: {WHY}"),
        ("question", f"Stopped by Max Keller: {WHY}"),
    ],
)
def test_a_stop_that_settles_is_no_pilots_no(start: Start, max: Membership, what: str, told: str) -> None:
    agent = start(what)

    the_question()
    actions.stop_work(scope="organization", reason=WHY, settles=True, actor=max)

    assert returned(agent) == told


def test_what_a_stop_holds_goes_on_once_it_is_rearmed(start: Start, max: Membership, ada: Membership) -> None:
    agent = start("approval")
    question = the_question()
    stopped = actions.stop_work(scope="gate", target="agent-action", reason=WHY, actor=max)
    until = time.monotonic() + PATIENCE_SECONDS
    while not Acknowledgement.objects.exclude(told_at=None).exists():
        assert time.monotonic() < until, "The agent's poll was not told."
        time.sleep(0.05)
    assert agent.poll() is None

    actions.let_work_go_on(stopped.pk, reason="Fixed.", actor=max)
    actions.approve(question.pk, actor=ada)

    assert returned(agent) == "sent “Your loan” to customer@example.org"
