"""Tokens of programs and front ends: who gets them, what they may do, and what ends them."""

from datetime import timedelta

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, Organization, Pilot, RefreshToken, TokenFamily
from accounts.queries import membership_of_bearer
from accounts.tasks import sweep_tokens
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _nobody_has_guessed_yet():
    cache.clear()


@pytest.fixture
def ada_with_password(ada):
    ada.pilot.set_password(PASSWORD)
    ada.pilot.save()
    return ada


@pytest.fixture
def issued(ada_with_password):
    return actions.issue_tokens(actor=ada_with_password)


def post(path, body=None, client=None, **headers):
    body = {} if body is None else body
    return (client or Client()).post(f"/api/auth/{path}", body, content_type="application/json", headers=headers)


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def me(token):
    return Client().get("/api/auth/me", headers=bearer(token))


def by_password(**about):
    return post("token", {"username": "ada", "password": PASSWORD} | about)


def test_a_password_gets_tokens_that_act_as_the_pilot_but_not_as_admin(ada_with_password):
    answer = by_password()
    told = answer.json()

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["token_type"] == "Bearer"
    assert told["expires_in"] in (599, 600)
    assert told["scope"] == "submit read decide"
    found = me(told["access_token"]).json()
    assert found["pilot"] == {"id": "local:ada", "name": "Ada Nyström", "kind": "person"}
    assert (found["by"], found["organization"]["slug"], found["role"]) == ("token", "fjordbank", "Operator")
    assert "interventions.decide_intervention" in found["powers"]


def test_an_admin_asks_for_the_admin_scope_by_its_name(max):
    assert actions.issue_tokens(actor=max).family.scopes == ["submit", "read", "decide"]
    token = actions.issue_tokens(actor=max, scopes=["admin"])

    assert membership_of_bearer(token.access).has_power("interventions.pull_kill_switch")
    assert not membership_of_bearer(token.access).has_power("work.submit_unit")


def test_nobody_gets_a_scope_beyond_their_role(vi, ada):
    assert actions.issue_tokens(actor=vi).family.scopes == ["read"]
    with pytest.raises(BadInput, match="scopes"):
        actions.issue_tokens(actor=ada, scopes=["admin"])


