"""Passkeys, step-up and sessions in a real browser, with a virtual authenticator."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts import actions as accounts
from accounts.models import ApiKey
from accounts.proof import PROOF
from accounts.tests.proving import code_of
from interventions.models import Decision
from interventions.tests.asking import ask, fresh
from tests.browser.conftest import meanwhile

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def at_home(page_of, site):
    """A browser at http://localhost, the one plain address where browsers let passkeys work, with a device."""

    def open_(member, *, signed_in=True, **options):
        member.pilot.set_password(PASSWORD)
        member.pilot.save()
        page = page_of(None, **options)
        page.home = f"http://localhost:{site.port}"
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        if signed_in:
            sign_in(page, member)
        return page

    return open_


def sign_in(page, member):
    page.goto(f"{page.home}/accounts/login/")
    page.get_by_label("Login").fill(member.pilot.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page):
    page.goto(f"{page.home}/accounts/2fa/webauthn/add/")
    page.get_by_label("What you call it").fill("Laptop")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()


def grow_stale(page):
    key = next(one["value"] for one in page.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)

    def change():
        session = SessionStore(key)
        session[PROOF] = ["password", time.time() - 3600]
        session.save()

    meanwhile(change)


def test_a_passkey_is_set_up_and_signs_in_by_itself(at_home, ada):
    page = at_home(ada)
    add_passkey(page)
    assert Authenticator.objects.filter(user=ada.pilot, type="webauthn").count() == 1
    page.goto(f"{page.home}/profile")
    expect(page.locator("#factors")).to_contain_text("Laptop")

    page.goto(f"{page.home}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()

    page.goto(f"{page.home}/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, ada)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def test_a_stale_proof_is_asked_for_in_place_and_the_act_goes_on_with_its_words(at_home, max, sys):
    question = ask(sys, "waiver")
    page = at_home(max)
    add_passkey(page)
    page.goto(f"{page.home}/interventions/{question.pk}")
    expect(page.locator("[data-line]").first).to_have_attribute("data-state", "live")
    grow_stale(page)
    page.locator("#why").fill("The rule is wrong for this one.")
    page.get_by_role("button", name="Waive W").click()

    dialog = page.locator("#proof")
    expect(dialog).to_be_visible()
    assert page.locator("#why").input_value() == "The rule is wrong for this one."
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Confirm", exact=True).click()
    expect(dialog.get_by_role("alert").first).to_be_visible()
    assert fresh(question).status == "pending"
    dialog.get_by_role("button", name="Use a passkey").click()

    expect(page.locator(".outcome__word")).to_contain_text("waived", ignore_case=True)
    assert Decision.objects.get().reason == "The rule is wrong for this one."
    expect(page.locator("#signed-out")).not_to_be_visible()
    page.complaints[:] = [one for one in page.complaints if "403" not in one]


def test_a_form_that_is_dangerous_asks_in_place_before_it_is_sent(at_home, max):
    page = at_home(max)
    page.goto(f"{page.home}/profile")
    grow_stale(page)
    page.locator("#token-name").fill("Nightly")
    page.locator("#tokens input[name=scopes]").first.check()
    page.get_by_role("button", name="Make a token").click()
    page.locator("#proof").get_by_label("Password").fill(PASSWORD)
    page.locator("#proof").get_by_role("button", name="Confirm", exact=True).click()

    expect(page.locator("#made-token")).to_be_visible()
    assert ApiKey.objects.get().name == "Nightly"


def test_a_gate_that_asks_for_a_passkey_is_approved_with_one(at_home, ada, sys):
    question = ask(sys, passkey_required=True, proposed={"amount": 900})
    page = at_home(ada)
    page.goto(f"{page.home}/interventions/{question.pk}")
    page.locator("#why").fill("Checked.")
    page.get_by_role("button", name="Approve A").click()
    expect(page.locator("#question aside")).to_contain_text("You have none yet")

    add_passkey(page)
    page.goto(f"{page.home}/interventions/{question.pk}")
    page.locator("#why").fill("Checked.")
    page.get_by_role("button", name="Approve A").click()
    expect(page.get_by_text("Given by passkey")).to_be_visible()
    decision = Decision.objects.get()
    assert decision.reason == "Checked."
    assert decision.passkey


def test_an_app_and_a_recovery_code_let_in(at_home, ada):
    secret = generate_totp_secret()
    TOTP.activate(ada.pilot, secret)
    codes = RecoveryCodes.activate(ada.pilot).get_unused_codes()
    page = at_home(ada)
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()

    again = at_home(ada)
    again.get_by_label("Code").fill(codes[0])
    again.get_by_role("button", name="Sign in").click()
    expect(again.get_by_role("heading", name="Queue")).to_be_visible()


def test_a_role_that_needs_a_factor_is_led_to_setting_it_up(at_home, max, ada):
    accounts.change_organization(actor=max, name="Fjordbank", rearm_by_two=False, second_factor_roles=["Operator"])
    page = at_home(ada)
    expect(page.get_by_text("needs a second factor at Fjordbank")).to_be_visible()
    page.get_by_role("link", name="Set up an authenticator app").click()
    page.get_by_label("Authenticator code").fill(code_of(page.locator("#totp-secret").inner_text()))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()

    page.goto(page.home)
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def close_code(socket):
    """With which code it is closed, and after how many seconds."""
    begun = time.monotonic()
    try:
        while True:
            socket.recv(timeout=5)
    except ConnectionClosed as closed:
        return closed.rcvd.code, time.monotonic() - begun


def socket_of(site, client):
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    return connect(site.url.replace("http", "ws") + "/ws/live", additional_headers={"Cookie": cookie}, origin=site.url)


def test_whoever_signs_out_is_gone_from_open_sockets_within_a_second(site, client_of, ada):
    here, there = client_of(ada), client_of(ada)
    with socket_of(site, here) as mine, socket_of(site, there) as other:
        assert "hello" in mine.recv(timeout=5)
        assert "hello" in other.recv(timeout=5)
        here.post("/accounts/logout/")

        code, seconds = close_code(mine)
        assert code == 4401
        assert seconds < 1
        other.send('{"type": "ping"}')
        assert "pong" in other.recv(timeout=5)

        there.post("/profile/departure", {"everywhere": "on"})
        code, seconds = close_code(other)
        assert code == 4401
        assert seconds < 1


def test_a_socket_without_a_session_is_refused(site):
    with connect(site.url.replace("http", "ws") + "/ws/live", origin=site.url) as socket:
        assert close_code(socket)[0] == 4401


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_the_pages_of_the_second_factor_fit(at_home, ada, width, scheme):
    page = at_home(ada, width=width, color_scheme=scheme)
    for path in ("/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/profile"):
        page.goto(page.home + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
