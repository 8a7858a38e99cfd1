"""Several ways to sign in for one pilot: only for who has proved to be both."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Identity, Membership, Pilot
from accounts.proof import PROOF
from accounts.tests.device import Device
from audit.models import Entry
from tests.signin.issuer import at_issuer
from tests.signin.journey import ADA, at_provider, is_signed_in, leave, sign_in
from tests.signin.standin import Entra, GitHub

PASSWORD = "correct horse battery"


@pytest.fixture
def ada_here(client: Client, ada: Membership) -> Client:
    """Ada, who has just signed in with her password."""
    ada.pilot.set_password(PASSWORD)
    ada.pilot.save()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert is_signed_in(client)
    return client


def let_time_pass(client: Client) -> None:
    """Since they last said who they are."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 3600
    session[PROOF] = ["password", time.time() - 3600]
    session.save()


def verbs() -> list[str]:
    return list(Entry.objects.order_by("pk").values_list("verb", flat=True))


def test_who_is_signed_in_connects_an_account_and_signs_in_with_it(
    ada_here: Client, ada: Membership, github: GitHub
) -> None:
    answer = sign_in(ada_here, "github", process="connect")

    assert answer["Location"] == "/profile#ways-in"
    line = Entry.objects.get(verb="pilot.connected")
    assert (line.actor, line.data) == (ada, {"provider": "GitHub", "login": "octocat"})
    page = ada_here.get("/profile").text
    assert "Connect GitHub" not in page
    assert "You can sign in through GitHub from now on." in page
    assert "octocat" in page

    other = Client()
    sign_in(other, "github")
    assert other.get("/").context["request"].user == ada.pilot
    assert Pilot.objects.get(pk=ada.pilot_id).name == "Ada Nyström"


def test_an_account_that_was_connected_does_not_rename_the_pilot(
    ada_here: Client, ada: Membership, github: GitHub
) -> None:
    github.person = ADA | {"name": "The Octocat"}
    sign_in(ada_here, "github", process="connect")
    sign_in(Client(), "github")

    assert Pilot.objects.get(pk=ada.pilot_id).name == "Ada Nyström"


def test_connecting_it_again_changes_nothing(ada_here: Client, github: GitHub) -> None:
    for _ in range(2):
        sign_in(ada_here, "github", process="connect")

    assert verbs().count("pilot.connected") == 1
    assert Identity.objects.count() == 1


def test_without_a_fresh_proof_one_is_asked_for_it_first(ada_here: Client, github: GitHub) -> None:
    let_time_pass(ada_here)
    asked = ada_here.post("/accounts/github/login/", {"process": "connect"})
    assert asked["Location"] == "/accounts/reauthenticate/?next=%2Fprofile"

    confirmed = ada_here.post(asked["Location"], {"password": PASSWORD, "next": "/profile"})
    assert confirmed["Location"] == "/profile"
    assert sign_in(ada_here, "github", process="connect")["Location"] == "/profile#ways-in"


def test_a_proof_that_ran_out_on_the_way_connects_nothing(ada_here: Client, github: GitHub) -> None:
    address = leave(ada_here, "github", process="connect")
    let_time_pass(ada_here)
    answer = ada_here.get(at_provider(address))

    assert answer.status_code == 403
    assert "Too much time has passed" in answer.text
    assert not Identity.objects.exists()


def test_who_is_not_signed_in_connects_nothing(client: Client, github: GitHub) -> None:
    assert client.post("/accounts/github/login/", {"process": "connect"})["Location"] == "/accounts/login/"
    assert not is_signed_in(client)


def test_a_way_back_after_the_session_ended_connects_nothing(ada_here: Client, github: GitHub) -> None:
    back = at_provider(leave(ada_here, "github", process="connect"))
    session = ada_here.session
    for key in ("_auth_user_id", "_auth_user_hash", "_auth_user_backend"):
        del session[key]
    session.save()

    assert ada_here.get(back).status_code == 403
    assert not Identity.objects.exists()


