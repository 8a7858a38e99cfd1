"""Dangerous acts ask whether it is still the person who signed in."""

import time

import pytest
from django.core.cache import cache

from accounts import actions
from accounts.directory import Rule
from accounts.models import ApiKey, Membership
from accounts.proof import Proof, StaleProof
from accounts.queries import default_platform_of, membership_of_key, membership_of_session
from accounts.tests.proving import grow_stale
from accounts.tests.test_accounts_factors import PASSWORD, with_app, with_password
from guardians import actions as guardians
from interventions import actions as interventions
from interventions.tests.asking import ask, fresh, status_of

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "question"}


@pytest.fixture(autouse=True)
def _nobody_has_tried_before():
    cache.clear()
    yield
    cache.clear()


def stale(member):
    found = Membership.objects.acting().get(pk=member.pk)
    found.proof = Proof("password", time.time() - 3600)
    return found


@pytest.mark.parametrize(
    "deed",
    [
        lambda actor, cast: interventions.waive(cast["question"].pk, actor=actor, reason="Once."),
        lambda actor, cast: interventions.pull(scope="organization", reason="Drill.", actor=actor),
        lambda actor, cast: interventions.rearm(cast["stop"].pk, reason="Over.", actor=actor),
        lambda actor, cast: actions.grant_role(cast["ada"].pilot, "Viewer", actor=actor),
        lambda actor, cast: actions.end_membership(cast["ada"], actor=actor),
        lambda actor, cast: actions.set_password(cast["ada"].pilot, PASSWORD, actor=actor),
        lambda actor, cast: actions.create_key(
            cast["ada"], name="x", scopes=["read"], actor=actor, platform=default_platform_of(actor.organization_id)
        ),
        lambda actor, cast: actions.invite("Viewer", actor=actor),
        lambda actor, cast: actions.renew_invitation(cast["invitation"].pk, actor=actor),
        lambda actor, cast: actions.change_organization(
            actor=actor, name="Fjordbank", rearm_by_two=False, second_factor_roles=["Admin"]
        ),
        lambda actor, cast: actions.grant_on_platform(cast["ada"], cast["lab"], "Viewer", actor=actor),
        lambda actor, cast: actions.revoke_on_platform(cast["ada"], cast["lab"], actor=actor),
        lambda actor, cast: actions.set_roles(cast["ada"], "Operator", {"lab": "Viewer"}, actor=actor),
        lambda actor, cast: actions.make_role("Watch", ["work.view_unit"], actor=actor),
        lambda actor, cast: actions.change_role(cast["role"].pk, description="Looks.", actor=actor),
        lambda actor, cast: actions.remove_role(cast["role"].pk, actor=actor),
        lambda actor, cast: actions.set_rules([Rule(1, "any", "group", "x", "Viewer")], actor=actor),
    ],
    ids=[
        "waive",
        "pull",
        "rearm",
        "grant_role",
        "end_membership",
        "set_password",
        "create_key",
        "invite",
        "renew_invitation",
        "factor_rule",
        "grant_on_platform",
        "revoke_on_platform",
        "set_roles",
        "make_role",
        "change_role",
        "remove_role",
        "set_rules",
    ],
)
def test_a_stale_proof_is_refused_and_a_fresh_one_is_not(deed, max, ada, sys):
    cast = {"question": ask(sys, "waiver"), "ada": ada}
    cast["lab"] = actions.create_platform("lab", "Laboratory", actor=max)
    cast["role"] = actions.make_role("Researcher", ["work.view_unit"], actor=max)
    cast["invitation"], _secret = actions.invite("Viewer", actor=max)
    cast["stop"] = interventions.stop_work(scope="workflow", target="nightly", reason="x", actor=max)
    with pytest.raises(StaleProof) as refused:
        deed(stale(max), cast)
    assert refused.value.members["code"] == "stale_proof"

    actor = stale(max)
    actor.proof = Proof("webauthn", time.time())
    deed(actor, cast)


def test_whoever_may_not_do_it_is_told_that_and_not_to_prove_anything(ada, sys):
    with pytest.raises(Exception, match="Only an Admin"):
        interventions.waive(ask(sys, "waiver").pk, actor=stale(ada), reason="Once.")


def test_every_session_brings_its_proof_and_no_key_does(client_of, max, key_of):
    browser = client_of(max)

    assert membership_of_session(browser.session.session_key).proof.is_fresh()
    grow_stale(browser)
    assert not membership_of_session(browser.session.session_key).proof.is_fresh()
    session = browser.session
    del session["proof"]
    session.save()
    assert not membership_of_session(browser.session.session_key).proof.is_fresh()
    assert membership_of_key(key_of(max, "admin")).proof is None


