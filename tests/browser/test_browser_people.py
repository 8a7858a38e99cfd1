"""Two pilots and one question: who looks, who has it in hand, and what is asked and answered meanwhile."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Membership
from interventions import actions
from interventions.models import Claim, Comment, Intervention, Look
from interventions.tests.asking import ask, fresh

PageOf = Callable[..., Page]


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


@pytest.fixture
def opened_by(page_of: PageOf) -> Callable[..., Page]:
    def make(membership: Membership, address: str, **options: object) -> Page:
        page = page_of(membership, **options)
        page.goto(address)
        expect(page.locator("html")).to_have_attribute("data-line", "live")
        return page

    return make


def at(question: Intervention) -> str:
    return f"/interventions/{question.pk}"


def test_each_sees_the_other_come_and_go(opened_by, ada, bo, question):
    hers = opened_by(ada, at(question))
    expect(hers.get_by_text("is looking at this")).to_have_count(0)

    his = opened_by(bo, at(question))
    expect(hers.get_by_text("Bo Lindqvist is looking at this")).to_be_visible()
    expect(his.get_by_text("Ada Nyström is looking at this")).to_be_visible()

    his.goto("/history")
    expect(hers.get_by_text("is looking at this")).to_have_count(0)
    assert hers.locator("[aria-live] .presence, [role=status] .presence").count() == 0


def test_the_reading_pane_looks_at_one_question_after_the_other(opened_by, ada, bo, sys, question):
    another = ask(sys, title="Deploy 4.18.3")
    his = opened_by(bo, at(another))
    hers = opened_by(ada, "/")

    hers.keyboard.press("j")
    hers.keyboard.press("j")
    expect(his.get_by_text("Ada Nyström is looking at this")).to_be_visible()
    expect(hers.locator("#pane").get_by_text("Bo Lindqvist is looking at this")).to_be_visible()
    hers.keyboard.press("k")
    expect(his.get_by_text("is looking at this")).to_have_count(0)
    assert not Look.objects.filter(intervention=question, by=bo).exists()


def test_a_shift_ends_and_the_question_is_handed_over(opened_by, ada, bo, question):
    actions.claim(question.pk, actor=ada)
    his = opened_by(bo, "/")
    hers = opened_by(ada, at(question))

    hers.get_by_role("link", name="Hand over…").click()
    dialog = hers.get_by_role("dialog", name="Hand the question over")
    expect(dialog.get_by_label("To whom?")).to_be_focused()
    dialog.get_by_label("To whom?").select_option(label="Bo Lindqvist")
    dialog.get_by_label("A word to them").fill("My shift ends.")
    dialog.get_by_role("button", name="Hand over").click()

    expect(hers.get_by_role("dialog")).to_have_count(0)
    expect(hers.locator("#question").get_by_text("My shift ends.")).to_be_visible()
    assert Claim.objects.get().by == bo
    toast = his.get_by_role("alert").filter(has_text="Ada Nyström handed this over to you")
    toast.get_by_role("link", name="Deploy 4.18.2").click()
    expect(his.get_by_role("button", name="Release")).to_be_visible()
    expect(his.get_by_role("alert")).to_have_count(0)


def test_a_question_is_assigned_without_leaving_it_and_without_scripts(opened_by, page_of, ada, bo, question):
    page = opened_by(ada, at(question))
    page.get_by_role("link", name="Assign…").click()
    expect(page.get_by_role("dialog", name="Assign the question")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Assign…").click()
    page.get_by_role("dialog").get_by_role("combobox").select_option(label="Bo Lindqvist")
    page.get_by_role("dialog").get_by_role("button", name="Assign").click()
    expect(page.get_by_role("region", name="Who asks").get_by_text("Bo Lindqvist")).to_be_visible()

    plain = page_of(bo, java_script_enabled=False)
    plain.goto(at(question))
    plain.get_by_role("link", name="Assign…").click()
    plain.get_by_role("combobox").select_option(label="Admin")
    plain.get_by_role("button", name="Assign").click()
    expect(plain.get_by_role("region", name="Who asks").get_by_text("the role Admin")).to_be_visible()
    assert fresh(question).assigned_role == "Admin"


def test_what_was_asked_back_is_answered_in_the_same_card_and_told_elsewhere(opened_by, ada, sys, question):
    page = opened_by(ada, at(question))
    elsewhere = page.context.new_page()
    elsewhere.goto("/history")
    expect(elsewhere.locator("html")).to_have_attribute("data-line", "live")

    page.bring_to_front()
    page.keyboard.press("c")
    page.get_by_label("What do you need to know?").fill("Which host?")
    page.get_by_role("dialog").get_by_role("button", name="Ask back").click()
    expect(page.get_by_text("Its clock stands still")).to_be_visible()

    actions.reply(question.pk, message="host-7", actor=sys)
    expect(page.locator(".said").last).to_contain_text("host-7")
    expect(page.get_by_text("Its clock stands still")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)  # it is before her eyes
    toast = elsewhere.get_by_role("alert").filter(has_text="CI runner replied to you")
    expect(toast.get_by_role("link", name="Deploy 4.18.2")).to_be_visible()


def test_a_name_is_offered_while_one_writes_and_its_pilot_is_told_once(opened_by, ada, bo, question):
    his = opened_by(bo, "/history")
    hers = opened_by(ada, at(question))
    box = hers.get_by_role("textbox", name="Comment")

    box.click()
    hers.keyboard.type("Is that you, @li")
    expect(hers.get_by_role("option", name="Bo Lindqvist")).to_be_visible()
    hers.keyboard.press("Escape")
    expect(hers.get_by_role("option")).to_have_count(0)
    hers.keyboard.type("n")
    expect(hers.get_by_role("option", name="Bo Lindqvist")).to_be_visible()
    hers.keyboard.press("Enter")
    expect(box).to_have_value("Is that you, @bo ")
    hers.get_by_role("button", name="Comment").click()

    expect(hers.locator(".said .mention")).to_have_text("@Bo Lindqvist")
    expect(his.get_by_role("alert").filter(has_text="Ada Nyström mentioned you")).to_be_visible()
    assert Comment.objects.get().mentions.get() == bo
    his.goto("/units")
    expect(his.locator("html")).to_have_attribute("data-line", "live")
    his.wait_for_timeout(500)
    expect(his.get_by_role("alert")).to_have_count(0)


def test_a_push_while_one_writes_takes_nothing_away(opened_by, ada, bo, question):
    page = opened_by(ada, at(question))
    page.get_by_role("textbox", name="Comment").click()
    page.keyboard.type("Ask @b")
    expect(page.get_by_role("option", name="Bo Lindqvist")).to_be_visible()

    actions.claim(question.pk, actor=bo)
    expect(page.get_by_role("complementary").get_by_text("Bo Lindqvist").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Ask @b")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    page.keyboard.type("o")
    expect(page.get_by_role("option", name="Bo Lindqvist")).to_be_visible()
