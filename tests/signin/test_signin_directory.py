"""Roles by what a provider says: asked at the sign-in and again every hour, and never guessed when it does not tell."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.actions import create_pilot, grant_role
from accounts.directory import Facts, Rule
from accounts.models import DirectoryFacts, Membership, Organization, Origin, Pilot, ProviderToken
from accounts.queries import membership_of_session, system_of
from accounts.tasks import tend_tokens
from audit.models import Entry
from tests.signin.issuer import at_issuer
from tests.signin.journey import is_signed_in, leave, sign_in
from tests.signin.standin import Entra, GitHub, Google, Standin

pytestmark = pytest.mark.django_db(transaction=True)

# By provider: the kind of fact, how a rule spells it, and what the person is in over there.
FACTS = {
    "github": ("team", "fjordbank/platform", "fjordbank/platform"),
    "entra": ("group", "c5038c6f-c5ac-44d5-93f5-04ec697d62dc", "c5038c6f-c5ac-44d5-93f5-04ec697d62dc"),
    "google": ("group", "platform@fjordbank.example", "platform@fjordbank.example"),
}
# Where each lists them.
LISTS = {
    "github": "/api/v3/user/teams",
    "entra": "/v1.0/me/transitiveMemberOf",
    "google": "/v1/groups/-/memberships:searchDirectGroups",
}


@pytest.fixture(autouse=True)
def _nobody_until_invited(settings: Any) -> None:
    settings.FIRST_ROLE = "nobody"


@pytest.fixture(params=[*FACTS])
def key(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def standin(key: str, request: pytest.FixtureRequest) -> Standin:
    """A provider where somebody is in the group that counts."""
    found: Standin = request.getfixturevalue(key)
    found.groups = [FACTS[key][2]]
    found.expires_in = 3600
    return found


@pytest.fixture
def admin(default: Organization) -> Membership:
    system = system_of(default.pk)
    grant_role(create_pilot("boss", actor=system), "Admin", actor=system)
    return Membership.objects.acting().get(pilot__username="boss")


@pytest.fixture
def rule(admin: Membership) -> Callable[..., None]:
    def write(looks_at: str, value: str, role: str = "Operator", provider: str = "any") -> None:
        actions.set_rules([Rule(1, provider, looks_at, value, role)], actor=admin)

    return write


@pytest.fixture
def ruled(rule: Callable[..., None], key: str) -> None:
    looks_at, value, _there = FACTS[key]
    rule(looks_at, value)


def role() -> str | None:
    """That of whoever came in through a provider."""
    member = Membership.objects.acting().filter(pilot__identities__isnull=False).first()
    return member.role_name if member else None


def facts() -> dict[str, Any]:
    found: dict[str, Any] = DirectoryFacts.objects.get().facts
    return found


def an_hour_later(**changed: Any) -> None:
    """The worker's turn, when what was said is an hour old."""
    before = timezone.now() - timedelta(seconds=1)
    ProviderToken.objects.update(kept_at=before - timedelta(hours=1), retry_at=None)
    DirectoryFacts.objects.update(ask_at=before, **changed)
    asyncio.run(tend_tokens(timestamp=0))


# ---------- At the sign-in ----------


def test_a_group_gives_the_role_and_the_ledger_says_for_which_fact(
    client: Client, standin: Standin, ruled: None, key: str
) -> None:
    sign_in(client, key)

    assert standin.complaints == []
    assert role() == "Operator"
    line = Entry.objects.filter(verb="membership.granted").latest("pk")
    looks_at, value, _there = FACTS[key]
    assert (line.data["cause"], line.data["fact"]) == ("directory", f"{looks_at} {value}")


def test_a_group_that_was_left_takes_it_at_the_next_sign_in(
    client: Client, standin: Standin, ruled: None, key: str
) -> None:
    sign_in(client, key)
    standin.groups = ["elsewhere/others"]
    sign_in(Client(), key)

    assert role() is None
    assert Entry.objects.get(verb="membership.ended").data["cause"] == "directory"


def test_a_list_of_many_pages_is_read_to_its_end(client: Client, standin: Standin, ruled: None, key: str) -> None:
    standin.groups = [f"fjordbank/other-{n}" for n in range(6)] + standin.groups
    sign_in(client, key)

    assert standin.complaints == []
    assert role() == "Operator"
    assert len(facts()["teams"] or facts()["groups"]) == 7