def test_an_account_that_signs_in_somebody_else_stays_theirs(ada_here: Client, github: GitHub) -> None:
    sign_in(Client(), "github")

    answer = sign_in(ada_here, "github", process="connect")

    assert answer.status_code == 409
    assert "signs in somebody else here" in answer.text
    assert Identity.objects.get().pilot.public_id == "github:octocat"


def test_an_address_that_is_not_allowed_cannot_be_connected(ada_here: Client, github: GitHub, settings: Any) -> None:
    settings.EMAIL_DOMAINS = ["elsewhere.example"]

    assert sign_in(ada_here, "github", process="connect").status_code == 403


def test_a_connected_account_is_disconnected_and_signs_in_no_more(
    ada_here: Client, ada: Membership, github: GitHub
) -> None:
    sign_in(ada_here, "github", process="connect")
    identity = Identity.objects.get()

    ada_here.post(f"/profile/identities/{identity.pk}/disconnection")

    assert Entry.objects.filter(verb="pilot.disconnected", actor=ada).count() == 1
    other = Client()
    sign_in(other, "github")
    assert other.get("/").context["request"].user != ada.pilot


def test_disconnecting_asks_for_a_fresh_proof(ada_here: Client, github: GitHub) -> None:
    sign_in(ada_here, "github", process="connect")
    let_time_pass(ada_here)

    answer = ada_here.post(f"/profile/identities/{Identity.objects.get().pk}/disconnection")

    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert Identity.objects.standing().exists()


