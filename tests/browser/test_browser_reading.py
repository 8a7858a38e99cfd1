"""Whoever does not point, does not see, or does not want it to move: the same work, by other ways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership
from interventions import actions
from interventions.models import Hold, Intervention
from interventions.tests.asking import ask, status_of

PageOf = Callable[..., Page]

SETTLED = "html[data-line=live]"
WORDS = "correct horse battery staple"
COUNT_WHAT_IS_SAID = """() => {
  window.said = [];
  const line = document.getElementById("announcer");
  new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true, characterData: true,
    subtree: true });
}"""


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys, title="Deploy 4.18.2", undo_seconds=60)


def open_page(page_of: PageOf, member: Membership, address: str = "/", **options: object) -> Page:
    page = page_of(member, **options)
    page.goto(address)
    page.wait_for_selector(SETTLED)
    return page


def test_a_shift_without_a_mouse(page_of, ada, question):
    """Signs in, goes to the question, approves it, and takes it back: by keys alone."""
    ada.pilot.set_password(WORDS)
    ada.pilot.save()
    page = page_of(None)
    page.goto("/")
    page.keyboard.type(ada.pilot.username)
    page.keyboard.press("Tab")
    page.keyboard.type(WORDS)
    page.keyboard.press("Enter")
    page.wait_for_selector(SETTLED)

    page.keyboard.press("j")
    expect(page.locator(f"#card-{question.pk}").get_by_role("link", name="Deploy 4.18.2")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()
    assert Hold.objects.filter(intervention=question).exists()

    page.keyboard.press("z")
    expect(page.locator(f"#card-{question.pk}").get_by_role("button", name="Approve")).to_be_visible()
    assert not Hold.objects.filter(intervention=question).exists()
    assert status_of(question) == "pending"


def test_the_first_stop_of_the_tab_key_skips_to_the_content(page_of, ada, question):
    page = open_page(page_of, ada)
    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_queue_is_read_out_with_its_places_and_names(page_of, ada, question):
    page = open_page(page_of, ada)

    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Queue")).to_have_attribute(
        "aria-current", "page"
    )
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Deploy 4.18.2"))
    expect(row).to_match_aria_snapshot(
        """
        - listitem:
          - 'checkbox "Select: Deploy 4.18.2"'
          - text: Normal
          - link "Deploy 4.18.2"
          - 'button "Approve: Deploy 4.18.2"'
          - 'button "Reject: Deploy 4.18.2"'
        """
    )


def test_a_question_is_read_out_with_what_may_be_done(page_of, ada, question):
    page = open_page(page_of, ada, f"/interventions/{question.pk}")

    expect(page.get_by_role("heading", level=1)).to_have_text("Deploy 4.18.2")
    beside = page.get_by_role("complementary", name="Decide")
    expect(beside.get_by_role("textbox", name="Reason")).to_be_visible()
    for name in ("Approve", "Reject"):
        expect(beside.get_by_role("button", name=name, exact=False).first).to_be_enabled()


def test_a_rush_of_questions_is_told_once_and_not_chattered(page_of, ada, sys, question):
    """At most one message in ten seconds; a row is no live region."""
    page = open_page(page_of, ada)
    page.keyboard.press("j")
    page.evaluate(COUNT_WHAT_IS_SAID)
    for number in range(6):
        ask(sys, title=f"Refund {number}")
    expect(page.locator("[data-let-in-words]")).to_have_text("Let in 6 new questions")

    assert len(page.evaluate("window.said")) <= 1
    assert page.locator("#rows [aria-live], #rows [role=status], #rows [role=alert]").count() == 0


def test_in_a_long_rush_only_a_number_that_has_doubled_is_worth_a_word(page_of, ada, sys, question):
    page = page_of(ada)
    page.clock.install()
    page.goto("/")
    page.wait_for_selector(SETTLED)
    page.keyboard.press("j")
    page.evaluate(COUNT_WHAT_IS_SAID)

    def arrive(first: int, last: int) -> list[str]:
        for number in range(first, last + 1):
            ask(sys, title=f"Refund {number}")
        expect(page.locator("[data-let-in-words]")).to_have_text(f"Let in {last} new questions")
        page.clock.fast_forward(11_000)
        return page.evaluate("window.said.splice(0)")

    assert arrive(1, 4)[-1] == "4 new questions wait behind the line."
    assert arrive(5, 7) == []
    assert arrive(8, 8) == ["8 new questions wait behind the line."]


def test_nothing_moves_for_those_who_do_not_want_it_to(page_of, ada, bo, question):
    page = open_page(page_of, ada, reduced_motion="reduce")
    page.keyboard.press("j")
    actions.approve(question.pk, reason="Rehearsed.", actor=bo)
    expect(page.locator(f"#card-{question.pk}")).to_contain_text("Bo Lindqvist")

    moving = page.evaluate(
        "document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 10).length"
    )
    assert moving == 0


def test_with_forced_colours_what_can_be_pressed_has_an_edge(page_of, ada, question):
    page = open_page(page_of, ada, f"/interventions/{question.pk}", forced_colors="active")
    bare = page.evaluate(
        """[...document.querySelectorAll("main .btn:not(.btn--quiet), main .input, main textarea")].filter((one) =>
          one.checkVisibility() && getComputedStyle(one).borderTopStyle === "none").map((one) => one.outerHTML)"""
    )

    assert bare == []


def test_the_same_in_german(page_of, ada, question):
    """What the server drew, what a push draws and what scripts say are one language."""
    page = open_page(page_of, ada, locale="de-DE")
    row = page.locator(f"#card-{question.pk}")

    expect(page.get_by_role("heading", level=1)).to_have_text("Warteschlange")
    expect(row.get_by_role("button", name="Genehmigen")).to_be_visible()
    actions.claim(question.pk, actor=ada)
    expect(row).to_contain_text("Sie")
    expect(page.locator("footer [data-line-words]")).to_contain_text("Live, abgeglichen")


def test_what_a_guardian_said_is_read_in_its_own_language(page_of, max, sys):
    """It is kept in English for everybody; a voice that reads German has to know, wherever it stands."""
    why = "The release is 12 minutes old; 30 are asked for."
    ask(sys, title="Deploy 4.18.2", held_by="soaked", held_because=why, allowed_actions=["approve", "reject", "waive"])
    page = open_page(page_of, max, locale="de-DE")
    page.keyboard.press("j")
    expect(page.locator("#pane").get_by_text(why)).to_have_attribute("lang", "en")
    page.keyboard.press("Enter")
    page.wait_for_selector("#question")

    for said in page.get_by_text(why).all():
        expect(said).to_have_attribute("lang", "en")
    assert page.get_by_text(why).count() >= 1