@pytest.mark.parametrize("status", [403, 429, 500, 302])
def test_who_cannot_be_looked_up_is_not_signed_in_where_a_rule_looks_at_it(
    client: Client, standin: Standin, ruled: None, key: str, status: int
) -> None:
    standin.groups = [f"fjordbank/{n}" for n in range(4)]  # more than fit into a token of Entra
    standin.faults = {LISTS[key]: status}

    answer = sign_in(client, key)

    assert (answer.status_code, is_signed_in(client)) == (503, False)
    assert "did not tell what your roles here depend on" in answer.text
    assert not Pilot.objects.filter(identities__isnull=False).exists()


def test_a_role_that_is_held_stays_while_the_directory_does_not_tell(
    client: Client, standin: Standin, ruled: None, key: str
) -> None:
    sign_in(client, key)
    standin.groups = [f"fjordbank/{n}" for n in range(4)]
    standin.faults = {LISTS[key]: 503}
    lines = Entry.objects.count()

    assert sign_in(Client(), key).status_code == 503
    assert (role(), Entry.objects.count()) == ("Operator", lines)


def test_what_no_rule_looks_at_need_not_be_told(
    client: Client, standin: Standin, rule: Callable[..., None], key: str
) -> None:
    rule("domain", "fjordbank.example", "Viewer")
    standin.groups = [f"fjordbank/{n}" for n in range(4)]
    standin.faults = {LISTS[key]: 503}
    sign_in(client, key)

    assert role() == "Viewer"
    assert FACTS[key][0] in facts()["unread"]


def test_a_rule_about_another_provider_holds_nobody_up(
    client: Client, github: GitHub, rule: Callable[..., None]
) -> None:
    rule("team", "fjordbank/platform", provider="entra")
    github.faults = {LISTS["github"]: 503}

    assert sign_in(client, "github").status_code == 302


def test_a_scope_that_somebody_took_out_on_the_way_does_not_keep_their_role(
    client: Client, github: GitHub, rule: Callable[..., None]
) -> None:
    rule("team", "fjordbank/platform")
    github.groups = ["fjordbank/platform"]
    github.withheld = {"read:org"}

    assert sign_in(client, "github").status_code == 503
    assert role() is None


def test_organizations_of_github_are_asked_as_well(client: Client, github: GitHub, rule: Callable[..., None]) -> None:
    rule("organization", "Fjordbank")
    github.groups = ["other/team", "fjordbank/platform", "third/team"]
    sign_in(client, "github")

    assert role() == "Operator"
    assert facts()["organizations"] == ["other", "fjordbank", "third"]