def test_the_last_way_in_stays(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    identity = Identity.objects.get()
    assert "the last way in" in client.get("/profile").text

    answer = client.post(f"/profile/identities/{identity.pk}/disconnection")

    assert answer.status_code == 409
    assert "This is the last way in" in answer.text
    assert Identity.objects.standing().exists()


def test_a_password_is_no_way_in_where_there_are_none(ada_here: Client, github: GitHub, settings: Any) -> None:
    sign_in(ada_here, "github", process="connect")
    settings.PASSWORDS = False

    answer = ada_here.post(f"/profile/identities/{Identity.objects.get().pk}/disconnection")

    assert answer.status_code == 409


def test_another_account_is_a_way_in_while_its_provider_is_on(client: Client, github: GitHub, entra: Entra) -> None:
    sign_in(client, "github")
    sign_in(client, "entra", process="connect")
    first = Identity.objects.earliest("pk")

    assert client.post(f"/profile/identities/{first.pk}/disconnection").status_code == 302
    last = Identity.objects.latest("pk")
    assert client.post(f"/profile/identities/{last.pk}/disconnection").status_code == 409


@pytest.mark.parametrize("alone, left", [(True, 302), (False, 409)])
def test_a_passkey_that_signs_in_by_itself_is_a_way_in(client: Client, github: GitHub, alone: bool, left: int) -> None:
    sign_in(client, "github")
    Device(Pilot.objects.get(kind="person"), alone=alone)
    identity = Identity.objects.get()
    assert ("the last way in" in client.get("/profile").text) is not alone

    assert client.post(f"/profile/identities/{identity.pk}/disconnection").status_code == left
    assert Identity.objects.standing().exists() is not alone


def test_a_passkey_that_has_become_the_last_way_in_stays(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    pilot = Pilot.objects.get(kind="person")
    Device(pilot, alone=True)
    (first,) = pilot.authenticator_set.all()
    client.post(f"/profile/identities/{Identity.objects.get().pk}/disconnection")
    assert "the last way in" in client.get("/accounts/2fa/").text

    answer = client.post(f"/accounts/2fa/webauthn/keys/{first.pk}/remove/")
    assert answer.status_code == 409
    assert "This is the last way in" in answer.text
    assert pilot.authenticator_set.count() == 1

    Device(pilot, alone=True)
    assert client.post(f"/accounts/2fa/webauthn/keys/{first.pk}/remove/").status_code == 302
    assert pilot.authenticator_set.count() == 1


def test_nobody_disconnects_what_is_another_pilots(ada_here: Client, github: GitHub) -> None:
    sign_in(Client(), "github")
    theirs = Identity.objects.get()

    ada_here.post(f"/profile/identities/{theirs.pk}/disconnection")

    assert Identity.objects.standing().filter(pk=theirs.pk).exists()


# ---------- Proving it again, without a password ----------


def test_who_has_no_password_proves_it_at_the_provider(client: Client, github: GitHub, entra: Entra) -> None:
    sign_in(client, "github")
    let_time_pass(client)
    asked = client.post("/accounts/entra/login/", {"process": "connect"}, follow=True)
    assert asked.redirect_chain[-1][0] == "/profile/proof/elsewhere?next=%2Fprofile"
    assert "Continue with GitHub" in asked.text
    assert "Continue with Microsoft" not in asked.text

    assert sign_in(client, "github", process="prove", next="/profile")["Location"] == "/profile"
    assert sign_in(client, "entra", process="connect")["Location"] == "/profile#ways-in"


def test_another_account_there_proves_nothing(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    let_time_pass(client)
    github.person = ADA | {"id": 7, "login": "somebody", "emails": []}

    answer = sign_in(client, "github", process="prove")

    assert answer.status_code == 403
    assert client.post("/accounts/github/login/", {"process": "connect"}).status_code == 302
    assert client.get("/").context["request"].user.public_id == "github:octocat"


def test_an_issuer_is_made_to_ask_again(client: Client, oidc: str) -> None:
    client.get(at_issuer(leave(client, "oidc")))
    let_time_pass(client)
    address = leave(client, "oidc", process="prove", next="/profile")
    assert "prompt=login" in address
    assert "max_age=0" in address

    assert client.get(at_issuer(address))["Location"] == "/profile"


def test_an_issuer_that_was_asked_long_ago_proves_nothing(
    client: Client, oidc: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sits at the screen may take `prompt` out of the address; what the issuer signs they cannot change."""
    client.get(at_issuer(leave(client, "oidc")))
    monkeypatch.setattr("chameleon.arrivals.SKEW", -3600)

    answer = client.get(at_issuer(leave(client, "oidc", process="prove")))

    assert answer.status_code == 403
    assert "did not ask again" in answer.text


# ---------- Without passwords ----------


@pytest.fixture
def no_passwords(settings: Any, github: GitHub) -> None:
    settings.PASSWORDS = False
    settings.AUTHENTICATION_BACKENDS = ["accounts.backends.ProviderBackend", "accounts.backends.MembershipBackend"]


def test_where_there_are_no_passwords_none_is_asked_for_or_taken(
    client: Client, ada: Membership, no_passwords: None
) -> None:
    ada.pilot.set_password(PASSWORD)
    ada.pilot.save()
    page = client.get("/accounts/login/").text
    assert "Continue with GitHub" in page
    assert 'type="password"' not in page

    answer = client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})
    assert "Nobody signs in with a password here." in answer.text
    assert not client.login(username="ada", password=PASSWORD)
    assert not is_signed_in(client)


@pytest.mark.parametrize("path", ["reset/", "change/", "set/", "reset/key/1-x/", "reset/done/"])
def test_where_there_are_no_passwords_none_is_set(client: Client, no_passwords: None, path: str) -> None:
    sign_in(client, "github")

    assert client.get(f"/accounts/password/{path}").status_code == 404


def test_the_door_of_the_administration_follows(client: Client, no_passwords: None) -> None:
    page = client.get("/admin/", follow=True)

    assert page.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "Continue with GitHub" in page.text
    assert 'type="password"' not in page.text


def test_a_session_by_password_ends_where_there_are_no_passwords_any_more(
    ada: Membership, client_of: Callable[..., Client], settings: Any
) -> None:
    client = client_of(ada)
    settings.AUTHENTICATION_BACKENDS = ["accounts.backends.ProviderBackend", "accounts.backends.MembershipBackend"]

    assert client.get("/").status_code == 302
