"""People come in through Google: a Workspace of one's own, and the world outside of it."""

import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import Identity, Pilot, ProviderToken
from tests.signin.journey import is_signed_in, leave, sign_in
from tests.signin.standin import Google
from tests.signin.test_signin_tokens import pass_time, tick

pytestmark = pytest.mark.django_db(transaction=True)


def test_google_signs_in_with_pkce_and_asks_for_access_while_nobody_is_there(client: Client, google: Google) -> None:
    google.expires_in = 3600
    answer = sign_in(client, "google")

    assert (answer.status_code, answer["Location"], google.complaints) == (302, "/", [])
    pilot = Pilot.objects.get(public_id="google:cleo@fjordbank.example")
    assert (pilot.name, pilot.email) == ("Cleo Marín", "cleo@fjordbank.example")
    assert (Identity.objects.get().issuer, Identity.objects.get().uid) == (
        "https://accounts.google.com",
        "110169484474386276334",
    )
    assert ProviderToken.objects.get().grant().refresh == google.grants[0].refresh


@pytest.mark.parametrize(
    "changed, comes_in",
    [
        ({}, True),
        ({"email": "CLEO@Fjordbank.Example"}, True),
        ({"email": "cleo@gmail.example", "hd": None}, False),
        ({"email": "cleo@fjordbank.example.evil.example"}, False),
        ({"email_verified": False}, False),
    ],
)
def test_only_a_verified_address_at_one_of_our_domains_comes_in(
    client: Client, google: Google, settings: Any, changed: dict[str, Any], comes_in: bool
) -> None:
    """Whatever the Workspace calls itself: it is the address that is asked for."""
    settings.EMAIL_DOMAINS = ["fjordbank.example"]
    google.person = google.person | changed

    answer = sign_in(client, "google")

    assert is_signed_in(client) is comes_in
    assert ("Only addresses at fjordbank.example come in here" in answer.text) is not comes_in
    assert Pilot.objects.filter(identities__isnull=False).exists() is comes_in


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://accounts.google.evil.example"},
        {"aud": "somebody else's client"},
        {"exp": int(time.time()) - 3600},
    ],
)
def test_an_id_token_of_another_issuer_for_another_client_or_long_over_is_no_sign_in(
    client: Client, google: Google, wrong: dict[str, Any]
) -> None:
    google.person = google.person | wrong

    assert sign_in(client, "google").status_code == 400
    assert not is_signed_in(client)


def test_signing_out_gives_all_of_the_grant_back(client: Client, google: Google) -> None:
    google.expires_in = 3600
    sign_in(client, "google")
    held = ProviderToken.objects.get().grant().refresh
    client.post("/accounts/logout/")
    pass_time()
    tick()

    assert google.revoked == [held]


def test_groups_are_asked_for_in_the_open(client: Client, google: Google) -> None:
    assert "cloud-identity.groups.readonly" in leave(client, "google")


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_that_is_some_minutes_off_signs_in_all_the_same(client: Client, google: Google, minutes: int) -> None:
    theirs = int(time.time()) + minutes * 60
    google.person = google.person | {"iat": theirs, "exp": theirs + 3600}

    assert sign_in(client, "google").status_code == 302
    assert is_signed_in(client)
