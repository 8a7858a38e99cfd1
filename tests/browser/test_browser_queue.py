"""The queue in front of somebody: it follows what others do, and never moves under a hand."""

import re
import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from tests.browser.conftest import Site, meanwhile
from work.models import Priority

PageOf = Callable[..., Page]


def ask(sys: Membership, title: str, **more: object) -> Intervention:
    return actions.raise_intervention(Question(kind=more.pop("kind", "approval"), title=title, **more), actor=sys)


def listen(page: Page) -> None:
    """Until the page hears what happens."""
    expect(page.locator("html")).to_have_attribute("data-line", "live")
    page.wait_for_function(
        "performance.now() > 0 && document.querySelector('[data-line=live], .live[data-state=live]')"
    )


def row(page: Page, title: str):
    return page.locator(".row", has=page.get_by_role("link", name=title, exact=True))


@pytest.fixture
def queue_of(page_of: PageOf) -> PageOf:
    def make(membership: Membership, address: str = "/", **options: object) -> Page:
        page = page_of(membership, **options)
        page.goto(address)
        listen(page)
        return page

    return make


def test_a_question_of_a_program_appears_by_itself(queue_of, site: Site, key_of, ada, sys):
    page = queue_of(ada)
    expect(page.get_by_text("Nothing was ever asked here")).to_be_visible()

    httpx.post(
        f"{site.url}/api/interventions",
        json={"kind": "approval", "title": "Deploy 4.18.2"},
        headers={"Authorization": f"Bearer {key_of(sys)}"},
    ).raise_for_status()

    expect(row(page, "Deploy 4.18.2")).to_be_visible()
    expect(page.get_by_text("Nothing was ever asked here")).to_be_hidden()
    expect(page.locator(".nav [data-count=open]")).to_have_text("1")
    expect(page).to_have_title("1 waiting · Chameleon")


def test_a_new_question_waits_behind_one_line_while_a_hand_is_on_the_list(queue_of, ada, sys):
    ask(sys, "Here before")
    page = queue_of(ada)
    page.keyboard.press("j")

    ask(sys, "Came later", priority=Priority.HIGH)

    expect(page.get_by_role("button", name="Let in 1 new question")).to_be_visible()
    expect(row(page, "Came later")).to_have_count(0)

    page.keyboard.press(".")

    expect(page.locator(".row").first).to_contain_text("Came later")
    expect(page.locator(".row").nth(1)).to_have_attribute("aria-current", "true")


def titles(page: Page) -> list[str]:
    return page.locator(".row .row__title").all_text_contents()


@pytest.fixture
def three(sys: Membership) -> list[Intervention]:
    """As the queue shows them: two high ones, and a normal one below."""
    above = [ask(sys, title, priority=Priority.HIGH) for title in ("First", "Second")]
    return [*above, ask(sys, "Third")]


def test_a_question_that_gets_another_priority_moves_to_its_place(queue_of, sys, ada, three):
    page = queue_of(ada)
    third = row(page, "Third")

    actions.escalate(three[2].pk, message="The customer waits.", actor=sys)
    expect(third.locator(".prio")).to_have_text("High")
    expect(page.locator('[data-lane="high"] .row').nth(2)).to_have_text(re.compile("Third"))
    actions.escalate(three[2].pk, message="Still.", actor=sys)

    expect(page.locator('[data-lane="critical"] .row')).to_have_text(re.compile("Third"))
    assert titles(page) == ["Third", "First", "Second"]
    assert page.locator("[data-lane-count]").all_text_contents() == ["1", "2", "0", "0"]
    expect(page.locator("[data-let-in]")).to_be_hidden()


