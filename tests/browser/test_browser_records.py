"""History, units, metrics and one's own page in front of somebody: by keys, by night, on a phone, and live."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts import actions as accounts
from accounts.models import Membership, Organization
from accounts.queries import system_of
from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions import actions
from interventions.actions import Question
from tests.browser.conftest import meanwhile
from work.models import Unit


@pytest.fixture
def units(max: Membership, sys: Membership) -> list[Unit]:
    """Four loans that were held, the first still open."""
    gate = guardians.create_gate("loans", actor=max, name="Loans")
    small = {"expression": "unit.attributes.amount <= 10000"}
    guardians.post_guardian(gate.pk, "small-loans-pass", type="EXPRESSION", config=small, actor=max)
    items = [
        UnitIn(gate="loans", external_id=f"loan-{n}", title=f"Loan {n}", attributes={"amount": 20_000, "terms": [n]})
        for n in range(4)
    ]
    made = [Unit.objects.get(pk=result.told()["id"]) for result in submit(items, actor=sys)]
    actions.approve(made[1].interventions.get().pk, actor=max, reason="Income confirmed by phone.")
    actions.reject(made[2].interventions.get().pk, actor=max, reason="Too much for this income.")
    actions.waive(made[3].interventions.get().pk, actor=max, reason="Second earner signed.")
    return made


def listening(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-line", "live")


def test_the_history_is_walked_and_opened_by_keys(page_of, ada, units):
    page = page_of(ada)
    page.goto("/history")
    listening(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr[data-item][aria-current]")).to_contain_text("Loan 2")

    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/interventions/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Loan 2")


def test_a_choice_narrows_at_once_and_can_be_dropped(page_of, ada, units):
    page = page_of(ada)
    page.goto("/history")
    page.get_by_label("Outcome").select_option("rejected")

    expect(page).to_have_url(re.compile(r"/history\?status=rejected$"))
    expect(page.locator("tr[data-item]")).to_have_count(1)

    page.get_by_role("link", name="Drop all filters").click()
    expect(page.locator("tr[data-item]")).to_have_count(3)


def test_a_day_is_chosen_without_a_button(page_of, ada, units):
    page = page_of(ada)
    page.goto("/history")
    page.get_by_label("To", exact=True).fill("0020-01-01")  # on the way to a year of ours
    page.get_by_label("To", exact=True).fill("2020-01-01")

    expect(page.get_by_text("Nothing that was settled matches")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/history\?until=2020-01-01$"))


def test_on_a_phone_the_filters_are_behind_one_button(page_of, ada, units):
    page = page_of(ada, width=375)
    page.goto("/units")
    expect(page.get_by_label("Status")).to_be_hidden()

    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Status").select_option("awaiting_pilot")

    expect(page.locator("tr[data-item]")).to_have_count(1)


def test_the_page_of_a_unit_follows_what_is_decided(page_of, vi, ada, units):
    page = page_of(vi)
    page.goto(f"/units/{units[0].pk}")
    listening(page)
    expect(page.get_by_text("waits for a pilot")).to_be_visible()
    page.get_by_text("Evidence").first.click()

    actions.approve(units[0].interventions.get().pk, actor=ada, reason="Fine by me.")

    expect(page.locator(".ledger").get_by_text("approved it")).to_be_visible()
    expect(page.get_by_text("waits for a pilot")).to_be_hidden()
    expect(page.locator(".verdicts details").first).to_have_attribute("open", "")


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_days_and_times_are_those_of_the_browser(page_of, ada, units, zone):
    page = page_of(ada, timezone_id=zone)
    page.goto("/profile")
    page.goto("/history")
    expect(page.get_by_text("Today, ")).to_be_visible()

    page.goto("/profile")
    expect(page.get_by_text(zone)).to_be_visible()


def test_a_theme_is_chosen_and_stays(page_of, ada):
    page = page_of(ada)
    page.goto("/settings")
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("button", name="Save the settings").click()
    page.goto("/insights")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")

    page.goto("/settings")
    expect(page.get_by_role("radio", name="Dark")).to_be_checked()


def test_one_goes_over_to_another_organization(page_of, ada, elsewhere: Organization):
    accounts.grant_role(ada.pilot, "Viewer", actor=system_of(elsewhere.pk))
    page = page_of(ada)
    page.goto("/profile")

    page.get_by_role("button", name="Go to Elsewhere").click()

    expect(page.get_by_text("You are in Elsewhere now.")).to_be_visible()


def test_the_figures_renew_themselves_and_leave_alone_what_one_is_at(page_of, ada, sys, units):
    """The clock of the page runs ahead to the thirty seconds; the server, the wire and the figures are real."""
    page = page_of(ada, height=600)
    page.clock.install()
    page.goto("/insights")
    listening(page)
    page.evaluate("window.said = []; window.stayed = true")
    page.evaluate(
        """new MutationObserver(() => window.said.push(document.querySelector("#announcer").textContent))
        .observe(document.querySelector("#announcer"), {childList: true, characterData: true, subtree: true})"""
    )
    page.locator("#t-flow summary").click()
    page.locator("#t-flow tbody a").last.focus()
    scrolled = page.evaluate("scrollY")
    asked = page.locator(".tile", has_text="Asked").locator("dd").first
    expect(asked).to_have_text("4")
    meanwhile(actions.raise_intervention, Question(kind="approval", title="One more"), actor=sys)

    with page.expect_response("**/insights") as answered:
        page.clock.run_for(31_000)

    assert answered.value.request.headers["hx-request"] == "true"
    expect(asked).to_have_text("5")
    assert page.evaluate("window.stayed")
    expect(page.locator("#t-flow")).to_have_attribute("open", "")
    expect(page.locator("#t-waiting")).not_to_have_attribute("open", "")
    expect(page.locator("#t-flow a:focus")).to_have_count(1)
    assert page.evaluate("scrollY") == scrolled > 0
    assert page.evaluate("window.said") == []
    expect(page.locator("#figures [aria-live], #figures [role=status], #figures [role=alert]")).to_have_count(0)
    expect(page.locator("#figures")).to_have_count(1)
