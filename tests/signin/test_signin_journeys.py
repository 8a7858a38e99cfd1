"""People come in through GitHub, Entra and Google: what both sides send each other, and what goes wrong on the way."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.test import Client

from accounts.models import Identity, Membership, Organization, Pilot
from accounts.providers import providers
from audit.models import Entry
from tests.signin.journey import ADA, at_provider, is_signed_in, leave, sign_in
from tests.signin.standin import Entra, GitHub, Standin


def test_a_first_sign_in_makes_the_pilot_an_operator_and_the_ledger_says_so(client: Client, github: GitHub) -> None:
    answer = sign_in(client, "github")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert github.complaints == []
    pilot = Pilot.objects.get(public_id="github:octocat")
    assert (pilot.name, pilot.email) == ("Ada Nyström", "ada@fjordbank.example")
    assert pilot.avatar_url == "https://avatars.example/u/583231"
    assert not pilot.has_usable_password()
    assert client.get("/").context["request"].membership.role_name == "Operator"
    lines = list(Entry.objects.order_by("pk").values_list("verb", "actor_name"))[-2:]
    assert lines == [("pilot.arrived", "Chameleon"), ("membership.granted", "Chameleon")]


def test_the_next_sign_in_is_the_same_pilot_whatever_they_are_called_by_then(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    github.person = ADA | {"login": "nystroem", "name": "Ada Nyström-Berg"}
    before = Entry.objects.latest("pk").pk

    sign_in(Client(), "github")

    pilot = Pilot.objects.get(kind="person")
    assert (pilot.public_id, pilot.name) == ("github:octocat", "Ada Nyström-Berg")
    assert pilot.identities.get().login == "nystroem"
    (line,) = Entry.objects.filter(pk__gt=before)
    assert (line.verb, line.data["changed"]) == ("pilot.synced", ["name"])


def test_a_sign_in_that_changes_nothing_leaves_no_line(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    before = Entry.objects.count()

    sign_in(Client(), "github")

    assert Entry.objects.count() == before


def test_whoever_takes_a_name_over_is_somebody_else(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    github.person = ADA | {"id": 99, "name": "Somebody Else", "emails": []}

    sign_in(Client(), "github")

    assert set(Pilot.objects.filter(kind="person").values_list("public_id", flat=True)) == {
        "github:octocat",
        "github:octocat-99",
    }


def test_entra_signs_in_by_its_tenant(client: Client, entra: Entra) -> None:
    sign_in(client, "entra")

    assert entra.complaints == []
    pilot = Pilot.objects.get(public_id="entra:bo@fjordbank.example")
    assert (pilot.name, pilot.email) == ("Bo Lindqvist", "bo.lindqvist@fjordbank.example")
    assert Identity.objects.get().uid == "87d349ed-44d7-43e1-9a83-5f2406dee5bd"


def test_the_button_of_each_provider_is_a_form(client: Client, github: GitHub, entra: Entra) -> None:
    page = client.get("/accounts/login/?next=/units").text

    assert page.index("Continue with GitHub") < page.index("Continue with Microsoft Entra ID")
    assert '<form method="post" action="/accounts/github/login/">' in page
    assert page.count('name="next" value="/units"') == 4  # password, passkey, and each provider
    assert client.get("/accounts/github/login/").status_code == 405


def test_one_lands_where_one_wanted_to_go_and_nowhere_else(client: Client, github: GitHub) -> None:
    assert sign_in(client, "github", next="/units")["Location"] == "/units"
    assert sign_in(Client(), "github", next="https://evil.example/")["Location"] == "/"


def test_pkce_and_state_are_new_each_time(client: Client, github: GitHub) -> None:
    asked = [parse_qs(urlsplit(leave(client, "github")).query) for _ in range(2)]

    assert {one["code_challenge_method"][0] for one in asked} == {"S256"}
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]


def test_what_the_browser_adds_is_not_asked_for(client: Client, github: GitHub) -> None:
    page = client.post("/accounts/github/login/?scope=delete_repo&auth_params=login%3Dmax&process=connect")

    assert "delete_repo" not in page.context["address"]
    assert "login=max" not in page.context["address"]


EVERY = ["github", "entra", "google"]


@pytest.fixture
def standin(key: str, request: pytest.FixtureRequest) -> Standin:
    found: Standin = request.getfixturevalue(key)
    return found


@pytest.mark.parametrize("key", EVERY)
def test_who_says_no_there_is_told_so_and_is_not_in(client: Client, standin: Standin, key: str) -> None:
    standin.consents = False

    answer = sign_in(client, key)

    assert answer.status_code == 403
    assert f"You did not let {providers()[key].name} say who you are" in answer.text
    assert not is_signed_in(client)
    assert not Identity.objects.exists()


@pytest.mark.parametrize("key", EVERY)
def test_a_wrong_state_is_refused(client: Client, standin: Standin, key: str) -> None:
    back = at_provider(leave(client, key))
    answer = client.get(back.replace("state=", "state=x"))

    assert answer.status_code == 400
    assert "was not started in this browser" in answer.text
    assert not is_signed_in(client)


def test_the_way_back_of_another_browser_is_refused(client: Client, github: GitHub) -> None:
    answer = Client().get(at_provider(leave(client, "github")))

    assert answer.status_code == 400
    assert not Identity.objects.exists()


def test_a_way_back_is_gone_once_it_was_taken(client: Client, github: GitHub) -> None:
    back = at_provider(leave(client, "github"))
    client.get(back)
    client.post("/accounts/logout/")

    assert client.get(back).status_code == 400
    assert not is_signed_in(client)


@pytest.mark.parametrize("key", EVERY)
def test_a_code_that_was_used_is_refused_by_the_provider(client: Client, standin: Standin, key: str) -> None:
    back = at_provider(leave(client, key))
    code = parse_qs(urlsplit(back).query)["code"][0]
    standin.codes[code].is_used = True

    answer = client.get(back)

    assert answer.status_code == 400
    assert "did not confirm this sign-in" in answer.text
    assert standin.complaints == ["the code is unknown or was used"]


def test_a_wrong_secret_of_ours_is_no_sign_in_and_no_crash(client: Client, github: GitHub) -> None:
    github.secret = "another one"

    assert sign_in(client, "github").status_code == 400
    assert github.complaints == ["a wrong client"]


def test_a_provider_that_has_gone_meanwhile_is_named(
    client: Client, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = at_provider(leave(client, "github"))
    monkeypatch.setattr(GitHubOAuth2Adapter, "access_token_url", "http://127.0.0.1:9/")

    answer = client.get(back)

    assert answer.status_code == 503
    assert "GitHub does not answer" in answer.text
    assert not is_signed_in(client)


def test_a_provider_that_fails_is_no_sign_in(client: Client, github: GitHub) -> None:
    back = at_provider(leave(client, "github"))
    github.is_away = True

    assert client.get(back).status_code == 400
    assert not is_signed_in(client)


def test_an_answer_without_a_number_makes_nobody(client: Client, github: GitHub) -> None:
    github.person = {"login": "octocat", "emails": []}

    assert sign_in(client, "github").status_code == 400
    assert not is_signed_in(client)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("key", ["github", "entra", "google", "oidc", "nobody"])
def test_what_is_not_switched_on_is_not_there(client: Client, key: str) -> None:
    assert client.post(f"/accounts/{key}/login/").status_code == 404
    assert client.get(f"/accounts/{key}/login/callback/?code=x&state=y").status_code == 404
    assert "Continue with" not in client.get("/accounts/login/").text


def test_an_unknown_way_is_refused(client: Client, github: GitHub) -> None:
    assert client.post("/accounts/github/login/", {"process": "redirect"}).status_code == 400


# ---------- Who comes in, and as what ----------


def test_nobody_until_invited_is_signed_in_and_told_so(client: Client, github: GitHub, settings: Any) -> None:
    settings.FIRST_ROLE = "nobody"

    answer = sign_in(client, "github")

    assert answer["Location"] == "/profile"
    assert "You do not belong to an organization yet" in client.get("/profile").text
    assert client.get("/").status_code == 403
    assert not Membership.objects.filter(pilot__kind="person").exists()


def test_a_role_that_is_not_there_lets_nobody_in(client: Client, github: GitHub, settings: Any) -> None:
    settings.FIRST_ROLE = "Captain"

    answer = sign_in(client, "github")

    assert (answer.status_code, is_signed_in(client)) == (409, False)
    assert "There is no role “Captain”" in answer.text
    assert not Pilot.objects.filter(kind="person").exists()


def test_an_organization_that_is_not_there_lets_nobody_in(client: Client, github: GitHub, settings: Any) -> None:
    settings.FIRST_ORGANIZATION = "nowhere"

    assert "There is no organization “nowhere”" in sign_in(client, "github").text
    assert not is_signed_in(client)


@pytest.mark.parametrize("domains, comes_in", [(["fjordbank.example"], True), (["home.example"], False)])
def test_only_a_verified_address_of_an_allowed_domain_comes_in(
    client: Client, github: GitHub, settings: Any, domains: list[str], comes_in: bool
) -> None:
    """Hers at home.example is not verified."""
    settings.EMAIL_DOMAINS = domains

    answer = sign_in(client, "github")

    assert is_signed_in(client) is comes_in
    assert ("Only addresses at home.example come in here" in answer.text) is not comes_in


def test_a_domain_that_is_not_allowed_any_more_shuts_out_who_was_in(
    client: Client, github: GitHub, settings: Any
) -> None:
    sign_in(client, "github")
    settings.EMAIL_DOMAINS = ["elsewhere.example"]
    again = Client()

    assert sign_in(again, "github").status_code == 403
    assert not is_signed_in(again)


def test_an_address_of_a_tenant_that_is_anybodys_is_not_believed(client: Client, entra: Entra, switch_on: Any) -> None:
    entra.tenant = "common"
    switch_on(ENTRA_TENANT="common")

    sign_in(client, "entra")

    assert Pilot.objects.get(kind="person").email == ""


@pytest.mark.parametrize("key", EVERY)
@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_an_address_that_is_taken_never_joins_two_accounts(
    client: Client, standin: Standin, ada: Membership, key: str, spelled: Any
) -> None:
    theirs = {"github": "ada", "entra": "bo.lindqvist", "google": "cleo"}
    Pilot.objects.filter(pk=ada.pilot_id).update(email=spelled(f"{theirs[key]}@fjordbank.example"))

    answer = sign_in(client, key)

    assert (answer.status_code, is_signed_in(client)) == (409, False)
    assert f"connect {providers()[key].name} on your profile page" in answer.text
    assert not Identity.objects.exists()


def test_who_was_switched_off_stays_out_and_nothing_of_theirs_changes(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    Pilot.objects.filter(kind="person").update(is_active=False)
    github.person = ADA | {"name": "Another Name"}
    before = Entry.objects.count()
    again = Client()

    answer = sign_in(again, "github")

    assert answer["Location"] == "/accounts/inactive/"
    assert not is_signed_in(again)
    assert Pilot.objects.get(kind="person").name == "Ada Nyström"
    assert Entry.objects.count() == before


def test_who_was_taken_out_of_the_organization_is_not_let_in_again(
    client: Client, github: GitHub, default: Organization
) -> None:
    sign_in(client, "github")
    Membership.objects.filter(pilot__kind="person").update(ended_at="2026-01-01T00:00Z")

    assert sign_in(Client(), "github")["Location"] == "/profile"
    assert not Membership.objects.acting().filter(pilot__kind="person").exists()


def test_a_picture_that_is_not_https_is_not_kept(client: Client, github: GitHub) -> None:
    github.person = ADA | {"avatar_url": "javascript:alert(1)"}

    sign_in(client, "github")

    assert Pilot.objects.get(kind="person").avatar_url == ""