def test_it_never_moves_under_the_pointer(queue_of, sys, ada, three):
    page = queue_of(ada)
    row(page, "Second").hover()
    places = [row(page, title).bounding_box() for title in ("First", "Second", "Third")]

    actions.escalate(three[2].pk, message="The customer waits.", actor=sys)
    actions.escalate(three[2].pk, message="Still.", actor=sys)

    expect(row(page, "Third").locator(".prio")).to_have_text("Critical")  # it says so where it stands
    expect(page.get_by_role("button", name="Move 1 question to its new place")).to_be_visible()
    page.wait_for_timeout(2_500)  # longer than a hand must have rested
    assert titles(page) == ["First", "Second", "Third"]
    assert [row(page, title).bounding_box() for title in ("First", "Second", "Third")] == places

    ask(sys, "Fourth")
    page.get_by_role("button", name="Let in 1 new, move 1").click()
    assert titles(page) == ["Third", "First", "Second", "Fourth"]
    expect(page.locator("[data-let-in]")).to_be_hidden()


def test_it_never_moves_from_under_the_focus_and_takes_it_along_when_asked_to(queue_of, sys, ada, three):
    page = queue_of(ada)
    for _ in three:
        page.keyboard.press("j")
    expect(row(page, "Third")).to_have_attribute("aria-current", "true")

    actions.escalate(three[2].pk, message="The customer waits.", actor=sys)
    actions.escalate(three[2].pk, message="Still.", actor=sys)

    expect(row(page, "Third").locator(".prio")).to_have_text("Critical")
    page.wait_for_timeout(2_500)
    assert titles(page) == ["First", "Second", "Third"]
    page.keyboard.press(".")
    assert titles(page) == ["Third", "First", "Second"]
    expect(page.get_by_role("link", name="Third", exact=True)).to_be_focused()


def test_one_click_settles_it(queue_of, ada, sys):
    question = ask(sys, "Deploy 4.18.2")
    page = queue_of(ada)

    page.get_by_role("button", name="Approve: Deploy 4.18.2").click()

    settled = row(page, "Deploy 4.18.2")
    expect(settled).to_have_attribute("data-state", "settled")
    expect(settled).to_contain_text("Approved")
    expect(settled).to_contain_text("by you")
    expect(page.locator(".nav [data-count=open]")).to_have_text("0")
    question.refresh_from_db()
    assert question.decision.by == ada

    page.wait_for_load_state("networkidle")  # the pane has heard of it, too
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Let go: Deploy 4.18.2").click()
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    assert sent == []


def test_what_another_pilot_decides_is_struck_through_where_it_stands(queue_of, ada, bo, sys):
    for title in ("First", "Second", "Third"):
        ask(sys, title)
    adas, bos = queue_of(ada), queue_of(bo)

    bos.get_by_role("button", name="Reject: Second").click()

    settled = adas.locator(".row").nth(1)
    expect(settled).to_have_attribute("data-state", "settled")
    expect(settled).to_contain_text("Rejected")
    expect(settled).to_contain_text("by Bo Lindqvist")
    expect(adas.locator(".row")).to_have_count(3)


def test_a_claim_shows_the_name_to_others_and_you_to_oneself(queue_of, ada, bo, sys):
    question = ask(sys, "Deploy 4.18.2")
    adas, bos = queue_of(ada), queue_of(bo)

    actions.claim(question.pk, actor=ada)

    expect(row(bos, "Deploy 4.18.2").locator(".row__who")).to_contain_text("Ada Nyström")
    expect(row(adas, "Deploy 4.18.2").locator(".row__who")).to_contain_text("You")
    expect(adas.locator("[data-count=mine]")).to_have_text("1")
    expect(bos.locator("[data-count=mine]")).to_have_text("0")


def test_a_push_offers_nobody_what_they_may_not_press(queue_of, ada, vi, bo, sys):
    question = ask(sys, "Needs two", required_approvals=2)
    pages = {name: queue_of(membership) for name, membership in {"ada": ada, "bo": bo, "vi": vi}.items()}

    actions.approve(question.pk, actor=bo)

    approve = {name: page.get_by_role("button", name="Approve: Needs two") for name, page in pages.items()}
    for page in pages.values():
        expect(row(page, "Needs two")).to_contain_text("1 of 2")
    expect(approve["ada"]).to_be_visible()
    expect(approve["bo"]).to_have_count(0)
    expect(approve["vi"]).to_have_count(0)