@pytest.mark.parametrize(
    "about",
    [{"password": "wrong horse"}, {"username": "nobody"}, {"username": "ada\x00"}, {"password": ""}],
)
def test_a_wrong_password_is_refused(ada_with_password, about):
    answer = by_password(**about)

    assert answer.status_code in (401, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_who_guesses_passwords_is_slowed_here_as_on_the_page(ada_with_password):
    statuses = [by_password(password="wrong").status_code for _try in range(6)]

    assert (statuses[0], statuses[-1]) == (401, 429)
    assert int(by_password().headers["Retry-After"]) > 0


def test_a_deactivated_pilot_gets_no_token(ada_with_password):
    Pilot.objects.update(is_active=False)

    assert by_password().status_code == 401


def test_a_pilot_with_a_second_factor_gets_no_token_by_the_password_alone(ada_with_password):
    ada_with_password.pilot.authenticator_set.create(type="totp", data={"secret": "sealed"})

    answer = by_password()
    assert answer.status_code == 403
    assert "has a second factor" in answer.json()["detail"]


def test_a_pilot_whose_role_needs_a_second_factor_and_who_has_none_gets_no_token(ada_with_password):
    Organization.objects.update(second_factor_roles=["Operator"])

    answer = by_password()
    assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_missing")


def test_where_nobody_signs_in_with_a_password_none_gets_a_token(ada_with_password, settings):
    settings.PASSWORDS = False

    answer = by_password()
    assert answer.status_code == 403
    assert "with a password" in answer.json()["detail"]


def test_a_member_of_several_organizations_says_which(ada_with_password, cy):
    actions.grant_role(ada_with_password.pilot, "Viewer", actor=cy)

    assert me(by_password(organization="elsewhere").json()["access_token"]).json()["role"] == "Viewer"
    assert me(by_password().json()["access_token"]).json()["organization"]["slug"] == "fjordbank"
    assert by_password(organization="nowhere").status_code == 403


def test_a_key_gets_tokens_with_its_own_limits(sys, max, key_of):
    platform = actions.create_platform("ci", "CI", actor=max)
    _key, text = actions.create_key(
        sys, name="CI", scopes=["read", "submit"], actor=max, platform=platform, gates=["deploys"]
    )
    told = post("token", {"scopes": ["read"]}, **bearer(text)).json()
    found = me(told["access_token"]).json()

    assert (found["scopes"], found["gates"], found["platform"]) == (["read"], ["deploys"], "ci")
    assert post("token", {"scopes": ["decide"]}, **bearer(text)).status_code == 422


def test_tokens_end_with_the_key_they_came_of(sys, max, key_of):
    text = key_of(sys)
    token = post("token", **bearer(text)).json()
    actions.revoke_key(ApiKey.objects.get().pk, actor=max)

    assert me(token["access_token"]).status_code == 401
    assert post("token/refresh", {"refresh_token": token["refresh_token"]}).status_code == 401


def test_a_token_makes_no_other_sign_in(issued):
    answer = post("token", **bearer(issued.access))

    assert answer.status_code == 403


def test_a_browsers_session_gets_tokens_with_its_csrf_token_only(ada, client_of):
    client = client_of(ada)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    strict.get("/profile")

    assert post("token", client=strict).status_code == 403
    with_token = post("token", client=strict, **{"X-CSRFToken": strict.cookies["csrftoken"].value})
    assert with_token.status_code == 200
    assert me(with_token.json()["access_token"]).json()["by"] == "token"


def test_nobody_in_particular_gets_no_token(db):
    assert post("token").status_code == 401


@pytest.mark.parametrize("body", [{"username": "ada"}, {"password": "x"}, {"user": "ada"}, {"scopes": ["all"]}, []])
def test_what_does_not_fit_is_refused_by_field(db, body):
    assert post("token", body).status_code == 422


def test_the_ledger_tells_of_a_sign_in_and_holds_no_token(issued):
    entry = Entry.objects.latest("pk")

    assert (entry.verb, entry.subject_type, entry.actor_name) == ("token.issued", "tokenfamily", "Ada Nyström")
    kept = str([*Entry.objects.values(), *TokenFamily.objects.values(), *RefreshToken.objects.values()])
    assert issued.access not in kept
    assert issued.refresh.removeprefix("chr_") not in kept


def test_an_access_token_says_who_signed_it_for_whom(issued, settings):
    header, claims = (
        jwt.get_unverified_header(issued.access),
        jwt.decode(issued.access, options={"verify_signature": False}),
    )

    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert (claims["iss"], claims["aud"]) == (settings.BASE_URL, f"{settings.BASE_URL}/api")
    assert (claims["sub"], claims["org"], claims["fam"]) == ("local:ada", "fjordbank", str(issued.family.pk))
    assert claims["exp"] - claims["iat"] == settings.ACCESS_SECONDS
    assert len(claims["jti"]) == 36


# Refreshing


def refresh(text):
    return post("token/refresh", {"refresh_token": text})


def used_long_ago():
    RefreshToken.objects.exclude(used_at=None).update(used_at=timezone.now() - timedelta(seconds=11))


def test_a_refresh_token_is_good_for_one_use(issued):
    second = refresh(issued.refresh).json()

    assert second["refresh_token"] != issued.refresh
    assert me(second["access_token"]).status_code == 200
    third = refresh(second["refresh_token"])
    assert third.status_code == 200


def test_a_replayed_refresh_token_ends_the_whole_family_and_is_recorded(issued):
    second = refresh(issued.refresh).json()
    used_long_ago()
    replayed = refresh(issued.refresh)

    assert replayed.status_code == 401
    assert "Sign in again" in replayed.json()["detail"]
    assert me(issued.access).status_code == me(second["access_token"]).status_code == 401
    assert refresh(second["refresh_token"]).status_code == 401
    assert Entry.objects.filter(verb="token.replayed", subject_id=str(issued.family.pk)).count() == 1


def test_a_lost_answer_is_given_again_and_the_lost_token_ends_the_family(issued):
    lost = refresh(issued.refresh).json()
    again = refresh(issued.refresh)

    assert again.status_code == 200
    assert refresh(lost["refresh_token"]).status_code == 401
    assert refresh(again.json()["refresh_token"]).status_code == 401


def test_no_answer_is_given_again_once_its_token_was_used(issued):
    second = refresh(issued.refresh).json()
    refresh(second["refresh_token"])

    assert refresh(issued.refresh).status_code == 401
    assert TokenFamily.objects.get().ended_at is not None


def test_a_family_has_a_last_day_however_often_it_is_refreshed(issued, settings):
    family = issued.family
    assert family.expires_at - family.created_at == timedelta(seconds=settings.REFRESH_SECONDS)
    refresh(issued.refresh)
    assert TokenFamily.objects.get().expires_at == family.expires_at

    TokenFamily.objects.update(expires_at=timezone.now())
    assert me(issued.access).status_code == 401


@pytest.mark.parametrize("text", ["", "chr_", "x" * 200, "chr_\x00", "é", "a.b.c"])
def test_an_unknown_refresh_token_is_refused(db, text):
    assert refresh(text).status_code in (401, 422)


def test_a_stranger_refreshes_nobody_elses_token(issued, cy):
    with pytest.raises(NotThere):
        actions.refresh_tokens(issued.refresh, actor=cy)
    assert TokenFamily.objects.get().ended_at is None


# Ending


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_to_hold_a_token_is_enough_to_end_its_family(issued, which):
    answer = post("token/revoke", {"token": getattr(issued, which)})

    assert answer.status_code == 204
    assert me(issued.access).status_code == refresh(issued.refresh).status_code == 401
    assert Entry.objects.latest("pk").verb == "token.revoked"


@pytest.mark.parametrize("text", ["nothing", "a.b.c", "chr_unknown"])
def test_ending_what_is_not_known_tells_nothing(db, text):
    assert post("token/revoke", {"token": text}).status_code == 204
    assert not Entry.objects.exists()


def test_an_admin_ends_tokens_of_members_and_others_do_not(issued, max, bo, cy):
    with pytest.raises(NotAllowed):
        actions.revoke_tokens(issued.family.pk, actor=bo)
    with pytest.raises(NotThere):
        actions.revoke_tokens(issued.family.pk, actor=cy)
    actions.revoke_tokens(issued.family.pk, actor=max)

    assert me(issued.access).status_code == 401


def test_a_changed_password_ends_tokens(issued, max):
    actions.set_password(issued.family.membership.pilot, "another horse battery", actor=max)

    assert me(issued.access).status_code == refresh(issued.refresh).status_code == 401


def test_a_changed_secret_key_ends_no_token_as_long_as_the_old_one_is_a_fallback(issued, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]

    assert me(issued.access).status_code == 200
    assert refresh(issued.refresh).status_code == 200


def test_a_deactivated_pilot_is_refused(issued):
    Pilot.objects.filter(username="ada").update(is_active=False)

    assert me(issued.access).status_code == refresh(issued.refresh).status_code == 401


def test_a_changed_role_changes_what_a_token_may_do(issued, max):
    actions.grant_role(issued.family.membership.pilot, "Viewer", actor=max)
    found = me(issued.access).json()

    assert found["role"] == "Viewer"
    assert "interventions.decide_intervention" not in found["powers"]


def test_who_left_and_comes_back_signs_in_again(issued, max):
    membership = issued.family.membership
    actions.end_membership(membership, actor=max)
    assert me(issued.access).status_code == 401
    actions.grant_role(membership.pilot, "Operator", actor=max)

    assert me(issued.access).status_code == 401


def test_a_renamed_public_id_is_somebody_else(issued):
    Pilot.objects.filter(username="ada").update(public_id="local:eve")

    assert me(issued.access).status_code == 401


def test_what_was_sent_and_is_no_good_is_told_as_rfc_6750_says(db):
    assert me("nonsense").headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert Client().get("/api/auth/me").headers["WWW-Authenticate"] == "Bearer"


def test_me_tells_a_key_and_a_session_apart(ada, sys, key_of, client_of):
    assert me(key_of(sys, "read")).json()["by"] == "key"
    told = client_of(ada).get("/api/auth/me").json()
    assert (told["by"], told["scopes"], told["expires_at"]) == ("session", None, None)


def test_sign_ins_long_over_are_forgotten(issued, bo):
    actions.issue_tokens(actor=bo)
    TokenFamily.objects.filter(pk=issued.family.pk).update(expires_at=timezone.now() - timedelta(days=31))

    assert sweep_tokens(0) == 1
    assert [one.membership for one in TokenFamily.objects.all()] == [bo]
    assert RefreshToken.objects.count() == 1
