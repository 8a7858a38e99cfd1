"""One question in front of somebody: what they do, what others do meanwhile, and what is never lost."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts import actions as accounts
from accounts.models import Membership
from accounts.queries import system_of
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.tests.asking import held
from live.bus import announce
from tests.browser.conftest import meanwhile

PageOf = Callable[..., Page]


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(
        Question(kind="approval", title="Deploy 4.18.2", context={"files": 17}), actor=sys
    )


@pytest.fixture
def opened_by(page_of: PageOf) -> Callable[..., Page]:
    def make(membership: Membership, question: Intervention, **options: object) -> Page:
        page = page_of(membership, **options)
        page.goto(f"/interventions/{question.pk}")
        expect(page.locator("html")).to_have_attribute("data-line", "live")
        return page

    return make


def test_the_keys_decide_with_the_reason_that_was_written(opened_by, ada, question):
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("Rollback was rehearsed.")
    page.keyboard.press("Escape")

    page.keyboard.press("a")

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")
    question.refresh_from_db()
    assert question.decision.reason == "Rollback was rehearsed."


def test_after_a_decision_by_key_the_hand_is_on_the_way_on(opened_by, ada, sys, question):
    after = actions.raise_intervention(Question(kind="approval", title="After it"), actor=sys)
    page = opened_by(ada, question)

    page.keyboard.press("a")
    expect(page.get_by_role("link", name="Next question").last).to_be_focused()
    expect(page.locator("#announcer")).to_contain_text("Deploy 4.18.2: Approved by you")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("After it")
    assert page.url.endswith(str(after.pk))


def test_control_enter_sends_what_was_pressed_last(opened_by, max, sys):
    question = actions.raise_intervention(Question(kind="waiver", title="Debt ratio 0.43"), actor=sys)
    page = opened_by(max, question)

    page.keyboard.press("w")
    expect(page.get_by_role("complementary").get_by_text("Say why before you send this.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reason")).to_be_focused()
    page.keyboard.type("Known customer.")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Waived")
    question.refresh_from_db()
    assert question.decision.reason == "Known customer."


def test_what_others_do_shows_and_words_half_written_stay(opened_by, ada, bo, question):
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("I think that")

    actions.comment(question.pk, body="Wait for me.", actor=bo)
    expect(page.get_by_text("Wait for me.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("I think that")
    expect(page.get_by_role("textbox", name="Reason")).to_be_focused()

    actions.reject(question.pk, reason="Not in a freeze.", actor=bo)
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Rejected by Bo Lindqvist")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)


@pytest.mark.parametrize("place", ["question", "pane", "unit"])
def test_what_happens_while_the_page_asks_anew_is_asked_for_as_well(page_of, vi, ada, sys, place):
    question = held(sys)
    page = page_of(vi)
    page.goto({"question": f"/interventions/{question.pk}", "pane": "/", "unit": f"/units/{question.unit_id}"}[place])
    expect(page.locator("html")).to_have_attribute("data-line", "live")
    if place == "pane":
        page.keyboard.press("j")
    shown = page.locator(f"#{place}")
    expect(shown).to_be_visible()

    def outdated(route: Route) -> None:
        """What the server said before the decision, and comes after it."""
        said = route.fetch()
        meanwhile(actions.approve, question.pk, actor=ada)
        time.sleep(0.7)
        route.fulfill(response=said)

    page.wait_for_timeout(500)
    page.route(page.url if place != "pane" else f"**/interventions/{question.pk}", outdated, times=1)
    actions.claim(question.pk, actor=ada)
    announce("work.unit", question.unit_id, organization_id=question.organization_id)

    expect(shown.get_by_text("approved").first).to_be_visible()


def test_what_happens_while_an_act_is_on_its_way_is_asked_for_afterwards(opened_by, ada, bo, question):
    page = opened_by(ada, question)

    def late(route: Route) -> None:
        said = route.fetch()
        meanwhile(actions.comment, question.pk, actor=bo, body="Wait for me.")
        time.sleep(0.7)
        route.fulfill(response=said)

    page.route("**/claim", late, times=1)
    page.keyboard.press("g")

    expect(page.get_by_role("button", name="Release").first).to_be_visible()
    expect(page.get_by_text("Wait for me.")).to_be_visible()


def test_an_opened_branch_stays_open_when_something_changes(opened_by, ada, bo, sys):
    many = {str(number): number for number in range(40)}
    question = actions.raise_intervention(Question(kind="approval", title="Deploy", context={"many": many}), actor=sys)
    page = opened_by(ada, question)
    page.get_by_text("many", exact=True).click()
    expect(page.get_by_text("39").first).to_be_visible()

    actions.comment(question.pk, body="Wait for me.", actor=bo)

    expect(page.get_by_text("Wait for me.")).to_be_visible()
    expect(page.get_by_text("39").first).to_be_visible()


def test_the_loser_of_a_race_reads_who_won_and_keeps_the_words(opened_by, ada, bo, question):
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("Not so fast.")
    page.route("**/rejection", lambda route: (meanwhile(actions.approve, question.pk, actor=bo), route.continue_()))

    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("alert")).to_contain_text("Bo Lindqvist approved this")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Not so fast.")


def test_why_an_answer_was_not_recorded_can_be_read_in_peace(opened_by, ada, bo, question):
    page = opened_by(ada, question)
    page.route("**/rejection", lambda route: (meanwhile(actions.approve, question.pk, actor=bo), route.continue_()))
    page.get_by_role("textbox", name="Reason").fill("Too late in the day.")
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("alert")).to_contain_text("Bo Lindqvist approved this")

    actions.comment(question.pk, body="Wait for me.", actor=bo)

    page.wait_for_timeout(2_000)
    expect(page.get_by_role("alert")).to_contain_text("Bo Lindqvist approved this")
    expect(page.get_by_text("Wait for me.")).to_be_visible(timeout=10_000)


def test_asking_back_stops_the_clock_until_the_reply(opened_by, ada, question):
    page = opened_by(ada, question)

    page.keyboard.press("c")
    page.get_by_label("What do you need to know?").fill("Which host?")
    page.get_by_role("dialog").get_by_role("button", name="Ask back").click()

    expect(page.get_by_text("Its clock stands still")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("The reply, if you learned it elsewhere").fill("host-7")
    page.get_by_role("button", name="Send the reply").click()

    expect(page.get_by_role("button", name="Ask back")).to_be_visible()
    expect(page.get_by_text("host-7")).to_be_visible()


def test_a_claim_and_its_release_are_one_key(opened_by, ada, question):
    page = opened_by(ada, question)

    page.keyboard.press("g")
    expect(page.get_by_role("button", name="Release")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)  # the line tells of it before the answer is there
    page.keyboard.press("g")
    expect(page.get_by_role("button", name="Claim")).to_be_visible()


def test_a_comment_is_sent_and_its_box_is_empty_again(opened_by, ada, question):
    page = opened_by(ada, question)

    page.get_by_role("textbox", name="Comment").fill("Looks odd.")
    page.get_by_role("button", name="Comment").click()

    expect(page.locator(".said")).to_contain_text("Looks odd.")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("")


def test_a_question_is_answered_in_its_own_fields(opened_by, ada, sys):
    schema = {
        "type": "object",
        "required": ["address"],
        "properties": {
            "address": {"type": "string", "title": "Which address?", "enum": ["Storgata 14", "Storgata 41"]}
        },
    }
    asked = Question(kind="clarification", title="Shipment 7741", answer_schema=schema)
    question = actions.raise_intervention(asked, actor=sys)
    page = opened_by(ada, question)

    page.get_by_label("Storgata 41").check()
    page.get_by_role("button", name="Send answer").click()

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Answered by you")
    question.refresh_from_db()
    assert question.decision.answer == {"address": "Storgata 41"}


def test_next_and_earlier_are_the_neighbours_in_the_queue(opened_by, ada, sys, question):
    after = actions.raise_intervention(Question(kind="approval", title="After it"), actor=sys)
    page = opened_by(ada, question)

    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("After it")
    assert page.url.endswith(str(after.pk))
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deploy 4.18.2")


def test_on_a_phone_the_reason_is_asked_in_a_sheet(opened_by, ada, question):
    page = opened_by(ada, question, width=375, height=800, has_touch=True, is_mobile=True)

    page.get_by_role("group", name="Decide").get_by_role("button", name="Approve").tap()
    sheet = page.get_by_role("dialog", name="Deploy 4.18.2")
    sheet.get_by_role("textbox", name="Reason").fill("Rollback was rehearsed.")
    sheet.get_by_role("button", name="Approve").tap()

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")


def test_without_a_script_a_refusal_keeps_the_words(page_of, ada, bo, question):
    page = page_of(ada, java_script_enabled=False)
    page.goto(f"/interventions/{question.pk}")
    actions.approve(question.pk, actor=bo)
    page.get_by_role("textbox", name="Reason").fill("Not so fast.")

    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("alert")).to_contain_text("Bo Lindqvist approved this")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Not so fast.")


def test_a_server_error_is_said_and_nothing_is_lost(opened_by, ada, question):
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("Rollback was rehearsed.")
    page.route("**/approval", lambda route: route.fulfill(status=503, body="no"))

    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("alert")).to_contain_text("The decision was not recorded. The server answered 503")
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Rollback was rehearsed.")
    page.unroute("**/approval")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")
    page.complaints.clear()  # the browser tells of the 503


def test_whoever_loses_the_role_is_refused_in_words(opened_by, ada, question, organization):
    page = opened_by(ada, question)
    system = system_of(organization.pk)

    def meanwhile_a_viewer(route: Route) -> None:
        meanwhile(accounts.grant_role, ada.pilot, "Viewer", actor=system)
        time.sleep(1.5)  # the page has no Approve any more
        route.continue_()

    page.route("**/approval", meanwhile_a_viewer)
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("alert")).to_contain_text("The server refused it (403)")
    expect(page.get_by_text("Your role may look at questions, not answer them.")).to_be_visible()
    question.refresh_from_db()
    assert question.status == "pending"
    page.complaints.clear()
