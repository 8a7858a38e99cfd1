"""The second factor: set up, asked for at the door, needed by a role, and sealed at rest."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache

from accounts import actions
from accounts.proof import FactorMissing, Proof, StaleProof
from accounts.queries import factors_of, membership_of_session
from accounts.sealing import Unreadable, seal, unseal
from accounts.tests.proving import code_of, grow_stale
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    cache.clear()
    yield
    cache.clear()


def with_password(member):
    member.pilot.set_password(PASSWORD)
    member.pilot.save()
    return member


def with_app(member):
    """The secret of an app that is set up, and the recovery codes."""
    secret = generate_totp_secret()
    TOTP.activate(member.pilot, secret)
    return secret, RecoveryCodes.activate(member.pilot).get_unused_codes()


def lines(verb):
    return list(Entry.objects.filter(verb=verb).values_list("data__factor", flat=True))


def test_what_is_sealed_is_read_again_and_nothing_else_is():
    sealed = seal("JBSWY3DP")

    assert b"JBSWY3DP" not in sealed
    assert unseal(sealed) == "JBSWY3DP"
    with pytest.raises(Unreadable):
        unseal(sealed[:-4] + b"AAA=")


def test_what_was_sealed_under_an_old_key_is_read_while_that_is_named(settings):
    sealed = seal("JBSWY3DP")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = (
        [settings.SECRET_KEY],
        "another key, of more than fifty characters",
    )

    assert unseal(sealed) == "JBSWY3DP"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        unseal(sealed)


def test_an_app_is_set_up_by_its_code_and_its_secret_is_sealed(client_of, ada):
    browser = client_of(ada)
    page = browser.get("/accounts/2fa/totp/activate/").text
    secret = re.search(r'id="totp-secret">(\w+)<', page)[1]
    assert 'src="data:image/svg+xml;base64,' in page

    assert "field__error" in browser.post("/accounts/2fa/totp/activate/", {"code": "000000"}).text
    answer = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})

    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in kept
    assert unseal(kept.encode()) == secret
    assert [one.type for one in factors_of(ada.pilot)] == ["totp", "recovery_codes"]
    codes = re.findall(r"\b\d{8}\b", browser.get("/accounts/2fa/recovery-codes/").text)
    assert len(codes) == 10
    assert codes[0] not in str(Authenticator.objects.get(type="recovery_codes").data)
    assert "Authenticator app" in browser.get("/profile").text


@pytest.mark.django_db(transaction=True)
def test_what_is_set_up_and_taken_away_is_in_the_ledger(client_of, ada):
    browser = client_of(ada)
    page = browser.get("/accounts/2fa/totp/activate/").text
    browser.post("/accounts/2fa/totp/activate/", {"code": code_of(re.search(r'id="totp-secret">(\w+)<', page)[1])})
    assert lines("factor.added") == ["recovery_codes", "totp"] or lines("factor.added") == ["totp", "recovery_codes"]

    browser.post("/accounts/2fa/recovery-codes/generate/")
    assert len(lines("factor.added")) == 3
    browser.post("/accounts/2fa/totp/deactivate/")
    assert sorted(lines("factor.removed")) == ["recovery_codes", "totp"]
    assert factors_of(ada.pilot) == []
    assert not Entry.objects.filter(data__icontains="secret").exists()


def test_the_lines_are_the_actors_own(ada):
    actions.note_factor_added("webauthn", "Laptop", actor=ada)
    actions.note_factor_removed("webauthn", "Laptop", actor=ada)

    assert lines("factor.added") == lines("factor.removed") == ["webauthn"]


@pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "recovery-codes/generate/"])
def test_setting_up_asks_who_it_is_once_the_sign_in_is_long_ago(client_of, ada, path):
    browser = client_of(with_password(ada))
    with_app(ada) if path.startswith("recovery") else None
    assert browser.get(f"/accounts/2fa/{path}").status_code == 200
    grow_stale(browser)

    assert browser.get(f"/accounts/2fa/{path}").headers["Location"].startswith("/accounts/reauthenticate/")


def sign_in(client_of, member):
    browser = client_of(None)
    answer = browser.post("/accounts/login/", {"login": member.pilot.username, "password": PASSWORD})
    return browser, answer


def test_the_password_alone_lets_nobody_in_who_has_a_factor(client_of, ada):
    secret, _codes = with_app(with_password(ada))
    browser, answer = sign_in(client_of, ada)

    assert answer.headers["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/").status_code == 302
    assert browser.get("/api/interventions").status_code == 401
    assert "field__error" in browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).text
    assert browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert browser.get("/").status_code == 200
    assert browser.session["proof"][0] == "totp"


def test_a_recovery_code_lets_in_once(client_of, ada):
    _secret, codes = with_app(with_password(ada))
    browser, _answer = sign_in(client_of, ada)
    browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert browser.get("/").status_code == 200

    again, _answer = sign_in(client_of, ada)
    assert "field__error" in again.post("/accounts/2fa/authenticate/", {"code": codes[0]}).text
    assert again.get("/").status_code == 302
    assert [one.left for one in factors_of(ada.pilot)] == [None, 9]


def need_factor(max, *roles):
    actions.change_organization(
        actor=max, name=max.organization.name, rearm_by_two=False, second_factor_roles=list(roles)
    )


def test_a_role_that_needs_a_factor_is_led_to_setting_it_up_and_to_nothing_else(client_of, max, ada):
    need_factor(max, "Operator")
    browser = client_of(ada)

    for path in ("/", "/profile", "/stops", "/admin/", "/api/docs"):
        assert browser.get(path).headers["Location"] == "/accounts/2fa/"
    assert browser.post("/settings/choice", {"theme": "dark"}).headers["Location"] == "/accounts/2fa/"
    part = browser.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (403, "/accounts/2fa/")
    told = browser.get("/api/interventions")
    assert (told.status_code, told.json()["code"]) == (403, "second_factor_missing")
    assert membership_of_session(browser.session.session_key) is None
    assert "needs a second factor" in browser.get("/accounts/2fa/").text
    assert browser.get("/accounts/2fa/totp/activate/").status_code == 200

    with_app(ada)
    assert browser.get("/").status_code == 200
    assert browser.get("/api/interventions").status_code == 200
    assert membership_of_session(browser.session.session_key) == ada


def test_other_roles_and_keys_are_not_asked(client_of, max, ada, sys, key_of):
    text = key_of(sys)
    need_factor(max, "Operator")

    assert client_of(max).get("/").status_code == 200
    answer = client_of(None).get("/api/interventions", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 200


def test_a_made_up_key_opens_no_page(client_of, max, ada):
    need_factor(max, "Operator")

    assert client_of(ada).get("/", headers={"Authorization": "Bearer x"}).status_code == 302
    assert client_of(ada).get("/api/interventions", headers={"Authorization": "Basic x"}).status_code == 403


def test_in_another_organization_that_does_not_ask_one_may_go_on(client_of, max, ada, cy):
    actions.grant_role(ada.pilot, "Operator", actor=cy)
    need_factor(max, "Operator")
    browser = client_of(ada)
    assert browser.get("/").status_code == 302

    browser.post("/organization", {"organization": cy.organization_id})
    assert browser.get("/").status_code == 200
    browser.post("/organization", {"organization": ada.organization_id})
    assert browser.get("/").headers["Location"] == "/accounts/2fa/"


def test_which_roles_need_a_factor_is_an_admins_to_say_lately_proven_and_in_the_ledger(client_of, max, ada):
    form = {"name": "Fjordbank", "second_factor_roles": ["Admin", "Operator"]}
    assert client_of(ada).post("/settings/organization", form).status_code == 403
    browser = client_of(with_password(max))
    grow_stale(browser)
    assert browser.post("/settings/organization", form).headers["Location"].startswith("/accounts/reauthenticate/")
    grow_stale(browser, 0)

    browser.post("/settings/organization", form)
    max.organization.refresh_from_db()
    assert max.organization.second_factor_roles == ["Admin", "Operator"]
    line = Entry.objects.get(verb="organization.changed")
    assert line.data == {"second_factor_roles": ["Admin", "Operator"]}


def test_a_role_that_is_not_there_cannot_need_a_factor(max):
    with pytest.raises(BadInput, match="no role"):
        need_factor(max, "Wizard")


def test_a_factor_is_a_sentence_where_it_is_missing():
    assert FactorMissing("x").members["type"] == "urn:chameleon:problem:second-factor-missing"
    assert not Proof("password", 0).is_fresh()
    assert StaleProof("x").status == 403


def test_an_admin_takes_away_a_lost_factor_and_the_ledger_says_whose(client_of, max, ada, cy):
    with_app(ada)
    client_of(max).post("/admin/accounts/pilot/", {"action": "reset", "_selected_action": [ada.pilot_id]})

    assert factors_of(ada.pilot) == []
    line = Entry.objects.get(verb="factor.reset")
    assert line.data == {"factor": ["recovery_codes", "totp"], "pilot": "ada"}
    with_app(cy)
    with pytest.raises(NotThere):
        actions.reset_factors(cy.pilot, actor=max)
    actions.grant_role(cy.pilot, "Viewer", actor=max)
    with pytest.raises(NotAllowed, match="more than this organization"):
        actions.reset_factors(cy.pilot, actor=max)
    actions.reset_factors(ada.pilot, actor=max)
    assert Entry.objects.filter(verb="factor.reset").count() == 1


def test_a_factor_sealed_under_a_key_that_is_gone_opens_nothing_and_says_why(client_of, ada, settings):
    with_app(with_password(ada))
    browser, _answer = sign_in(client_of, ada)
    Authenticator.objects.filter(type="totp").update(data={"secret": "unreadable"})
    Authenticator.objects.filter(type="recovery_codes").update(data={"seed": "unreadable", "used_mask": 0})

    answer = browser.post("/accounts/2fa/authenticate/", {"code": "123456"})
    assert "SECRET_KEY has changed" in answer.text
    assert [one.left for one in factors_of(ada.pilot)] == [None, 0]