def test_a_key_acts_by_its_scope_and_is_not_asked(client_of, max, key_of):
    text = key_of(max, "admin")
    answer = client_of(None).post(
        "/api/kill-switch",
        {"scope": {"workflow": "nightly"}, "reason": "Drill."},
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )
    assert answer.status_code == 201


def test_the_api_by_session_is_told_so_in_a_problem_document(client_of, max, sys):
    browser, question = client_of(max), ask(sys, "waiver")
    grow_stale(browser)
    answer = browser.post(
        f"/api/interventions/{question.pk}/waive", {"reason": "Once."}, content_type="application/json"
    )

    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:chameleon:problem:stale-proof"
    assert answer.json()["code"] == "stale_proof"
    assert status_of(question) == "pending"


def test_a_part_of_a_page_is_told_by_a_header_and_the_act_can_be_sent_again(client_of, max, sys):
    browser, question = client_of(with_password(max)), ask(sys, "waiver")
    grow_stale(browser)
    waiver = f"/interventions/{question.pk}/waiver"
    answer = browser.post(waiver, {"reason": "Once."}, headers=HTMX)
    assert (answer.status_code, answer.headers["Proof"]) == (403, "stale")

    dialog = browser.get("/profile/proof")
    assert "Confirm that it is you" in dialog.text
    assert 'name="password"' in dialog.text
    assert 'name="code"' not in dialog.text
    wrong = browser.post("/profile/proof", {"password": "wrong"})
    assert wrong.status_code == 422
    assert "field__error" in wrong.text
    assert browser.post(waiver, {"reason": "Once."}, headers=HTMX).status_code == 403

    was = browser.session.session_key
    assert browser.post("/profile/proof", {"password": PASSWORD}).status_code == 204
    assert browser.get("/profile/proof").status_code == 204
    assert browser.session.session_key != was
    assert browser.post(waiver, {"reason": "Once."}, headers=HTMX).status_code == 200
    assert fresh(question).status == "approved"
    assert "Where you are signed in" in browser.get("/profile").text
    assert "this browser" in browser.get("/profile").text


def test_a_code_proves_it_as_well(client_of, max):
    browser = client_of(max)
    _secret, codes = with_app(max)
    grow_stale(browser)

    assert 'name="code"' in browser.get("/profile/proof").text
    assert browser.post("/profile/proof", {"code": codes[3]}).status_code == 204
    assert browser.session["proof"][0] == "recovery_codes"


def test_without_scripts_the_door_asks_and_then_does_what_was_sent(client_of, max, ada):
    browser = client_of(with_password(max))
    grow_stale(browser)
    answer = browser.post("/profile/tokens", {"name": "Mine", "scopes": ["read"]})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiKey.objects.exists()

    page = browser.post(answer.headers["Location"], {"password": PASSWORD})
    assert "shown this once" in page.text
    assert ApiKey.objects.get().name == "Mine"


def test_a_role_changed_in_the_admin_asks_too(client_of, max, ada):
    browser = client_of(with_password(max))
    grow_stale(browser)
    role = Membership.objects.get(pk=max.pk).role_id
    answer = browser.post(f"/admin/accounts/membership/{ada.pk}/change/", {"role": role})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert fresh(ada).role_name == "Operator"

    browser.post(answer.headers["Location"], {"password": PASSWORD})
    assert fresh(ada).role_name == "Admin"


def test_guessing_the_password_again_and_again_is_slowed(client_of, max):
    browser = client_of(with_password(max))
    grow_stale(browser)
    statuses = [browser.post("/profile/proof", {"password": "wrong"}).status_code for _try in range(12)]

    assert statuses[-1] == 429


def test_to_ask_for_no_passkey_any_more_at_a_gate_is_dangerous(max):
    gate = guardians.create_gate("payouts", actor=stale(max), name="Payouts", passkey_required=True)
    guardians.change_gate(gate.pk, actor=stale(max), name="Pay-outs")
    with pytest.raises(StaleProof):
        guardians.change_gate(gate.pk, actor=stale(max), passkey_required=False)

    guardians.change_gate(gate.pk, actor=max, passkey_required=False)
    assert not fresh(gate).passkey_required


def test_what_waits_for_a_proof_is_not_done_in_another_organization(client_of, max, cy):
    actions.grant_role(max.pilot, "Admin", actor=cy)
    browser = client_of(with_password(max))
    grow_stale(browser)
    answer = browser.post("/profile/tokens", {"name": "Mine", "scopes": ["read"]})
    browser.post("/organization", {"organization": cy.organization_id})
    browser.post(answer.headers["Location"], {"password": PASSWORD})

    assert not ApiKey.objects.exists()