def test_a_next_page_at_another_host_is_not_fetched(
    client: Client, github: GitHub, rule: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token would go there."""
    rule("team", "fjordbank/platform")
    github.groups = ["fjordbank/platform", "b/b", "c/c"]
    with GitHub() as thief:
        elsewhere = [("Link", f'<{thief.url}/api/v3/user/teams?page=2>; rel="next"')]
        monkeypatch.setattr(GitHub, "teams", lambda *_: (200, [], elsewhere))

        assert sign_in(client, "github").status_code == 503
        assert thief.asked == []


def test_a_list_without_an_end_is_given_up(
    client: Client, github: GitHub, rule: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule("team", "fjordbank/platform")
    on = [("Link", f'<{github.url}/api/v3/user/teams?page=2>; rel="next"')]
    monkeypatch.setattr(GitHub, "teams", lambda *_: (200, [], on))

    assert sign_in(client, "github").status_code == 503
    assert github.asked.count("/api/v3/user/teams") == 20


@pytest.mark.parametrize("told", [{"teams": []}, [{"slug": "x"}], ["x" * 3_000_000], None])
def test_an_answer_that_makes_no_sense_is_no_empty_list(
    client: Client, github: GitHub, rule: Callable[..., None], monkeypatch: pytest.MonkeyPatch, told: Any
) -> None:
    rule("team", "fjordbank/platform")
    monkeypatch.setattr(GitHub, "teams", lambda *_: (200, told, []))

    assert sign_in(client, "github").status_code == 503


def test_a_slow_directory_is_not_waited_for(
    client: Client, github: GitHub, rule: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule("team", "fjordbank/platform")
    over = Event()
    monkeypatch.setattr("accounts.lookups.SECONDS", 0.3)
    monkeypatch.setattr(GitHub, "teams", lambda *_: (over.wait(5), (200, [], []))[1])

    assert sign_in(client, "github").status_code == 503
    over.set()


def test_an_app_role_of_entra_gives_the_role(client: Client, entra: Entra, rule: Callable[..., None]) -> None:
    rule("app_role", "Approver")
    entra.roles = ["Approver"]
    sign_in(client, "entra")
    assert role() == "Operator"

    entra.roles = []
    sign_in(Client(), "entra")
    assert role() is None


def test_entra_without_an_id_token_tells_no_app_roles(client: Client, entra: Entra, rule: Callable[..., None]) -> None:
    rule("app_role", "Approver")
    entra.withheld = {"openid"}

    assert sign_in(client, "entra").status_code == 503


def test_an_id_token_about_somebody_else_is_not_believed(
    client: Client, entra: Entra, rule: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule("app_role", "Approver")
    other = {"aud": entra.client_id, "oid": "somebody else", "roles": ["Approver"]}
    monkeypatch.setattr(Entra, "id_token", lambda *_: other)

    assert sign_in(client, "entra").status_code == 503
    assert role() is None


def test_groups_that_fit_into_entras_token_are_not_asked_of_graph(client: Client, entra: Entra) -> None:
    entra.groups = ["one", "two"]
    sign_in(client, "entra")
    assert LISTS["entra"] not in entra.asked

    entra.groups = ["one", "two", "three", "four"]
    sign_in(Client(), "entra")
    assert facts()["groups"] == entra.groups  # and the roles of the directory, which Graph lists as well, are none


def test_googles_groups_are_asked_only_where_that_is_switched_on(
    client: Client, google: Google, switch_on: Callable[..., None]
) -> None:
    switch_on(GOOGLE_GROUPS="")
    google.groups = ["platform@fjordbank.example"]
    address = leave(client, "google")
    sign_in(client, "google")

    assert "cloud-identity" not in address
    assert facts()["groups"] == facts()["unread"] == []


def test_connecting_an_account_asks_its_directory_nothing(
    client: Client, github: GitHub, entra: Entra, settings: Any
) -> None:
    settings.FIRST_ROLE = "Viewer"
    sign_in(client, "github")
    sign_in(client, "entra", process="connect")

    assert Pilot.objects.get(identities__provider="entra").identities.count() == 2
    assert LISTS["entra"] not in entra.asked


# ---------- Between two sign-ins ----------


def test_a_group_that_was_left_takes_role_and_session_within_the_hour(
    client: Client, standin: Standin, ruled: None, key: str
) -> None:
    sign_in(client, key)
    session = client.session.session_key
    assert membership_of_session(session) is not None
    standin.groups = ["elsewhere/others"]
    an_hour_later()

    assert standin.complaints == []
    assert role() is None
    assert membership_of_session(session) is None
    line = Entry.objects.get(verb="membership.ended")
    assert (line.data["cause"], line.data["provider"], line.actor.is_system) == ("directory", key, True)


def test_a_group_that_was_joined_gives_the_role_within_the_hour(
    client: Client, standin: Standin, ruled: None, key: str
) -> None:
    standin.groups = ["elsewhere/others"]
    sign_in(client, key)
    assert role() is None
    standin.groups = [FACTS[key][2]]
    an_hour_later()

    assert role() == "Operator"


def test_nothing_is_asked_before_the_hour_or_where_there_is_no_rule(
    client: Client, github: GitHub, rule: Callable[..., None]
) -> None:
    sign_in(client, "github")
    github.asked.clear()
    an_hour_later()
    assert github.asked == []

    rule("team", "fjordbank/platform")
    an_hour_later()
    assert LISTS["github"] in github.asked
    github.asked.clear()
    asyncio.run(tend_tokens(timestamp=0))
    assert github.asked == []


def test_while_a_directory_is_away_roles_stay_and_it_is_asked_ever_more_rarely(
    client: Client, standin: Standin, ruled: None, key: str
) -> None:
    sign_in(client, key)
    lines = Entry.objects.count()
    standin.groups = [f"fjordbank/{n}" for n in range(4)]
    standin.faults = {LISTS[key]: 503}
    for _ in range(3):
        an_hour_later()
    known = DirectoryFacts.objects.get()

    assert (role(), Entry.objects.count(), known.failures) == ("Operator", lines, 3)
    assert known.facts["teams"] or known.facts["groups"]  # as last told
    assert 230 < (known.ask_at - timezone.now()).total_seconds() <= 240

    standin.faults = {}
    an_hour_later()
    assert (role(), DirectoryFacts.objects.get().failures) == (None, 0)


def test_a_token_that_cannot_be_renewed_and_is_dead_asks_to_sign_in_again(
    client: Client, github: GitHub, rule: Callable[..., None]
) -> None:
    """Those of GitHub's OAuth apps have no end; the person has taken back what they allowed."""
    rule("team", "fjordbank/platform", "Operator")
    github.groups = ["fjordbank/platform"]
    sign_in(client, "github")
    github.end_all()
    an_hour_later()

    assert not ProviderToken.objects.exists()
    assert Entry.objects.filter(verb="grant.refused").count() == 1
    assert client.get("/").status_code == 302
    assert role() == "Operator"  # it comes back with them, or goes at that sign-in


def test_a_dead_refresh_token_asks_to_sign_in_again(client: Client, standin: Standin, ruled: None, key: str) -> None:
    sign_in(client, key)
    standin.end_all()
    an_hour_later()

    assert Entry.objects.filter(verb="grant.refused").count() == 1
    assert client.get("/").status_code == 302


def test_who_is_signed_in_nowhere_is_not_asked_about(client: Client, github: GitHub, rule: Callable[..., None]) -> None:
    rule("team", "fjordbank/platform")
    sign_in(client, "github")
    client.post("/accounts/logout/")
    github.asked.clear()
    an_hour_later()

    assert LISTS["github"] not in github.asked


def test_only_who_spoke_last_is_asked_again(
    client: Client, github: GitHub, entra: Entra, rule: Callable[..., None], settings: Any
) -> None:
    """Roles went by what it said; another provider of the same person would take them."""
    settings.FIRST_ROLE = "Viewer"
    rule("team", "fjordbank/platform", provider="github")
    github.groups = ["fjordbank/platform"]
    sign_in(client, "entra")
    sign_in(client, "github", process="connect")
    sign_in(Client(), "github")
    assert role() == "Operator"
    entra.asked.clear()
    an_hour_later()

    assert role() == "Operator"
    assert LISTS["entra"] not in entra.asked


def test_a_sign_in_meanwhile_is_newer_than_what_was_asked_before(
    client: Client, github: GitHub, rule: Callable[..., None]
) -> None:
    rule("team", "fjordbank/platform")
    sign_in(client, "github")
    before = DirectoryFacts.objects.get()
    github.groups = ["fjordbank/platform"]
    sign_in(Client(), "github")

    assert not actions.follow_directory(before.pk, before.at, Facts(provider="github", uid="583231"))
    assert role() == "Operator"


def test_who_was_let_in_by_a_member_is_left_alone_between_sign_ins_too(
    client: Client, github: GitHub, rule: Callable[..., None], admin: Membership
) -> None:
    sign_in(client, "github")
    pilot = Pilot.objects.get(identities__isnull=False)
    grant_role(pilot, "Viewer", actor=admin)
    rule("team", "fjordbank/platform")
    an_hour_later()

    member = Membership.objects.get(pilot=pilot)
    assert (member.role_name, member.origin, member.ended_at) == ("Viewer", Origin.HAND, None)


def test_a_claim_of_an_issuer_that_is_gone_takes_the_role_within_the_hour(
    client: Client, oidc: str, rule: Callable[..., None]
) -> None:
    """By userinfo, with the renewed token. What only the ID token told is told again by the next one."""
    rule("group", "Operators")
    client.get(at_issuer(leave(client, "oidc")))
    assert role() == "Operator"
    an_hour_later()
    assert role() == "Operator"

    rule("claim", "groups = Captains")
    an_hour_later()
    assert role() is None
