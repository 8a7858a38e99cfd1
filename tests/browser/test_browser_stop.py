"""The kill switch as an Admin pulls it, and as everybody else sees it."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Organization
from conftest import member
from guardians import actions as guardians
from interventions import actions
from interventions.models import Stop
from interventions.tests.asking import ask, held, unit_of
from interventions.tests.stopping import go_on, stop
from tests.browser.conftest import meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def gate(site, max, sys):
    guardians.create_gate("deploys", actor=max, name="Deploys")
    unit_of(sys)
    return held(sys)


def test_holding_the_button_stops_and_everybody_sees_it_at_once(page_of, gate, max, ada, sys):
    other = page_of(ada)
    other.goto("/")
    expect(other.locator("[data-line]").first).to_have_attribute("data-state", "live")
    page = page_of(max)
    page.goto("/stops/new")
    page.select_option("#what", "gate:deploys")
    expect(page.locator("#preview")).to_contain_text("1 active unit")
    button = page.get_by_role("button", name=re.compile("Hold 2 s to stop the gate deploys"))

    page.fill("#stop-why", "Agent repeats itself.")
    button.hover()
    page.mouse.down()
    page.wait_for_timeout(700)
    page.mouse.up()
    page.wait_for_timeout(1800)
    assert not Stop.objects.exists()
    expect(button).not_to_have_attribute("data-holding", "")

    page.mouse.down()
    page.wait_for_url(re.compile(r"/stops/[0-9a-f-]{36}$"))
    page.mouse.up()
    expect(page.locator("html")).to_have_attribute("data-mood", "frozen")
    expect(page.locator("#tally")).to_contain_text("0 of 1 callers have acknowledged")
    expect(other.locator("#stopped")).to_contain_text("Stopped: the gate deploys.")
    expect(other.locator("#stopped")).to_contain_text("0 of 1 callers have acknowledged.")
    expect(other.locator("html")).to_have_attribute("data-mood", "frozen")

    meanwhile(actions.acknowledge, Stop.objects.get().pk, actor=sys)
    expect(page.locator("#tally")).to_contain_text("1 of 1 callers have acknowledged")

    page.fill("#rearm-why", "Fixed.")
    page.get_by_role("button", name="Re-arm").click()
    expect(page.locator("#stopped .banner")).to_have_count(0)
    expect(other.locator("#stopped .banner")).to_have_count(0)
    expect(other.locator("html")).to_have_attribute("data-mood", "calm")


def live(page):
    expect(page.locator("[data-line]").first).to_have_attribute("data-state", "live")
    return page


def test_open_pages_turn_when_it_is_pulled_and_when_it_is_lifted(page_of, gate, max, ada, sys):
    outside = ask(sys, title="Refund 65")
    queue, detail, phone = page_of(ada), page_of(ada), page_of(ada, width=375, height=812)
    queue.goto("/")
    live(queue).keyboard.press("j")
    row, pane = queue.locator(f"#card-{gate.pk}"), queue.locator("#pane")
    for page in (detail, phone):
        page.goto(f"/interventions/{gate.pk}")
    approve = live(detail).get_by_role("button", name="Approve", exact=False)
    bar = live(phone).locator(".actbar")
    expect(pane.get_by_role("button", name="Approve")).to_be_visible()

    meanwhile(stop, max)
    expect(row.get_by_role("link", name="Stopped")).to_be_visible()
    expect(row.get_by_role("button")).to_have_count(0)
    expect(pane).to_contain_text("Max Keller has stopped the gate deploys.")
    expect(pane.get_by_role("button", name="Approve")).to_have_count(0)
    expect(detail.locator("#question")).to_contain_text("Nobody can decide this until it is re-armed.")
    expect(approve).to_have_count(0)
    expect(bar).to_have_text(re.compile(r"\s*Stopped: the gate deploys\.\s*"))
    expect(queue.locator(f"#card-{outside.pk}").get_by_role("button", name="Approve")).to_be_visible()

    meanwhile(go_on, Stop.objects.get(), max)
    expect(row.get_by_role("button", name="Approve")).to_be_visible()
    expect(pane.get_by_role("button", name="Approve")).to_be_visible()
    expect(approve.first).to_be_visible()
    expect(bar.get_by_role("button", name="Approve")).to_be_visible()


def test_what_was_pressed_before_is_undone_at_the_thumb_and_in_its_row(page_of, gate, max, ada, sys):
    question = held(sys, undo_seconds=60, title="Pay 40 back")
    actions.approve(question.pk, actor=ada)
    phone, queue = page_of(ada, width=375, height=812), page_of(ada)
    phone.goto(f"/interventions/{question.pk}")
    queue.goto("/")
    live(phone)
    live(queue)
    meanwhile(stop, max)

    expect(phone.locator("#question")).to_contain_text("It will not be sent while this is stopped.")
    undo = phone.locator(".actbar").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport(ratio=1)
    row = queue.locator(f"#card-{question.pk}")
    expect(row.get_by_role("link", name="Stopped")).to_be_visible()
    row.get_by_role("button", name="Undo").click()
    expect(row.get_by_role("button")).to_have_count(0)
    expect(phone.locator(".actbar")).to_contain_text("Stopped: the gate deploys.")


def test_words_that_were_being_written_are_there_again(page_of, gate, max, ada, sys):
    asked = held(sys, "clarification", title="Which window?")
    detail, answering = page_of(ada), page_of(ada)
    detail.goto(f"/interventions/{gate.pk}")
    answering.goto(f"/interventions/{asked.pk}")
    live(detail).fill("#why", "Green on staging since Monday.")
    answer = live(answering).locator("#answer textarea").first
    answer.fill("The one at four.")

    meanwhile(stop, max)
    expect(detail.locator("#why")).to_have_count(0)
    expect(answer).to_have_count(0)
    for page in (detail, answering):  # nothing was decided, so they are no remark
        expect(page.get_by_label("Comment", exact=True)).to_have_value("")
        expect(page.locator(".toast")).to_have_count(0)
    meanwhile(go_on, Stop.objects.get(), max)
    expect(detail.locator("#why")).to_have_value("Green on staging since Monday.")
    expect(answer).to_have_value("The one at four.")

    detail.locator("#question").get_by_role("button", name="Approve").first.click()
    expect(detail.locator("#question")).to_contain_text("Green on staging since Monday.")


def test_a_page_that_was_off_the_line_learns_of_it(page_of, site, gate, max, ada):
    page = page_of(ada)
    page.goto("/")
    live(page)
    page.context.set_offline(True)
    expect(page.locator("[data-line]").first).to_have_attribute("data-state", "offline")
    meanwhile(stop, max)
    page.complaints.clear()
    page.context.set_offline(False)

    row = live(page).locator(f"#card-{gate.pk}")
    row.get_by_role("link", name="Stopped").click(timeout=15_000)
    expect(page.locator("h1")).to_have_text("Stopped: the gate deploys")


def test_more_than_a_page_of_questions_turns_as_well(page_of, gate, max, ada, sys):
    for number in range(101):
        ask(sys, title=f"Refund {number}")
    page = page_of(ada)
    page.goto("/")
    live(page)
    meanwhile(stop, max, "organization", "")

    expect(page.locator(f"#card-{gate.pk}").get_by_role("link", name="Stopped")).to_be_visible(timeout=15_000)
    expect(page.locator("[data-rows] [data-key=a]")).to_have_count(0)
    meanwhile(go_on, Stop.objects.get(), max)
    expect(page.locator(f"#card-{gate.pk}").get_by_role("button", name="Approve")).to_be_visible(timeout=15_000)


def test_two_admins_at_two_desks(page_of, gate, max, vi, organization):
    Organization.objects.filter(pk=organization.pk).update(rearm_by_two=True)
    eve = member(organization, "eve", "Admin", name="Eve Roth")
    found = stop(max)
    first, second, wall, listing = page_of(max), page_of(eve), page_of(vi), page_of(vi)
    for page in (first, second, wall):
        page.goto(f"/stops/{found.pk}")
        live(page)
    listing.goto("/stops")
    live(listing)
    second.fill("#rearm-why", "The agent is off.")

    first.fill("#rearm-why", "Mended.")
    first.get_by_role("button", name="Ask to re-arm").click()
    expect(first.locator("#stop")).to_contain_text("Another Admin has to confirm.")
    expect(first.locator("#rearm-why")).to_have_count(0)
    expect(wall.locator("#stop")).to_contain_text("Max Keller asked to re-arm it")
    expect(second.locator("#stop")).to_contain_text("Max Keller asked to re-arm it")
    expect(second.locator("#rearm-why")).to_have_value("The agent is off.")

    second.get_by_role("button", name="Confirm, and re-arm").click()
    for page in (first, second, wall):
        expect(page.locator("#stop")).to_contain_text("Re-armed by")
        expect(page.locator("#stop")).to_contain_text("Eve Roth")
        expect(page.locator("#stopped .banner")).to_have_count(0)
    expect(listing.locator("#stops tbody")).to_contain_text("re-armed")


def test_a_reader_is_told_that_it_is_pulled_and_lifted(page_of, gate, max, ada):
    page = page_of(ada)
    page.goto("/history")
    live(page)
    meanwhile(stop, max)
    expect(page.get_by_role("status").filter(has_text="Stopped: the gate deploys.")).to_have_count(1)
    meanwhile(go_on, Stop.objects.get(), max)
    expect(page.get_by_role("status").filter(has_text="Re-armed: the gate deploys.")).to_have_count(1, timeout=15_000)


def test_the_space_bar_holds_it_too(page_of, gate, max):
    page = page_of(max)
    page.goto("/stops/new?what=gate:deploys")
    page.fill("#stop-why", "Agent repeats itself.")
    page.locator("[data-hold]").focus()
    page.keyboard.down(" ")
    page.wait_for_timeout(600)
    page.keyboard.up(" ")
    page.wait_for_timeout(1800)
    assert not Stop.objects.exists()
    page.keyboard.down(" ")
    page.wait_for_url(re.compile(r"/stops/[0-9a-f-]{36}$"))
    page.keyboard.up(" ")


def test_without_a_reason_the_button_does_not_fill(page_of, gate, max):
    page = page_of(max)
    page.goto("/stops/new?what=gate:deploys")
    page.locator("[data-hold]").hover()
    page.mouse.down()
    page.wait_for_timeout(2400)
    page.mouse.up()

    assert not Stop.objects.exists()
    expect(page.locator("#stop-why")).to_be_focused()


def test_without_scripts_the_name_is_typed(page_of, gate, max):
    page = page_of(max, java_script_enabled=False)
    page.goto("/stops/new")
    page.select_option("#what", "gate:deploys")
    page.get_by_role("button", name="Show what would stop").click()
    expect(page.locator("#preview")).to_contain_text("1 active unit")
    expect(page.locator("[data-hold]")).to_be_hidden()
    page.fill("#stop-why", "Agent repeats itself.")
    page.fill("#word", "deploys")
    page.get_by_role("button", name="Stop", exact=True).click()

    expect(page.locator("h1")).to_have_text("Stopped: the gate deploys")
