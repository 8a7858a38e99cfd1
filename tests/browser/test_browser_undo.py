"""Pressed and not yet sent: undone by one key, seen by everybody, kept while the line is down, and never lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts import actions as accounts
from accounts.models import Membership
from accounts.queries import system_of
from conftest import member
from guardians import actions as guardians
from interventions import actions
from interventions.models import Hold, Intervention
from interventions.tests.asking import ask, fresh

PageOf = Callable[..., Page]


@pytest.fixture
def opened_by(page_of: PageOf) -> Callable[..., Page]:
    def make(membership: Membership, question: Intervention, **options: object) -> Page:
        page = page_of(membership, **options)
        page.goto(f"/interventions/{question.pk}")
        if options.get("java_script_enabled", True):
            expect(page.locator("html")).to_have_attribute("data-line", "live")
        return page

    return make


def drop(page: Page, address: str) -> None:
    """The next call goes nowhere, though the line itself stands: the page tries again by itself."""
    page.route(address, lambda route: route.abort(), times=1)


def run_out(question: Intervention) -> None:
    later = timezone.now() + timedelta(minutes=2)
    actions.carry_out(question.pk, organization_id=question.organization_id, now=later)


def test_one_key_undoes_and_everybody_sees_it_run_out(opened_by, sys, ada, bo):
    question = ask(sys, undo_seconds=60)
    page, other = opened_by(ada, question), opened_by(bo, question)
    page.get_by_role("textbox", name="Reason").fill("Looks right.")
    page.keyboard.press("Escape")
    page.keyboard.press("a")

    expect(page.locator(".held")).to_contain_text("Approving in")
    expect(page.locator(".held")).to_contain_text("by you")
    expect(page.locator(".held")).to_contain_text("Looks right.")
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(other.locator(".held")).to_contain_text("by Ada Nyström")
    expect(other.locator(".held")).not_to_contain_text("Looks right.")
    expect(other.get_by_role("button", name="Undo")).to_have_count(0)
    expect(other.get_by_role("button", name="Approve")).to_have_count(0)
    left = page.locator("[data-held-left]").first
    before = left.text_content() or ""
    expect(left).not_to_have_text(before)  # the seconds run

    page.keyboard.press("z")
    for one in (page, other):
        expect(one.locator(".held")).to_have_count(0)
        expect(one.get_by_role("button", name="Approve").first).to_be_visible()
    assert not Hold.objects.exists()
    assert fresh(question).is_open


def test_when_the_time_has_run_out_it_is_sent(opened_by, sys, ada):
    question = ask(sys, undo_seconds=60)
    page = opened_by(ada, question)
    page.keyboard.press("r")
    expect(page.locator(".held")).to_contain_text("Rejecting in")
    run_out(question)

    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Rejected by you")


def test_without_a_script_a_button_undoes(page_of, sys, ada):
    question = ask(sys, undo_seconds=60)
    page = page_of(ada, java_script_enabled=False)
    page.goto(f"/interventions/{question.pk}")
    page.get_by_role("button", name="Approve").first.click()
    expect(page.get_by_text("Not sent yet, and can be undone")).to_be_visible()

    page.locator(".held").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone. Nothing was sent")).to_be_visible()
    assert fresh(question).is_open


def test_on_a_phone_undo_is_at_the_thumb(opened_by, sys, ada):
    question = ask(sys, undo_seconds=60)
    page = opened_by(ada, question, width=375, height=812)
    page.get_by_role("group", name="Decide").get_by_role("button", name="Approve").click()
    page.locator("#sheet").get_by_role("button", name="Approve").click()

    undo = page.get_by_role("group", name="Decide").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport()
    undo.click()
    expect(page.locator(".held")).to_have_count(0)
    assert not Hold.objects.exists()


def test_one_of_security_and_two_of_operations(opened_by, organization, sys, ada):
    def of(role: str, username: str, name: str) -> Membership:
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(codename__in=["decide_intervention", "view_intervention"]))
        return member(organization, username, role, name=name)

    sam, olga = of("Security", "sam", "Sam Oduya"), of("Operations", "olga", "Olga Meyer")
    otto = of("Operations", "otto", "Otto Wirth")
    seats = [{"role": "Security", "count": 1}, {"role": "Operations", "count": 2}]
    question = ask(sys, seats=seats, required_approvals=3)
    page, other = opened_by(olga, question), opened_by(ada, question)
    expect(other.get_by_text("Only these roles may decide this: Security, Operations.")).to_be_visible()
    expect(page.locator(".quorum")).to_contain_text("0 of 3 approvals")
    expect(page.locator(".seat", has_text="Operations:").first).to_contain_text("still missing. You may fill it.")

    page.keyboard.press("a")
    expect(page.locator(".quorum")).to_contain_text("1 of 3 approvals")
    expect(other.locator(".quorum")).to_contain_text("Operations: Olga Meyer")
    actions.approve(question.pk, actor=otto)
    expect(page.locator(".seat", has_text="Security:")).to_contain_text("still missing.")
    actions.approve(question.pk, actor=sam)
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved")


def test_a_decision_waits_for_the_line_and_is_sent_when_it_is_back(opened_by, sys, ada):
    question = ask(sys)
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("Looks right.")
    page.keyboard.press("Escape")
    page.context.set_offline(True)  # type: ignore[attr-defined]
    page.keyboard.press("a")
    expect(page.get_by_text("Your decision waits on this page.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Looks right.")
    assert fresh(question).is_open

    page.context.set_offline(False)
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you", timeout=20_000)
    expect(page.get_by_text("Your decision waits on this page.")).to_have_count(0)
    assert fresh(question).decision.reason == "Looks right."
    page.complaints.clear()  # type: ignore[attr-defined]  # the browser's own word on the dropped line


def test_settled_meanwhile_it_is_not_sent_and_the_words_are_still_there(opened_by, sys, ada, bo):
    question = ask(sys)
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("Not so fast.")
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.keyboard.press("r")
    expect(page.get_by_text("Your decision waits on this page.")).to_be_visible()
    actions.approve(question.pk, actor=bo)

    page.context.set_offline(False)
    expect(page.get_by_role("alert").first).to_contain_text("Bo Lindqvist approved this", timeout=20_000)
    expect(page.get_by_role("alert").first).to_contain_text("Your rejection was not sent.")
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Not so fast.")
    assert fresh(question).decision.by == bo
    page.complaints.clear()  # type: ignore[attr-defined]


def test_changed_meanwhile_it_is_not_sent_and_can_be_looked_at_again(opened_by, sys, ada):
    question = ask(sys)
    page = opened_by(ada, question)
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.get_by_text("Your decision waits on this page.")).to_be_visible()
    Intervention.objects.filter(pk=question.pk).update(content_hash="f" * 64)

    page.context.set_offline(False)
    expect(page.get_by_role("alert").first).to_contain_text("has changed since you looked", timeout=20_000)
    assert fresh(question).is_open
    page.complaints.clear()  # type: ignore[attr-defined]


def test_a_row_pressed_while_the_line_drops_is_sent_when_it_is_back(page_of, sys, ada):
    question = ask(sys)
    page = page_of(ada)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-line", "live")
    drop(page, "**/approval")
    page.get_by_role("button", name="Approve: Deploy 4.18.2").click()
    waits = page.get_by_role("status").filter(has_text="Your decision waits on this page.")
    expect(waits.locator("q")).to_have_text("Deploy 4.18.2")

    expect(page.locator(f"#card-{question.pk}")).to_have_attribute("data-state", "settled")
    expect(waits).to_have_count(0)
    assert fresh(question).status == "approved"
    page.complaints.clear()  # type: ignore[attr-defined]


def test_a_row_that_is_another_one_by_then_is_not_decided(page_of, sys, ada):
    question = ask(sys)
    page = page_of(ada)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-line", "live")
    drop(page, "**/rejection")
    page.get_by_role("button", name="Reject: Deploy 4.18.2").click()
    expect(page.get_by_text("Your decision waits on this page.")).to_be_visible()
    Intervention.objects.filter(pk=question.pk).update(content_hash="f" * 64)

    expect(page.locator(f"#card-{question.pk}")).to_contain_text("has changed since you looked")
    assert fresh(question).is_open
    page.complaints.clear()  # type: ignore[attr-defined]


def test_of_two_words_that_wait_only_the_last_is_sent(opened_by, sys, ada):
    question = ask(sys)
    page = opened_by(ada, question)
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(page.get_by_text("Your decision waits on this page.")).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_text("Your decision waits on this page.")).to_have_count(1)

    page.context.set_offline(False)
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Rejected by you", timeout=20_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.complaints.clear()  # type: ignore[attr-defined]


def test_what_waits_for_the_line_can_be_called_off(opened_by, sys, ada):
    question = ask(sys)
    page = opened_by(ada, question)
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.get_by_role("button", name="Do not send").click()

    page.context.set_offline(False)
    expect(page.locator("html")).to_have_attribute("data-line", "live", timeout=20_000)
    page.wait_for_timeout(500)
    assert fresh(question).is_open
    page.complaints.clear()  # type: ignore[attr-defined]


def test_signed_out_in_the_middle_of_a_decision_the_words_stay_and_one_signs_in_in_place(opened_by, sys, ada):
    accounts.set_password(ada.pilot, "correct horse battery", actor=system_of(ada.organization_id))
    question = ask(sys)
    page = opened_by(ada, question)
    page.get_by_role("textbox", name="Reason").fill("Rollback was rehearsed.")
    page.keyboard.press("Escape")
    Session.objects.all().delete()
    page.keyboard.press("a")

    dialog = page.get_by_role("dialog", name="Sign in again to go on")
    expect(dialog).to_be_visible()
    assert fresh(question).is_open
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    door = opened.value
    door.get_by_label("Username").or_(door.locator("input[name=login]")).first.fill("ada")
    door.locator("input[name=password]").fill("correct horse battery")
    door.get_by_role("button", name="Sign in", exact=True).click()
    door.wait_for_url("**/")
    door.close()

    dialog.get_by_role("button", name="I have signed in").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Rollback was rehearsed.")
    page.keyboard.press("a")
    expect(page.get_by_role("region", name="How it was settled")).to_contain_text("Approved by you")
    assert fresh(question).decision.reason == "Rollback was rehearsed."
    page.complaints.clear()  # type: ignore[attr-defined]


def test_what_was_said_last_at_the_gate_is_offered(opened_by, sys, ada):
    gate = guardians.create_gate("refunds", actor=system_of(sys.organization_id), name="Refunds")
    gate_of = {"gate_id": gate.pk}
    first, second = ask(sys, **gate_of), ask(sys, title="Another", **gate_of)
    actions.approve(first.pk, reason="Known customer, second parcel.", actor=ada)
    page = opened_by(ada, second)

    page.get_by_role("button", name="What you said here last: Known customer").first.click()
    expect(page.get_by_role("textbox", name="Reason")).to_have_value("Known customer, second parcel.")
