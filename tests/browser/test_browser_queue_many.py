"""Many questions in front of somebody: picked together, folded into one card, narrowed to a view of one's own."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Membership
from interventions import actions
from interventions.models import Intervention
from interventions.tests.asking import ask, status_of, verbs
from live.bus import announce
from work.models import Priority

PageOf = Callable[..., Page]
LIST = ".row:visible"


@pytest.fixture
def queue_of(page_of: PageOf) -> PageOf:
    def make(membership: Membership, address: str = "/", **options: object) -> Page:
        page = page_of(membership, **options)
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("data-line", "live")
        return page

    return make


def row(page: Page, title: str) -> Locator:
    return page.locator(LIST, has=page.get_by_role("link", name=title, exact=True))


def dialog(page: Page) -> Locator:
    return page.locator("#bulk-dialog")


def alike(sys: Membership, count: int) -> list[Intervention]:
    return [ask(sys, title="Merge duplicates", context={"rule": "same e-mail"}) for _ in range(count)]


# Picked together


def test_x_picks_and_shift_x_picks_to_here(queue_of, ada, sys):
    for number in range(5):
        ask(sys, title=f"Question {number}")
    page = queue_of(ada)

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-say]")).to_have_text("1 selected")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")

    expect(page.locator("[data-bulk-say]")).to_have_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-bulk]")).to_be_hidden()


def test_several_are_decided_with_one_confirmation_and_each_says_what_became_of_it(queue_of, ada, bo, sys):
    questions = [ask(sys, title=f"Question {number}") for number in range(4)]
    page = queue_of(ada)
    for number in range(4):
        page.get_by_role("checkbox", name=f"Select: Question {number}").check()

    page.get_by_role("button", name="Reject…").click()
    expect(dialog(page).get_by_role("heading", name="Reject 4 questions")).to_be_visible()
    assert {status_of(question) for question in questions} == {"pending"}

    actions.approve(questions[1].pk, actor=bo)  # meanwhile
    dialog(page).get_by_label("Question 3").uncheck()
    dialog(page).get_by_label("Reason").fill("Not in a freeze.")
    dialog(page).get_by_role("button", name="Reject 3").click()

    expect(dialog(page).get_by_role("heading", name="2 of 3 done")).to_be_visible()
    expect(dialog(page)).to_contain_text("Bo Lindqvist approved this")
    page.keyboard.press("Escape")
    for number, settled in enumerate(["Rejected", "Approved", "Rejected"]):
        expect(row(page, f"Question {number}")).to_contain_text(settled)
    expect(page.locator("[data-bulk]")).to_be_hidden()
    assert [status_of(question) for question in questions] == ["rejected", "approved", "rejected", "pending"]
    assert verbs(questions[0])[-1] == verbs(questions[2])[-1] == "intervention.decided"


def test_a_key_is_about_all_that_is_picked_and_the_hand_goes_on(queue_of, ada, sys):
    questions = [ask(sys, title=f"Question {number}") for number in range(3)]
    page = queue_of(ada)
    for key in ("j", "x", "j", "x", "a"):
        page.keyboard.press(key)

    expect(dialog(page).get_by_role("heading", name="Approve 2 questions")).to_be_visible()
    assert {status_of(question) for question in questions} == {"pending"}
    dialog(page).get_by_role("button", name="Approve 2").click()
    expect(dialog(page).get_by_role("heading", name="2 of 2 done")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Question 2", exact=True)).to_be_focused()
    assert [status_of(question) for question in questions] == ["approved", "approved", "pending"]


def test_a_finger_picks_by_the_box(queue_of, ada, sys):
    ask(sys, title="Question 0")
    page = queue_of(ada, width=375, height=812, has_touch=True, is_mobile=True)

    page.get_by_role("checkbox", name="Select: Question 0").tap()
    page.get_by_role("button", name="Claim…").tap()
    dialog(page).get_by_role("button", name="Claim 1").tap()

    expect(dialog(page).get_by_role("heading", name="1 of 1 done")).to_be_visible()
    dialog(page).get_by_role("button", name="Close").tap()
    expect(row(page, "Question 0")).to_contain_text("You")


def test_a_push_takes_no_tick_away(queue_of, ada, bo, sys):
    question = ask(sys, title="Question 0")
    page = queue_of(ada)
    page.get_by_role("checkbox", name="Select: Question 0").check()

    actions.claim(question.pk, actor=bo)

    expect(row(page, "Question 0")).to_contain_text("Bo Lindqvist")
    expect(page.get_by_role("checkbox", name="Select: Question 0")).to_be_checked()


# Folded into one card


def test_questions_alike_are_one_card_and_can_be_unfolded(queue_of, ada, sys):
    alike(sys, 3)
    ask(sys, title="Something else")
    page = queue_of(ada)

    expect(page.locator(LIST)).to_have_count(2)
    chip = page.get_by_role("button", name="3 alike")
    expect(chip).to_have_attribute("aria-expanded", "false")
    chip.click()
    expect(page.locator(LIST)).to_have_count(4)
    expect(page.locator("[data-lane-count=normal]")).to_have_text("4")


def test_one_answer_is_for_all_of_them_but_those_left_out(queue_of, ada, sys):
    questions = alike(sys, 3)
    page = queue_of(ada)

    page.get_by_role("button", name="Approve: Merge duplicates, all 3").click()
    dialog(page).get_by_label("Merge duplicates").nth(1).uncheck()
    dialog(page).get_by_role("button", name="Approve 2").click()
    expect(dialog(page).get_by_role("heading", name="2 of 2 done")).to_be_visible()

    assert sorted(status_of(question) for question in questions) == ["approved", "approved", "pending"]
    assert [verbs(one)[-1] for one in questions if status_of(one) == "approved"] == ["intervention.decided"] * 2


def test_the_count_stays_true_and_nothing_moves(queue_of, ada, bo, sys):
    first, second = alike(sys, 2)
    ask(sys, title="Below", priority=Priority.LOW)
    page = queue_of(ada)
    below = row(page, "Below")
    row(page, "Below").hover()
    place = below.bounding_box()

    (third,) = alike(sys, 1)
    expect(page.get_by_role("button", name="3 alike")).to_be_visible()
    actions.reject(second.pk, actor=bo)
    expect(page.get_by_role("button", name="2 alike")).to_be_visible()
    assert below.bounding_box() == place

    actions.reject(first.pk, actor=bo)  # the one that shows: it stays, with the other behind it
    expect(page.locator(LIST).first).to_have_attribute("data-state", "settled")
    expect(page.locator(LIST)).to_have_count(2)
    assert below.bounding_box() == place

    page.get_by_role("button", name="Let go: Merge duplicates").click()
    expect(page.locator(LIST).first).to_have_attribute("id", f"card-{third.pk}")
    expect(page.get_by_role("button", name="Approve: Merge duplicates", exact=True)).to_be_visible()


# Narrowed, in one list, and kept under a name


def test_a_chip_is_taken_away_and_a_view_is_kept(queue_of, ada, sys):
    ask(sys, title="Tagged", tags=["eu"])
    ask(sys, title="Plain")
    page = queue_of(ada)

    page.get_by_role("link", name="eu", exact=True).click()
    expect(page.locator(LIST)).to_have_count(1)
    page.get_by_role("button", name="Save this view…").click()
    page.get_by_label("Name").fill("Europe")
    page.get_by_role("button", name="Save", exact=True).click()

    tab = page.get_by_role("link", name="Europe")
    expect(tab).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Take this filter away").click()
    expect(page.locator(LIST)).to_have_count(2)
    tab.click()
    expect(page.locator(LIST)).to_have_count(1)


def test_one_list_takes_in_what_is_new_by_when_it_is_due(queue_of, ada, sys):
    ask(sys, title="Low, first asked", priority=Priority.LOW)
    page = queue_of(ada, "/?layout=list")

    ask(sys, title="Critical, asked later", priority=Priority.CRITICAL)

    expect(page.locator(LIST)).to_have_count(2)
    expect(page.locator(LIST).first).to_contain_text("Low, first asked")


def test_layout_and_density_are_chosen_once_and_stay_with_the_pilot(queue_of, ada, bo, sys):
    ask(sys, title="Low, first asked", priority=Priority.LOW)
    ask(sys, title="Critical, asked later", priority=Priority.CRITICAL)
    page = queue_of(ada)
    expect(page.locator(LIST).first).to_contain_text("Critical, asked later")

    with page.expect_response("**/settings/choice") as kept:
        page.get_by_role("link", name="A single list, soonest due first").click()
    assert kept.value.status == 204
    expect(page.locator(LIST).first).to_contain_text("Low, first asked")
    with page.expect_response("**/settings/choice") as kept:
        page.get_by_role("button", name="Compact rows").click()
    assert kept.value.status == 204

    elsewhere = queue_of(ada)  # another browser, and an address that says nothing of it
    expect(elsewhere.locator(LIST).first).to_contain_text("Low, first asked")
    expect(elsewhere.get_by_role("link", name="A single list, soonest due first")).to_have_attribute(
        "aria-current", "true"
    )
    expect(elsewhere.locator("html")).to_have_attribute("data-density", "compact")
    expect(elsewhere.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")
    his = queue_of(bo)
    expect(his.locator(LIST).first).to_contain_text("Critical, asked later")
    expect(his.locator("html")).not_to_have_attribute("data-density", "compact")


# Pushes


def test_a_push_repaints_only_the_card_it_names(queue_of, ada, sys):
    questions = [ask(sys, title=f"Question {number}") for number in range(6)]
    page = queue_of(ada)
    page.wait_for_timeout(1_500)  # what happened while the page was on its way has been told as well
    page.evaluate(
        """() => {
            window.touched = new Set();
            new MutationObserver((changes) => changes.forEach(({ target, type }) => {
                const clock = (target.nodeType === 3 ? target.parentElement : target).closest(".row__due");
                const row = (target.nodeType === 3 ? target.parentElement : target).closest(".row");
                if (!clock) window.touched.add(row?.id ?? `${type} ${target.className}`);
            })).observe(document.querySelector("[data-rows]"),
                { subtree: true, childList: true, attributes: true, characterData: true });
        }"""
    )

    actions.claim(questions[2].pk, actor=ada)

    expect(row(page, "Question 2")).to_contain_text("You")
    page.wait_for_timeout(500)
    assert page.evaluate("[...window.touched]") == [f"card-{questions[2].pk}"]


def test_a_thousand_pushes_leave_no_nodes_and_no_listeners(queue_of, ada, sys):
    questions = [*(ask(sys, title=f"Question {number}") for number in range(15)), *alike(sys, 5)]
    page = queue_of(ada)
    session = page.context.new_cdp_session(page)
    push(page, questions, rounds=3)
    before = measured(session)

    push(page, questions, rounds=50)

    assert has_grown_under(100, "Nodes", session, before)
    assert has_grown_under(10, "JSEventListeners", session, before)
    expect(page.locator("[data-rows] .row")).to_have_count(20)
    expect(page.get_by_role("button", name="5 alike")).to_be_visible()


def push(page: Page, questions: list[Intervention], rounds: int) -> None:
    for _ in range(rounds):
        for question in questions:
            announce("interventions.queue", question.pk, organization_id=question.organization_id)
        page.wait_for_timeout(100)  # longer than the hub collects: each round is a push of its own
    page.wait_for_timeout(1_000)


def has_grown_under(limit: int, what: str, session: object, before: dict[str, float]) -> bool:
    """For good: a busy browser sweeps in several rounds, and what has leaked stays."""
    until = time.monotonic() + 20
    while measured(session)[what] - before[what] >= limit:
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    return True


def measured(session: object) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")  # type: ignore[attr-defined]
    session.send("Performance.enable")  # type: ignore[attr-defined]
    metrics = session.send("Performance.getMetrics")["metrics"]  # type: ignore[attr-defined]
    return {one["name"]: one["value"] for one in metrics}
