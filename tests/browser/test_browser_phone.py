"""A finger on a row, and words while the pilot looks elsewhere."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts import actions as accounts
from accounts.models import Membership
from interventions import actions
from interventions.models import Intervention
from interventions.tests.asking import ask, fresh
from tests.browser.conftest import meanwhile

PHONE = {"width": 375, "height": 812, "has_touch": True, "is_mobile": True}

SWIPE = """([id, dx, dy, kind]) => {
  const row = document.getElementById(`card-${id}`);
  const box = row.getBoundingClientRect();
  const [x, y] = [box.left + box.width / 2, box.top + 20];
  const at = (type, step) => row.querySelector(".row__main").dispatchEvent(new PointerEvent(type, {
    bubbles: true, pointerId: 7, isPrimary: true, pointerType: kind, clientX: x + dx * step, clientY: y + dy * step }));
  at("pointerdown", 0); at("pointermove", 0.3); at("pointermove", 0.7); at("pointerup", 1);
}"""

# A page behind another one, and a browser that keeps what it would have shown.
HIDDEN = """() => {
  window.shown = [];
  window.Notification = class {
    static permission = "granted";
    constructor(said, { body }) { shown.push([said, body]); }
  };
  Object.defineProperty(document, "hidden", { value: true });
}"""


# How far what was painted has moved since, in the unit of the web's vitals.
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) shifted += one.value; })
    .observe({ type: "layout-shift", buffered: true });
}"""


def swipe(page: Page, question: Intervention, dx: int, dy: int = 0, kind: str = "touch") -> None:
    page.evaluate(SWIPE, [str(question.pk), dx, dy, kind])


@pytest.fixture
def phone(page_of: Callable[..., Page]) -> Callable[[Membership], Page]:
    def at_the_queue(member: Membership) -> Page:
        page = page_of(member, **PHONE)
        page.goto("/")
        return page

    return at_the_queue


@pytest.mark.parametrize("dx, word, status", [(120, "Approve", "approved"), (-120, "Reject", "rejected")])
def test_a_swipe_shows_the_act_and_a_tap_sends_it(phone, ada, sys, dx, word, status):
    question = ask(sys)
    page = phone(ada)
    swipe(page, question, dx)
    page.wait_for_timeout(300)
    assert fresh(question).is_open

    page.locator(".row__swipe").get_by_text(word).tap()
    expect(page.locator(f"#card-{question.pk}")).to_have_attribute("data-state", "settled")
    assert fresh(question).status == status


def test_a_swipe_over_what_has_changed_since_decides_nothing(phone, ada, sys):
    question = ask(sys)
    page = phone(ada)
    another = Intervention.objects.filter(pk=question.pk).update
    page.route("**/approval", lambda route: (meanwhile(another, content_hash="f" * 64), route.continue_()))
    swipe(page, question, 120)

    page.locator(".row__swipe").get_by_text("Approve").tap()

    expect(page.locator(f"#card-{question.pk}")).to_contain_text("has changed since you looked")
    assert fresh(question).is_open


def test_a_swipe_is_taken_back_by_not_yet_and_by_a_tap_elsewhere(phone, ada, sys):
    question = ask(sys)
    page = phone(ada)
    for way_out in (lambda: page.get_by_role("button", name="Not yet").tap(), lambda: page.locator("h1").tap()):
        swipe(page, question, 120)
        expect(page.locator(".row__swipe")).to_have_count(1)
        way_out()
        expect(page.locator(".row__swipe")).to_have_count(0)
    assert fresh(question).is_open


def test_a_critical_question_is_reviewed_whichever_way(phone, ada, sys):
    question = ask(sys, priority=0)
    page = phone(ada)
    for dx in (120, -120):
        swipe(page, question, dx)
        expect(page.locator(".row__swipe .btn").filter(has_text="Review")).to_have_count(1)
        expect(page.locator(".row__swipe .btn--solid")).to_have_count(0)
    page.locator(".row__swipe").get_by_text("Review").tap()
    page.wait_for_url(f"**/interventions/{question.pk}")
    assert fresh(question).is_open


@pytest.mark.parametrize("dx, dy, kind", [(40, 0, "touch"), (90, 80, "touch"), (0, 200, "touch"), (160, 0, "mouse")])
def test_what_is_no_swipe_shows_nothing(phone, ada, sys, dx, dy, kind):
    question = ask(sys)
    page = phone(ada)
    swipe(page, question, dx, dy, kind)

    expect(page.locator(".row__swipe")).to_have_count(0)


def test_a_viewer_has_nothing_to_swipe_for(phone, vi, sys):
    question = ask(sys)
    page = phone(vi)
    swipe(page, question, 120)

    expect(page.locator(".row__swipe .btn--solid")).to_have_count(0)


def test_a_critical_arrival_is_told_to_a_pilot_who_looks_elsewhere_and_asked_for_it(page_of, ada, bo, sys):
    accounts.set_preferences(actor=ada, notify=["critical"])
    wants, does_not = page_of(ada), page_of(bo)
    for page in (wants, does_not):
        page.add_init_script(f"({HIDDEN})()")
        page.goto("/history")
        expect(page.locator("[data-line]").first).to_have_attribute("data-state", "live")
    wants.wait_for_timeout(500)
    ask(sys, title="Pay the supplier", priority=0)
    ask(sys, title="Ordinary")

    wants.wait_for_function("() => shown.length > 0")
    assert wants.evaluate("shown") == [["A critical question has arrived", "Pay the supplier"]]
    assert wants.title().startswith("(1) ")
    assert does_not.evaluate("shown") == []


def test_an_assignment_is_told_only_once(page_of, ada, bo, sys):
    accounts.set_preferences(actor=bo, notify=["assigned"])
    page = page_of(bo)
    page.add_init_script(f"({HIDDEN})()")
    page.goto("/history")
    expect(page.locator("[data-line]").first).to_have_attribute("data-state", "live")
    page.wait_for_timeout(500)
    question = ask(sys, title="Refund 88213")
    actions.assign(question.pk, to=bo.pilot.public_id, actor=ada)

    page.wait_for_function("() => shown.length > 0")
    page.wait_for_timeout(500)
    assert page.evaluate("shown.length") == 1
    assert page.evaluate("shown[0][1]") == "Refund 88213"


def test_a_slow_phone_paints_a_question_in_its_places_at_once(phone, ada, sys):
    """The decision stands above what is read before it: painted as they come, it would push that down."""
    context = {f"key {n}": {"value": n, "words": "long " * 20} for n in range(60)}
    question = ask(sys, title="Deploy 4.18.2", description="Words. " * 40, context=context, proposed={"canary": 100})
    page = phone(ada)
    page.add_init_script(f"({SHIFTS})()")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})

    page.goto(f"/interventions/{question.pk}")
    expect(page.locator("[data-line]").first).to_have_attribute("data-state", "live")

    assert page.evaluate("window.shifted") < 0.02


def test_a_phone_gives_every_control_44_pixels(phone, max, sys):
    ask(sys)
    page = phone(max)
    small = """() => [...document.querySelectorAll("main :is(a.btn, button, select, input:not([type=hidden]))")]
      .filter((e) => e.getClientRects().length)
      .filter((e) => { const { height, width } = (e.closest("label") ?? e).getBoundingClientRect();
        return height < 44 || width < 44 })
      .map((e) => e.outerHTML.slice(0, 90))"""
    for path in ("/settings", "/profile", "/settings/organization"):
        page.goto(path)
        assert page.evaluate(small) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
