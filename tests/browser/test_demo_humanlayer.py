"""Demonstration: an agent with HumanLayer's published SDK asks, a pilot answers on an open page, the agent goes on.

Run with `-s` to read how long it took from the pilot's click until the agent had its answer.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from accounts.models import Membership, Organization
from accounts.queries import system_of
from chameleon.management.sample_gates import AGENT_ACTION
from guardians.actions import create_gate, post_guardian
from interventions.models import Intervention
from tests.browser.conftest import Site

AGENT = Path(__file__).resolve().parent.parent.parent / "clients" / "tests" / "humanlayer_agent.py"
PATIENCE_SECONDS = 60.0
CLICKED_AT = "window.clickedAt = 0; addEventListener('click', () => { window.clickedAt = Date.now() }, {capture: true})"

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start(site: Site, organization: Organization, sys_key: str) -> Iterator[Start]:
    """Start the agent: `start("approval")`."""
    agents: list[subprocess.Popen[str]] = []
    access = {"HUMANLAYER_API_BASE": f"{site.url}/humanlayer/v1", "HUMANLAYER_API_KEY": sys_key}

    def run(what: str) -> "subprocess.Popen[str]":
        command = [sys.executable, str(AGENT), what]
        agents.append(subprocess.Popen(command, env=os.environ | access, stdout=subprocess.PIPE, text=True))
        return agents[-1]

    yield run
    for agent in agents:
        agent.kill()
        agent.communicate()


@pytest.fixture
def sys_key(sys: Membership, key_of: Callable[..., str]) -> str:
    """The key of a program at the gate that a new installation has."""
    system = system_of(sys.organization_id)
    gate = create_gate(AGENT_ACTION.slug, actor=system, **AGENT_ACTION.form)
    for guardian in AGENT_ACTION.guardians:
        post_guardian(gate.pk, actor=system, **guardian._asdict())
    return key_of(sys, "submit", "read")


@pytest.fixture
def page(page_of: Callable[..., Page], ada: Membership) -> Page:
    """Ada's queue, empty and listening."""
    page = page_of(ada)
    page.goto("/")
    expect(page.get_by_text("Nothing was ever asked here")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-line", "live")
    page.evaluate(CLICKED_AT)
    return page


def test_the_pilot_approves_and_the_function_runs(start: Start, page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    agent = start("approval")
    row = the_row(page, "Run send_email(to, subject)")
    wait_for_a_listening_caller()

    row.get_by_role("button", name="Approve").click()

    assert returned(agent, page, "Approve", capsys) == "sent “Your loan” to customer@example.org"


def test_the_pilot_rejects_and_the_agent_reads_why(
    start: Start, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = start("approval")
    the_row(page, "Run send_email(to, subject)").get_by_role("link", name="Run send_email").click()
    # What would run is in front of the pilot before anything is pressed.
    expect(page.get_by_text("customer@example.org").first).to_be_visible()
    page.evaluate(CLICKED_AT)
    wait_for_a_listening_caller()

    page.get_by_label("Reason").first.fill("The customer has no loan.")
    page.get_by_role("button", name="Reject").first.click()

    assert returned(agent, page, "Reject", capsys) == "User denied send_email with message: The customer has no loan."


def test_the_pilot_answers_a_question_in_words(start: Start, page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    agent = start("question")
    the_row(page, "Which colour does the customer want?").get_by_role("link", name="Answer").click()
    page.evaluate(CLICKED_AT)
    wait_for_a_listening_caller()

    page.get_by_label("Answer").fill("Dark green.")
    page.get_by_role("button", name="Send answer").click()

    assert returned(agent, page, "Answer", capsys) == "Dark green."


def test_the_pilot_chooses_one_of_the_offered_answers(
    start: Start, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = start("option")
    the_row(page, "Which colour does the customer want?").get_by_role("link", name="Answer").click()
    page.evaluate(CLICKED_AT)
    wait_for_a_listening_caller()

    page.get_by_label("Red", exact=True).check()
    page.get_by_role("button", name="Send answer").click()

    assert returned(agent, page, "Choose", capsys) == "Paint it red."


def the_row(page: Page, title: str) -> Locator:
    """The question on the open page. It comes by itself: nobody reloads."""
    row = page.locator(".row", has_text=title)
    expect(row).to_be_visible(timeout=PATIENCE_SECONDS * 1_000)
    return row


def wait_for_a_listening_caller() -> None:
    """Until the SDK, which sleeps three seconds before each poll, holds the line."""
    until = time.monotonic() + PATIENCE_SECONDS
    while Intervention.objects.get().caller_state(timezone.now()) != "listening":
        assert time.monotonic() < until, "The agent did not poll."
        time.sleep(0.02)


def returned(agent: "subprocess.Popen[str]", page: Page, what: str, capsys: pytest.CaptureFixture[str]) -> Any:
    out, _none = agent.communicate(timeout=PATIENCE_SECONDS)
    answer = json.loads(out)
    milliseconds = answer["at"] * 1_000 - page.evaluate("window.clickedAt")
    with capsys.disabled():
        sys.stdout.write(f"\n{what}: {milliseconds:.0f} ms from the pilot's click to the agent's return.\n")
    return answer["returned"]