def test_a_row_whose_content_has_changed_since_it_was_shown_decides_nothing(queue_of, ada, sys):
    question = ask(sys, "Deploy 4.18.2")
    page = queue_of(ada)
    another = Intervention.objects.filter(pk=question.pk).update
    page.route("**/approval", lambda route: (meanwhile(another, content_hash="f" * 64), route.continue_()))

    page.get_by_role("button", name="Approve: Deploy 4.18.2").click()

    expect(row(page, "Deploy 4.18.2")).to_contain_text("has changed since you looked")
    question.refresh_from_db()
    assert question.is_open
    page.get_by_role("button", name="Approve: Deploy 4.18.2").click()  # it shows the new one now
    expect(row(page, "Deploy 4.18.2")).to_have_attribute("data-state", "settled")


def test_the_loser_of_a_race_reads_it_in_the_row(queue_of, ada, bo, sys):
    question = ask(sys, "Deploy 4.18.2")
    page = queue_of(ada)
    page.route("**/rejection", lambda route: (meanwhile(actions.approve, question.pk, actor=bo), route.continue_()))

    page.get_by_role("button", name="Reject: Deploy 4.18.2").click()

    expect(row(page, "Deploy 4.18.2")).to_contain_text("Your rejection was not sent")
    expect(row(page, "Deploy 4.18.2")).to_have_attribute("data-state", "settled")


