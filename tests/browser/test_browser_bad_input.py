"""Whatever people and programs write: nothing of it runs, nothing of it breaks a page, and no word is lost."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Locator, Page, expect

from accounts import actions as accounts
from accounts.models import Membership, Organization
from accounts.queries import default_platform_of, system_of
from conftest import member
from guardians import actions as guardians
from interventions import actions
from interventions.tests.asking import ask, fresh, unit_of
from work.models import Unit

PageOf = Callable[..., Page]

PHONE = {"width": 375, "height": 812, "has_touch": True, "is_mobile": True}
PASSWORD = "correct horse battery"
DEEPEST, LARGEST = 32, 256 * 1024

MARKUP = '"><script>window.ran=1</script><img src=x onerror="window.ran=2"></title></textarea></template>'
HEBREW = "שלום 50 & מרחבא (7)"
EMOJI = "👩🏽‍🚀🏳️‍🌈🦎"
UNBROKEN = "W" * 150
HOSTILE = {"markup": MARKUP, "mixed": f"{HEBREW} {EMOJI}", "unbroken": UNBROKEN}

# What the words would have made, had a page taken them for markup.
MADE = """() => document.querySelectorAll(
  "script:not([src]), img:not([src^='/']), [onerror], main marquee, main style").length"""


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("html:not(:has(body [data-line])), html[data-line=live]")
    return page


def nested(depth: int) -> dict[str, Any]:
    """An object with so many objects within each other, and a word at the bottom."""
    inner: dict[str, Any] = {"bottom": "reached"}
    for level in range(depth - 1, 0, -1):
        inner = {f"level {level}": inner}
    return inner


@pytest.fixture(params=HOSTILE)
def pages(request: pytest.FixtureRequest, organization: Organization, max: Membership, sys: Membership) -> list[str]:
    """An organization in which every text that somebody can write says the same; the pages that show it."""
    words = HOSTILE[request.param]
    mallory = member(organization, "mallory", "Operator", name=words)
    accounts.change_organization(actor=max, name=words, rearm_by_two=False)
    accounts.set_absence(max, actor=max, delegate=mallory.pilot.public_id)
    gate = guardians.create_gate(
        "deploys", actor=max, name=words, description=words, reason_presets=[words[:120]], reason_required=True
    )
    schema = {
        "type": "object",
        "properties": {words[:100]: {"title": words, "description": words, "enum": [words, "b"]}},
    }
    about = {
        "title": words,
        "description": f"{words}\n\n# {words}\n\n[{words}](https://example.com/?q={MARKUP})\n\n`{words}`",
        "context": {words: words, "inner": {words: [words, {words: None}]}},
        "requested_by": words,
        "tags": ["".join(filter(str.isprintable, words))[:40].strip()],
        "links": [{"title": words, "url": "https://example.com/log", "media_type": words[:100]}],
    }
    unit = unit_of(sys, attributes={words: words}, workflow=words)
    Unit.objects.filter(pk=unit.pk).update(title=words, description=words)
    held = {"gate_id": gate.pk, "held_by": words[:60], "held_because": words, "edits_allowed": True}
    approval = ask(sys, proposed={words: words, "n": 1}, unit=unit.pk, **about, **held)
    asked = ask(sys, kind="clarification", answer_schema=schema, **about)
    settled = ask(sys, **about | {"title": f"{words} too"}, gate_id=gate.pk)
    for question in (approval, asked):
        actions.comment(question.pk, body=f"{words} @mallory\n\n{words}", actor=mallory)
        actions.claim(question.pk, actor=mallory)
    actions.reject(settled.pk, reason=words, actor=mallory)
    view = actions.create_saved_view(words[:60], query="tag=x", is_shared=True, actor=mallory)
    platform = default_platform_of(organization.pk)
    accounts.create_key(max, name=words[:100], scopes=("read",), actor=max, platform=platform)
    return [
        *("/", f"/?{view.query}", "/history", "/ledger", "/units", "/insights", "/profile", "/settings"),
        *("/settings/organization", "/stops/new", f"/units/{unit.pk}"),
        *(f"/interventions/{question.pk}" for question in (approval, asked, settled)),
    ]


def test_words_stay_words_on_every_page(page_of, max, pages):
    """Nothing runs, nothing is taken for markup, nothing sticks out: at a desk and on a phone."""
    page = page_of(max)
    wrong = []
    for address in pages:
        opened(page, address)
        if address == "/":
            page.keyboard.press("j")
            expect(page.locator("#pane")).to_be_visible()
        if page.evaluate(MADE) or page.evaluate("window.ran"):
            wrong.append(f"{address} took words for markup")
        for width in (1440, 375):
            page.set_viewport_size({"width": width, "height": 812})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"{address} is too wide at {width}")
        page.set_viewport_size({"width": 1440, "height": 900})

    assert wrong == []


def test_a_title_that_runs_from_right_to_left_moves_nothing_in_its_row(page_of, ada, sys):
    gate = guardians.create_gate("deploys", actor=system_of(sys.organization_id), name="Deploys")
    for title in ("Deploy 50 & more (7)", f"{HEBREW} {EMOJI}"):
        ask(sys, title=title, requested_by=title, gate_id=gate.pk)
    page = opened(page_of(ada), "/")

    def places(row: Locator) -> list[float]:
        parts = ("input", ".prio", ".row__title", "code", "bdi", ".row__due", ".row__acts")
        return [row.locator(part).first.evaluate("it => Math.round(it.getBoundingClientRect().left)") for part in parts]

    left_to_right, right_to_left = map(places, page.locator(".row").all())
    assert left_to_right == right_to_left
    assert page.locator(".row__title").last.evaluate("it => getComputedStyle(it).textAlign") == "left"


@pytest.mark.parametrize("size", [LARGEST - 4_000, 600])
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_context_as_deep_and_as_large_as_may_be_can_be_read(page_of, ada, sys, screen, size):
    """At its deepest it is opened and searched; at its largest only so much of it is drawn, and the rest on demand."""
    rest = {f"key {n:05}": "x" * 40 for n in range(size // 60)}
    question = ask(sys, context={"a": nested(DEEPEST - 1), "rest": rest, "text": "long " * 400})
    assert len(json.dumps(question.context)) <= LARGEST
    page = opened(page_of(ada, **screen), f"/interventions/{question.pk}")
    tree = page.get_by_role("region", name="Context")
    assert tree.locator("li").count() < 600

    tree.get_by_role("searchbox").fill("reached")
    expect(tree.get_by_text('"reached"')).to_be_visible()
    tree.get_by_text('"reached"').click()
    expect(tree.locator("[data-tree-path]")).to_contain_text("bottom")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tree.get_by_role("searchbox").fill("")
    tree.get_by_role("button", name="Expand all").click()
    expect(tree.get_by_text("level 1", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def box_of(page: Page, screen: dict[str, Any]) -> Locator:
    """Where the reason is written: beside the question, or in the sheet that a thumb brings up."""
    if screen:
        page.get_by_role("group", name="Decide").get_by_role("button", name="Approve").tap()
        return page.get_by_role("dialog").get_by_role("textbox", name="Reason")
    return page.get_by_role("complementary").get_by_role("textbox", name="Reason")


def approve(page: Page, screen: dict[str, Any]) -> None:
    place = page.get_by_role("dialog") if screen else page.get_by_role("complementary")
    place.get_by_role("button", name="Approve").click()


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_a_reason_that_is_too_long_is_refused_in_words_and_kept(page_of, ada, sys, screen):
    question = ask(sys)
    page = opened(page_of(ada, **screen), f"/interventions/{question.pk}")
    box = box_of(page, screen)
    box.fill("a" * 20_000)
    approve(page, screen)

    said = page.get_by_role("alert").filter(has_text="at most 10000 characters (it has 20000)", visible=True).last
    expect(said).to_be_visible()
    expect(said).to_contain_text("This was not recorded.")
    expect(box).to_have_value("a" * 20_000)
    assert fresh(question).is_open

    box.fill("Rollback was rehearsed.")
    approve(page, screen)
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")
    assert fresh(question).decision.reason == "Rollback was rehearsed."


def test_a_comment_that_is_too_long_is_refused_in_words_and_kept(page_of, ada, sys):
    page = opened(page_of(ada), f"/interventions/{ask(sys).pk}")
    page.get_by_role("textbox", name="Comment").fill("b" * 20_000)
    page.get_by_role("button", name="Comment").click()

    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("at most 10000 characters")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("b" * 20_000)


def test_an_answer_that_breaks_its_schema_is_refused_in_words_and_kept(page_of, ada, sys):
    schema = {"type": "object", "required": ["lanes"], "properties": {"lanes": {"type": "object", "minProperties": 2}}}
    question = ask(sys, kind="clarification", answer_schema=schema)
    page = opened(page_of(ada), f"/interventions/{question.pk}")
    box = page.get_by_label("Answer, as JSON")
    for wrong, why in (('{"lanes": {"a": 1}}', "enough"), ('{"lanes": "left"}', "'left' is"), ("{}", "required")):
        box.fill(wrong)
        page.get_by_role("button", name="Send answer").click()
        expect(page.get_by_role("alert")).to_contain_text(why)
        expect(box).to_have_value(wrong)
        assert fresh(question).is_open

    box.fill('{"lanes": {"a": 1, "b": 2}}')
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Answered by you")


def test_words_for_a_decision_that_somebody_else_takes_meanwhile_go_to_the_comment_box(page_of, ada, bo, sys):
    question = ask(sys)
    page = opened(page_of(ada), f"/interventions/{question.pk}")
    box_of(page, {}).fill("Not in a freeze.")
    actions.approve(question.pk, actor=bo)

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by Bo Lindqvist")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Not in a freeze.")
    expect(page.get_by_role("alert")).to_contain_text("Your words are in the comment box.")


def test_words_in_the_pane_are_shown_again_when_somebody_else_decides(page_of, ada, bo, sys):
    question = ask(sys)
    page = opened(page_of(ada), "/")
    page.keyboard.press("j")
    page.locator("#pane").get_by_role("textbox", name="Reason").fill("Not in a freeze.")
    actions.approve(question.pk, actor=bo)

    expect(page.get_by_role("alert").filter(has_text="Not in a freeze.")).to_be_visible()
    expect(page.locator("#pane")).to_contain_text("Bo Lindqvist")


def test_an_answer_that_comes_too_late_goes_to_the_comment_box(page_of, ada, bo, sys):
    question = ask(sys, kind="clarification")
    page = page_of(ada, java_script_enabled=False)
    page.goto(f"/interventions/{question.pk}")
    actions.answer(question.pk, answer="The right one.", actor=bo)
    page.get_by_label("Answer").fill("The left one.")
    page.get_by_role("button", name="Send answer").click()

    expect(page.get_by_role("alert")).to_contain_text("Your words are in the comment box.")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("The left one.")


def sign_in_beside(page: Page, username: str) -> None:
    """In the tab that the dialog opens."""
    dialog = page.get_by_role("dialog", name="Sign in again to go on")
    with page.context.expect_page() as tab:
        dialog.get_by_role("link", name="Sign in").click()
    door = tab.value
    door.locator("input[name=login]").fill(username)
    door.locator("input[name=password]").fill(PASSWORD)
    door.get_by_role("button", name="Sign in", exact=True).click()
    door.wait_for_url("**/")
    door.close()
    dialog.get_by_role("button", name="I have signed in").click()


def test_on_a_phone_a_lost_session_takes_no_words_and_the_decision_goes_on(page_of, ada, sys):
    accounts.set_password(ada.pilot, PASSWORD, actor=system_of(ada.organization_id))
    question = ask(sys)
    page = opened(page_of(ada, **PHONE), f"/interventions/{question.pk}")
    box = box_of(page, PHONE)
    box.fill("Rollback was rehearsed.")
    Session.objects.all().delete()
    approve(page, PHONE)
    expect(page.get_by_role("dialog", name="Sign in again to go on")).to_be_visible()
    assert fresh(question).is_open

    sign_in_beside(page, "ada")
    expect(box).to_have_value("Rollback was rehearsed.")
    approve(page, PHONE)
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")
    assert fresh(question).decision.reason == "Rollback was rehearsed."
    page.complaints.clear()  # type: ignore[attr-defined]  # the line tells that it was shut


def test_whoever_signs_in_as_somebody_else_gets_a_page_of_their_own(page_of, ada, bo, sys):
    """What Ada wrote is not sent in the name of Bo."""
    accounts.set_password(bo.pilot, PASSWORD, actor=system_of(bo.organization_id))
    question = ask(sys)
    page = opened(page_of(ada), f"/interventions/{question.pk}")
    box_of(page, {}).fill("Rollback was rehearsed.")
    Session.objects.all().delete()
    approve(page, {})

    sign_in_beside(page, "bo")
    expect(page.get_by_role("button", name="Bo Lindqvist, Operator. Your menu")).to_be_visible()
    expect(box_of(page, {})).to_have_value("")
    assert fresh(question).is_open
    page.complaints.clear()  # type: ignore[attr-defined]
