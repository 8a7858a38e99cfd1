"""People come in through a certified OpenID provider."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client

from accounts.models import Identity, Membership, Pilot, ProviderToken
from tests.signin.conftest import at
from tests.signin.issuer import CALLBACK, CLIENT, at_issuer, issuer
from tests.signin.journey import is_signed_in, leave


def sign_in(client: Client, **how: Any) -> Any:
    return client.get(at_issuer(leave(client, "oidc"), **how))


def test_an_issuer_signs_in_with_pkce(client: Client, oidc: str) -> None:
    assert "Continue with Fjordbank SSO" in client.get("/accounts/login/").text

    answer = sign_in(client)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    pilot = Pilot.objects.get(public_id="oidc:ada.nystroem")
    assert (pilot.name, pilot.email) == ("Ada Nyström", "ada@fjordbank.example")
    assert (Identity.objects.get().issuer, Identity.objects.get().uid) == (oidc, "ada")


def test_without_pkce_the_issuer_itself_refuses(client: Client, oidc: str) -> None:
    bare = leave(client, "oidc").replace("code_challenge", "ignored")
    answer = httpx.get(bare)

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == ["invalid_request"]


def test_who_says_no_there_is_not_in(client: Client, oidc: str) -> None:
    answer = sign_in(client, consents=False)

    assert (answer.status_code, is_signed_in(client)) == (403, False)


def test_a_code_is_good_once(client: Client, oidc: str) -> None:
    """Somebody has exchanged it before us."""
    back = at_issuer(leave(client, "oidc"))
    code = parse_qs(urlsplit(back).query)["code"][0]
    (state,) = client.session["socialaccount_states"].values()
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    verifier = {"code_verifier": state[0]["pkce_code_verifier"]}
    assert httpx.post(f"{oidc}/token", data=CLIENT | asked | verifier).status_code == 200

    answer = client.get(back)

    assert (answer.status_code, is_signed_in(client)) == (400, False)


def test_a_wrong_state_is_refused(client: Client, oidc: str) -> None:
    back = at_issuer(leave(client, "oidc"))

    assert client.get(back.replace("state=", "state=x")).status_code == 400
    assert not is_signed_in(client)


def test_an_address_that_is_not_verified_is_not_believed(client: Client, oidc: str, settings: Any) -> None:
    sign_in(client, who="eve")
    assert Pilot.objects.get(public_id="oidc:eve").email == ""

    settings.EMAIL_DOMAINS = ["fjordbank.example"]
    answer = sign_in(again := Client(), who="eve")
    assert (answer.status_code, is_signed_in(again)) == (403, False)


def test_an_address_that_is_taken_never_joins_two_accounts(client: Client, oidc: str, ada: Membership) -> None:
    Pilot.objects.filter(pk=ada.pilot_id).update(email="ada@fjordbank.example")

    answer = sign_in(client)

    assert (answer.status_code, is_signed_in(client)) == (409, False)
    assert "connect Fjordbank SSO on your profile page" in answer.text
    assert not Identity.objects.exists()


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_some_minutes_off_signs_in_all_the_same(
    client: Client, switch_on: Any, default: object, minutes: int
) -> None:
    """And its token runs out by our clock, which is the one we ask."""
    with issuer(SKEW_SECONDS=str(minutes * 60)) as url:
        at(url, switch_on)
        sign_in(client)

    assert is_signed_in(client)
    token = ProviderToken.objects.get()
    assert 590 <= (token.expires_at - token.kept_at).total_seconds() <= 600
    assert token.refresh_at < token.expires_at


def test_an_issuer_that_is_away_is_named(client: Client, switch_on: Any, default: object) -> None:
    at("http://127.0.0.1:9", switch_on)
    answer = client.post("/accounts/oidc/login/")

    assert answer.status_code == 503
    assert "Fjordbank SSO does not answer" in answer.text
