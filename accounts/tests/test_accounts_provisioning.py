"""A directory's people and groups as Admins, rules and commands see them."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from accounts import actions
from accounts.directory import Rule
from accounts.models import Membership, ToldGroup, ToldUser
from accounts.proof import Proof, StaleProof
from accounts.queries import preview_of_rules, provisioning_page, system_of
from kit.errors import BadInput, NotAllowed, NotThere

RITA = actions.Facts(
    provider="oidc", issuer="https://sso.fjordbank.example", uid="7", login="rita", emails=("rita@fjordbank.example",)
)
TOLD = ToldUser("rita@fjordbank.example", "7", addresses=("rita@fjordbank.example",), details={"displayName": "Rita"})


@pytest.fixture(autouse=True)
def _nobody_until_invited(settings):
    settings.FIRST_ROLE = "nobody"


@pytest.fixture
def pilots(max):
    rita = actions.provision_user(TOLD, actor=max)
    return actions.provision_group(ToldGroup("Pilots", members=frozenset({rita.pk})), actor=max)


def rule(value: str, role: str) -> Rule:
    return Rule(1, "scim", "group", value, role)


def test_an_admin_makes_a_token_that_is_shown_once_and_sees_who_was_told_of(max, client_of, pilots, settings):
    settings.BASE_URL = "https://chameleon.example"
    browser = client_of(max)
    made = browser.post("/settings/provisioning").text
    assert "https://chameleon.example/scim/v2" in made
    assert 'id="made-token"' in made
    again = browser.get("/settings/provisioning").text

    assert 'id="made-token"' not in again
    assert all(words in again for words in ("Rita", "not signed in yet", "Pilots", "1 person", "no call yet"))


@pytest.mark.parametrize("person", ["vi", "ada"])
def test_the_page_is_for_those_who_manage_members(request, client_of, person):
    member = request.getfixturevalue(person)
    assert client_of(member).get("/settings/provisioning").status_code == 403
    with pytest.raises(NotAllowed):
        actions.make_provisioning_key(actor=member)


def test_a_token_is_made_by_who_has_lately_shown_who_they_are(max):
    max.proof = Proof("password", 0.0)
    with pytest.raises(StaleProof):
        actions.make_provisioning_key(actor=max)


def test_the_page_of_one_organization_tells_of_no_other(cy, pilots):
    page = provisioning_page(cy)

    assert (page.total, list(page.people), list(page.groups), list(page.keys)) == (0, [], [], [])


def test_the_preview_counts_what_scim_says_before_and_after_the_first_sign_in(max, pilots):
    (change,) = preview_of_rules(max, [rule("Pilots", "Operator")])
    assert (change.name, change.now, change.then) == ("Rita", None, "Operator")
    actions.set_rules([rule("Pilots", "Viewer")], actor=max)
    actions.arrive(RITA, actor=system_of(max.organization_id))
    (change,) = preview_of_rules(max, [rule("Pilots", "Operator")])
    assert (change.now, change.then, change.why) == ("Viewer", "Operator", "1. scim group Pilots")
    actions.change_user(next(iter(pilots.members.all())).pk, lambda _was: TOLD_OFF, actor=max)
    (change,) = preview_of_rules(max)

    assert (change.now, change.then, change.why) == (None, None, "switched off by the directory")


TOLD_OFF = ToldUser("rita@fjordbank.example", "7", active=False)


def test_a_group_holds_its_own_organizations_people_and_not_too_many(max, cy, pilots, monkeypatch):
    stranger = actions.provision_user(ToldUser("stranger"), actor=cy)
    with pytest.raises(BadInput, match="there is no user"):
        actions.change_group(pilots.pk, lambda _was: ToldGroup("P", members=frozenset({stranger.pk})), actor=max)
    monkeypatch.setattr("accounts.actions.provisioned_groups.MOST_MEMBERS", 0)
    with pytest.raises(BadInput, match="at most"):
        actions.provision_group(ToldGroup("Q", members=frozenset(one.pk for one in pilots.members.all())), actor=max)
    with pytest.raises(NotThere):
        actions.remove_group(pilots.pk, actor=cy)


def test_whom_the_directory_removed_no_rule_lets_in_again(max, pilots):
    actions.set_rules([Rule(1, "oidc", "domain", "fjordbank.example", "Operator")], actor=max)
    system = system_of(max.organization_id)
    pilot = actions.arrive(RITA, actor=system).pilot
    assert Membership.objects.acting().filter(pilot=pilot).exists()
    actions.remove_user(next(iter(pilots.members.all())).pk, actor=max)
    actions.arrive(RITA, actor=system)
    assert not Membership.objects.acting().filter(pilot=pilot).exists()
    actions.provision_user(TOLD, actor=max)

    assert Membership.objects.acting().filter(pilot=pilot).exists()


def test_the_command_tells_who_is_provisioned(max, pilots):
    told = StringIO()
    call_command("pilots", "list", "--provisioned", "--json", stdout=told)
    (line,) = json.loads(told.getvalue())
    assert (line["user_name"], line["pilot"], line["groups"]) == ("rita@fjordbank.example", None, "Pilots")
    actions.arrive(RITA, actor=system_of(max.organization_id))
    told = StringIO()
    call_command("pilots", "list", "rita", "--json", stdout=told)
    (line,) = json.loads(told.getvalue())

    assert (line["user"], line["provisioned"]) == ("oidc:rita", 1)
