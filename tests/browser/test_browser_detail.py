"""What one reads and fills in on the page of a question: trees, the editor of the arguments, answers in fields."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention

PROPOSED = {"service": "checkout", "canary": 100, "dry": False, "hosts": ["eu-1"]}
CONTEXT = {"change": {"author": "mira", "files": list(range(150))}, "ticket": "CHK-1", "checks": [{"name": "load"}]}


@pytest.fixture
def question(sys: Membership) -> Intervention:
    asked = actions.raise_intervention(
        Question(kind="approval", title="Deploy 4.18.2", context=CONTEXT, proposed=PROPOSED), actor=sys
    )
    Intervention.objects.filter(pk=asked.pk).update(edits_allowed=True)
    return asked


@pytest.fixture
def opened_by(page_of: Callable[..., Page]) -> Callable[..., Page]:
    def make(membership: Membership, question: Intervention, **options: object) -> Page:
        page = page_of(membership, **options)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"/interventions/{question.pk}")
        expect(page.locator("html")).to_have_attribute("data-line", "live")
        return page

    return make


def test_a_search_leaves_what_is_found_and_what_it_stands_in(opened_by, ada, question):
    page = opened_by(ada, question)
    tree = page.get_by_role("region", name="Context")

    tree.get_by_role("searchbox").fill("MIRA")

    expect(tree.get_by_text("1 line found")).to_be_visible()
    expect(tree.get_by_text('"mira"')).to_be_visible()
    expect(tree.get_by_text("CHK-1")).to_be_hidden()
    tree.get_by_role("searchbox").fill("")
    expect(tree.get_by_text("CHK-1")).to_be_visible()


def test_a_value_and_its_path_are_copied(opened_by, ada, question):
    page = opened_by(ada, question)
    tree = page.get_by_role("region", name="Context")

    tree.get_by_text('"mira"').click()
    tree.get_by_role("button", name="Copy path").click()
    expect(tree.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "change.author"

    tree.get_by_role("button", name="Copy value").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text === 'mira')")


def test_the_arrows_walk_the_tree_and_the_rest_of_it_comes_when_asked_for(opened_by, ada, question):
    page = opened_by(ada, question)
    tree = page.get_by_role("region", name="Context")
    tree.get_by_text("change", exact=True).focus()
    tree.locator("summary", has_text="change").focus()

    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(tree.locator("[data-tree-path]")).to_have_text("change.files[0]")
    page.keyboard.press("ArrowLeft")
    expect(tree.locator("[data-tree-path]")).to_have_text("change.files")

    tree.get_by_role("link", name="Show 50 more").click()
    expect(tree.get_by_text("149", exact=True).first).to_be_visible()
    tree.get_by_role("button", name="Collapse all").click()
    expect(tree.get_by_text("149", exact=True).first).to_be_hidden()


def test_arguments_are_edited_and_the_change_is_seen_before_it_is_sent(opened_by, ada, question):
    page = opened_by(ada, question)

    page.keyboard.press("e")
    send = page.get_by_role("button", name="Approve as edited")
    expect(send).to_be_disabled()
    page.get_by_label("canary").fill("25")
    expect(page.get_by_text("1 change to what was proposed:")).to_be_visible()
    page.get_by_role("textbox", name="hosts").fill("[")
    expect(send).to_be_disabled()
    page.get_by_role("textbox", name="hosts").fill('["eu-1", "eu-2"]')
    page.get_by_role("textbox", name="hosts").blur()

    # What was proposed is not approved by mistake while there are edits.
    page.get_by_role("complementary").get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Nothing was sent.").first).to_be_visible()
    page.keyboard.press("a")

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")
    question.refresh_from_db()
    assert question.decision.edited == PROPOSED | {"canary": 25, "hosts": ["eu-1", "eu-2"]}


def test_discarded_edits_are_gone(opened_by, ada, question):
    page = opened_by(ada, question)
    page.keyboard.press("e")
    page.get_by_label("canary").fill("25")

    page.get_by_role("button", name="Discard the edits").click()

    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    expect(page.get_by_label("canary")).to_have_value("100")


def test_the_browser_stops_an_answer_that_cannot_be(opened_by, ada, sys):
    schema = {
        "type": "object",
        "required": ["pieces", "tell"],
        "properties": {
            "pieces": {"type": "integer", "minimum": 1, "maximum": 5},
            "tell": {"type": "array", "items": {"enum": ["ops", "finance"]}},
            "day": {"type": "string", "format": "date"},
        },
    }
    question = actions.raise_intervention(
        Question(kind="clarification", title="How many?", answer_schema=schema), actor=sys
    )
    page = opened_by(ada, question)

    page.get_by_label("pieces").fill("9")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_label("pieces")).to_be_focused()
    page.get_by_label("pieces").fill("3")
    page.get_by_label("finance").check()
    page.get_by_label("day").fill("2026-11-30")
    page.get_by_role("button", name="Send answer").click()

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Answered by you")
    question.refresh_from_db()
    assert question.decision.answer == {"pieces": 3, "tell": ["finance"], "day": "2026-11-30"}


def test_on_a_phone_the_clock_comes_first_then_what_would_run(opened_by, ada, question):
    page = opened_by(ada, question, width=375, height=812)

    tops = [
        page.locator(selector).first.bounding_box()["y"]
        for selector in ("h1", ".aside .due", "#proposed-title", "#context-title")
    ]

    assert tops == sorted(tops)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