def test_the_keys_move_and_decide(queue_of, ada, sys):
    first, second, third = (ask(sys, title) for title in ("First", "Second", "Third"))
    page = queue_of(ada)

    page.keyboard.press("j")
    expect(page.locator(".row").nth(0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("a")
    expect(page.locator(".row").nth(0)).to_have_attribute("data-state", "settled")
    expect(page.get_by_role("link", name="Second", exact=True)).to_be_focused()  # on to the next that waits
    expect(page.locator("#announcer")).to_contain_text("First: Approved by you")
    page.wait_for_timeout(500)
    page.keyboard.press("r")
    expect(page.locator(".row").nth(1)).to_have_attribute("data-state", "settled")
    expect(page.get_by_role("link", name="Third", exact=True)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".row").nth(1)).to_have_attribute("aria-current", "true")

    for question in (first, second, third):
        question.refresh_from_db()
    assert [first.status, second.status, third.status] == ["approved", "rejected", "pending"]


def test_a_key_pressed_twice_in_a_hurry_decides_one(queue_of, ada, sys):
    _first, second = (ask(sys, title) for title in ("First", "Second"))
    page = queue_of(ada)
    page.keyboard.press("j")
    expect(page.locator("#pane h2")).to_have_text("First")
    page.evaluate(
        """() => document.addEventListener("htmx:afterRequest", () => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: "a", bubbles: true })), { once: true })"""
    )

    page.keyboard.press("a")

    expect(page.locator(".row").nth(0)).to_have_attribute("data-state", "settled")
    expect(page.get_by_role("link", name="Second", exact=True)).to_be_focused()
    page.wait_for_timeout(500)
    second.refresh_from_db()
    assert second.is_open


def test_what_is_on_its_way_is_not_sent_from_the_pane_as_well(queue_of, ada, sys):
    ask(sys, "Deploy 4.18.2")
    page = queue_of(ada)
    page.keyboard.press("j")
    expect(page.locator("#pane").get_by_role("button", name="Approve")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("approval") else None)
    page.route("**/approval", lambda route: (time.sleep(0.3), route.continue_()))

    page.keyboard.press("a")
    page.keyboard.press("a")

    expect(row(page, "Deploy 4.18.2")).to_have_attribute("data-state", "settled")
    assert len(sent) == 1


def test_a_key_never_decides_what_the_pane_still_shows_of_the_row_before(queue_of, ada, sys):
    first, second = (ask(sys, title) for title in ("First", "Second"))
    Intervention.objects.update(reason_required=True)  # so that no row has an Approve of its own
    page = queue_of(ada)
    page.keyboard.press("j")
    page.locator("#pane [name=reason]").fill("As agreed.")
    page.keyboard.press("Escape")
    page.route(f"**/interventions/{second.pk}", lambda route: (time.sleep(0.5), route.continue_()))

    page.keyboard.press("j")
    page.keyboard.press("a")

    expect(page.locator("#pane h2")).to_have_text("Second")
    page.wait_for_timeout(300)
    first.refresh_from_db()
    assert first.is_open


def test_why_an_answer_was_not_recorded_outlives_what_others_do(queue_of, ada, bo, sys):
    question = ask(sys, "Deploy 4.18.2")
    page = queue_of(ada)
    another = Intervention.objects.filter(pk=question.pk).update
    page.route("**/approval", lambda route: (meanwhile(another, content_hash="f" * 64), route.continue_()))
    page.get_by_role("button", name="Approve: Deploy 4.18.2").click()
    expect(row(page, "Deploy 4.18.2").get_by_role("alert")).to_contain_text("has changed since you looked")

    actions.claim(question.pk, actor=bo)

    expect(row(page, "Deploy 4.18.2")).to_contain_text("Bo Lindqvist")
    expect(row(page, "Deploy 4.18.2").get_by_role("alert")).to_contain_text("has changed since you looked")


def test_by_the_mouse_the_hand_stays_where_it_is(queue_of, ada, sys):
    for title in ("First", "Second"):
        ask(sys, title)
    page = queue_of(ada)

    page.get_by_role("button", name="Approve: First").click()

    expect(row(page, "First")).to_have_attribute("data-state", "settled")
    expect(row(page, "First")).to_have_attribute("aria-current", "true")
    assert page.evaluate("document.activeElement !== document.body")


def test_undo_is_one_key_also_from_the_next_card(queue_of, ada, sys):
    question, _other = (ask(sys, title) for title in ("First", "Second"))
    Intervention.objects.filter(pk=question.pk).update(undo_seconds=60)
    page = queue_of(ada)
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(row(page, "First")).to_contain_text("You are approving")
    expect(page.get_by_role("link", name="Second", exact=True)).to_be_focused()

    page.keyboard.press("z")

    expect(page.get_by_role("button", name="Approve: First")).to_be_visible()
    question.refresh_from_db()
    assert question.is_open


def test_focus_whose_button_a_colleague_took_away_is_not_lost(queue_of, ada, bo, sys):
    question = ask(sys, "First")
    ask(sys, "Second")
    page = queue_of(ada)
    page.get_by_role("button", name="Approve: First").focus()

    actions.claim(question.pk, actor=bo)
    actions.reject(question.pk, actor=bo)

    expect(row(page, "First")).to_have_attribute("data-state", "settled")
    page.wait_for_timeout(200)
    assert page.evaluate("document.activeElement.closest('.row') !== null")


def test_enter_opens_and_escape_comes_back(queue_of, ada, sys):
    question = ask(sys, "Deploy 4.18.2")
    page = queue_of(ada)

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deploy 4.18.2")
    assert page.url.endswith(str(question.pk))

    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")


def test_slash_searches_and_question_mark_lists_the_keys(queue_of, ada, sys):
    ask(sys, "Find me")
    ask(sys, "Leave me")
    page = queue_of(ada)

    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    for words, is_idle in (("approve", False), ("next, earlier", False), ("ask back", True)):  # true for this page
        entry = sheet.locator(".keylist > div", has=page.get_by_text(words, exact=True))
        assert (entry.get_attribute("data-idle") is not None) is is_idle, words
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("find")
    page.keyboard.press("Enter")

    expect(page.locator(".row")).to_have_count(1)
    assert page.url.endswith("/?search=find")


def test_the_pane_beside_the_list_shows_the_current_question(queue_of, ada, sys):
    ask(sys, "Refund 1,840", proposed={"amount": 1840})
    question = ask(sys, "Refund 65", proposed={"amount": 65})
    page = queue_of(ada)

    page.keyboard.press("j")
    expect(page.locator("#pane")).to_contain_text("1840")
    page.keyboard.press("j")
    expect(page.locator("#pane")).to_contain_text("65")
    page.get_by_label("Reason").fill("Damaged parcel.")
    page.locator("#pane").get_by_role("button", name="Approve").click()

    expect(row(page, "Refund 65")).to_have_attribute("data-state", "settled")
    expect(page.locator("#pane")).to_contain_text("Approved")
    question.refresh_from_db()
    assert question.decision.reason == "Damaged parcel."


def test_what_is_written_in_the_pane_goes_with_the_rows_own_button(queue_of, ada, sys):
    question = ask(sys, "Refund 65")
    page = queue_of(ada)
    page.keyboard.press("j")
    page.get_by_label("Reason").fill("Damaged parcel.")

    page.get_by_role("button", name="Reject: Refund 65").click()

    expect(row(page, "Refund 65")).to_have_attribute("data-state", "settled")
    question.refresh_from_db()
    assert question.decision.reason == "Damaged parcel."


def test_on_a_phone_a_click_opens_the_page(queue_of, ada, sys):
    ask(sys, "Deploy 4.18.2")
    page = queue_of(ada, width=375, height=800, has_touch=True, is_mobile=True)

    page.get_by_role("link", name="Deploy 4.18.2", exact=True).tap()

    expect(page.get_by_role("heading", level=1)).to_have_text("Deploy 4.18.2")


def test_a_chosen_filter_narrows_at_once_and_stays_in_the_address(queue_of, ada, sys):
    ask(sys, "Approve me")
    ask(sys, "Answer me", kind="clarification")
    page = queue_of(ada)

    page.get_by_label("Kind").select_option("clarification")

    expect(page.locator(".row")).to_have_count(1)
    assert page.url.endswith("/?kind=clarification")


def test_without_a_script_one_can_read_narrow_and_decide(page_of, ada, sys):
    question = ask(sys, "Deploy 4.18.2")
    page = page_of(ada, java_script_enabled=False)
    page.goto("/?kind=approval")

    expect(row(page, "Deploy 4.18.2").get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name="Deploy 4.18.2").click()
    page.get_by_role("button", name="Approve").first.click()

    expect(page.get_by_text("Recorded: Deploy 4.18.2")).to_be_visible()
    question.refresh_from_db()
    assert question.status == "approved"


def test_a_server_that_went_away_is_missed_by_nobody(queue_of, site: Site, ada, bo, sys):
    old = ask(sys, "Old")
    page = queue_of(ada)

    site.stop()
    expect(page.locator("html")).to_have_attribute("data-line", "reconnecting", timeout=10_000)
    actions.reject(old.pk, actor=bo)
    ask(sys, "Asked meanwhile")
    site.start()

    expect(page.locator("html")).to_have_attribute("data-line", "live", timeout=30_000)
    expect(row(page, "Asked meanwhile")).to_be_visible(timeout=15_000)
    expect(row(page, "Old")).to_have_attribute("data-state", "settled")
    page.complaints.clear()  # the browser tells every failed dial


def test_nothing_is_lost_between_the_page_and_its_socket(page_of, ada, sys):
    page = page_of(ada)
    page.route("**/js/live.js", lambda route: (meanwhile(ask, sys, "In between"), route.continue_()))

    page.goto("/")

    expect(row(page, "In between")).to_be_visible()
