"""Without a line: the queue as it was last known, and nothing to press. Also a pilot's own keys, and their settings."""

import re
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, expect

from accounts import actions
from accounts.models import Membership, Preferences
from interventions.tests.asking import ask

KEPT = "async () => Boolean(await caches.match('/last-known', { cacheName: 'last-known' }))"
SERVED = "() => navigator.serviceWorker.controller !== null"


@pytest.fixture
def queue(page_of: Callable[..., Page], ada: Membership, sys: Membership) -> Page:
    """Ada's queue, remembered by her browser."""
    ask(sys, title="Refund <b>88213</b>", priority=1)
    ask(sys, title="Deploy payments 4.2")
    page = page_of(ada, service_workers="allow")
    page.goto("/")
    page.wait_for_function(SERVED)
    until = time.monotonic() + 30
    while not page.evaluate(KEPT) and time.monotonic() < until:
        page.wait_for_timeout(200)
    return page


def test_without_a_line_the_last_known_queue_is_shown_as_stale_with_nothing_to_press(queue, site):
    site.stop()
    queue.goto("/")

    expect(queue.get_by_role("heading", name="The queue as it was last known")).to_be_visible()
    expect(queue.get_by_text("What you see was true at")).to_be_visible()
    expect(queue.get_by_text("Refund <b>88213</b>")).to_be_visible()
    expect(queue.locator("[data-kept] .row")).to_have_count(2)
    expect(queue.locator("[data-kept]").locator("a, button, form, input")).to_have_count(0)
    assert "repeating-linear-gradient" in queue.locator(".row").first.evaluate(
        "e => getComputedStyle(e).backgroundImage"
    )
    queue.complaints.clear()

    site.start()
    queue.get_by_text("Try again").click()
    expect(queue.get_by_role("heading", name="Queue", exact=True)).to_be_visible()


def test_any_address_says_that_there_is_no_line(queue, site):
    site.stop()
    queue.goto("/history")

    expect(queue.get_by_text("There is no line to the server.")).to_be_visible()
    queue.complaints.clear()


def test_signing_out_forgets_the_queue(queue, site):
    queue.set_viewport_size({"width": 1440, "height": 900})
    queue.get_by_role("button", name=re.compile("Your menu")).click()
    queue.get_by_role("button", name="Sign out").click()
    expect(queue.get_by_role("heading", name="Sign in")).to_be_visible()

    assert queue.evaluate(KEPT) is False
    site.stop()
    queue.goto("/")
    expect(queue.get_by_text("Nothing is kept in this browser")).to_be_visible()
    queue.complaints.clear()


def test_another_account_in_the_same_browser_finds_nothing_of_the_one_before(queue, bo):
    """Also where no door was passed, as when a session is handed over by another tab."""
    client = Client()
    client.force_login(bo.pilot, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert queue.evaluate(KEPT) is True
    queue.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": queue.url}])

    queue.goto("/history")  # a page without rows to keep
    expect(queue.get_by_role("button", name="Bo Lindqvist, Operator. Your menu")).to_be_visible()
    queue.wait_for_function("async () => !(await caches.has('last-known'))")
    assert queue.evaluate(KEPT) is False


def test_a_session_that_was_ended_takes_the_queue_with_it(queue, ada):
    Session.objects.all().delete()
    queue.locator(".row").first.get_by_role("button", name="Reject").click()
    expect(queue.get_by_role("dialog", name="Sign in again to go on")).to_be_visible()

    queue.wait_for_function("async () => !(await caches.has('last-known'))")
    queue.complaints.clear()


def test_the_browser_finds_all_it_needs_to_install_it(page_of, ada):
    page = page_of(ada)
    page.goto("/")
    told = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())")

    assert told["display"] == "standalone"
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        size = page.evaluate(
            "async (src) => { const i = new Image(); i.src = src; await i.decode(); return i.width }", icon["src"]
        )
        assert icon["sizes"] == f"{size}x{size}"


def test_a_key_of_ones_own_acts_and_the_shipped_one_does_not(page_of, ada, sys):
    actions.set_preferences(actor=ada, keys={"approve": "y", "next": "n", "answer": ""})
    question = ask(sys, title="Deploy payments 4.2")
    page = page_of(ada)
    page.goto("/")
    page.keyboard.press("n")
    page.keyboard.press("a")
    page.wait_for_timeout(500)
    question.refresh_from_db()
    assert question.is_open

    page.keyboard.press("?")
    sheet = page.locator("#keys")
    expect(sheet.locator("dt", has_text="Y")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    expect(page.locator(f"#card-{question.pk}")).to_have_attribute("data-state", "settled")


def test_the_theme_of_the_bar_is_kept_with_the_account(page_of, ada):
    first = page_of(ada)
    first.goto("/")
    with first.expect_response("**/settings/choice"):
        first.locator("[data-theme-toggle]").click()
    second = page_of(ada, color_scheme="dark")
    second.goto("/")

    expect(second.locator("html")).to_have_attribute("data-theme", "light")


def test_settings_are_saved_and_followed_in_the_next_page(page_of, ada):
    page = page_of(ada)
    page.goto("/settings")
    page.get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("Approve", exact=True).fill("y")
    page.get_by_role("button", name="Save the settings").click()

    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-zone", "Asia/Tokyo")
    kept = Preferences.objects.get(pilot=ada.pilot)
    assert (kept.theme, kept.keys) == ("dark", {"approve": "y"})
