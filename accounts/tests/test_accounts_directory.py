"""What a directory says of a person, and the roles that follow: pure, then done to a member."""

import msgspec
import pytest
from django.core.management import CommandError, call_command

from accounts import actions
from accounts.directory import (
    Facts,
    Rule,
    facts_of_entra,
    facts_of_github,
    facts_of_google,
    facts_of_oidc,
    roles_for,
)
from accounts.models import DirectoryFacts, Membership, Origin
from accounts.queries import organizations_for, preview_of_rules, rules_of, system_of
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, Refusal

GITHUB = facts_of_github(
    {"id": 583231, "login": "rita-example", "name": "Rita Example", "email": None},
    [{"login": "Acme", "id": 1}],
    [{"slug": "research", "organization": {"login": "Acme"}}, {"slug": "all", "organization": {"login": "Acme"}}],
    mail="rita@acme.example",
)
ENTRA_CLAIMS = {
    "aud": "6731de76",
    "iss": "https://login.microsoftonline.com/9122/v2.0",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "tid": "9122",
    "preferred_username": "rita@acme.example",
    "roles": ["Approver"],
    "groups": ["c5038c6f-c5ac-44d5-93f5-04ec697d62dc"],
    "nonce": "123523",
}


def rule(looks_at, value, role="Viewer", platform="", provider="any", number=1):
    return Rule(number, provider, looks_at, value, role, platform)


@pytest.mark.parametrize(
    "looks_at, value",
    [
        ("organization", "acme"),
        ("team", "acme/RESEARCH"),
        ("domain", "acme.example"),
        ("person", "github:rita-example"),
        ("person", "rita@acme.example"),
    ],
)
def test_what_github_says_fits(looks_at, value):
    assert roles_for([rule(looks_at, value, provider="github")], GITHUB).everywhere.role == "Viewer"
    assert not roles_for([rule(looks_at, value, provider="entra")], GITHUB)


def test_what_github_does_not_say_does_not_fit():
    others = [
        rule("organization", "acme-labs"),
        rule("team", "acme/admins"),
        rule("domain", "example"),
        rule("scope", ""),
    ]

    assert not roles_for(others, GITHUB)


def test_what_entra_says_fits_and_the_tokens_own_claims_are_not_kept():
    facts = facts_of_entra(ENTRA_CLAIMS)

    assert (facts.public_id, facts.uid) == ("entra:rita@acme.example", ENTRA_CLAIMS["oid"])
    assert facts.mail == facts.domain == ""  # a name in the tenant is no proof of an address
    assert roles_for([rule("app_role", "Approver")], facts)
    assert roles_for([rule("group", "C5038C6F-c5ac-44d5-93f5-04ec697d62dc")], facts)
    assert not {"nonce", "aud", "iss"} & set(facts.claims)


def test_groups_that_entra_left_out_are_asked_for_and_never_taken_for_none():
    claims = {**ENTRA_CLAIMS, "_claim_names": {"groups": "src1"}}
    del claims["groups"]

    with pytest.raises(Refusal, match="asked of Graph"):
        facts_of_entra(claims)
    assert facts_of_entra(claims, [{"id": "g-1", "displayName": "Research"}]).groups == ("g-1",)


def test_what_google_says_fits_and_the_domain_is_the_workspaces():
    claims = {"sub": "1101", "email": "rita@gmail.example", "email_verified": True}
    workspace = facts_of_google(claims | {"hd": "acme.example"}, [{"email": "research@acme.example"}])

    assert roles_for([rule("domain", "acme.example")], workspace)
    assert roles_for([rule("group", "Research@acme.example")], workspace)
    assert not roles_for([rule("domain", "gmail.example")], facts_of_google(claims))


def test_any_claim_and_any_scope_of_an_openid_provider_fit():
    claims = {
        "sub": "f:1:rita",
        "preferred_username": "rita",
        "email": "rita@acme.example",
        "email_verified": False,
        "realm_access": {"roles": ["admin", "offline_access"]},
        "https://acme.example/roles": ["lead"],
        "on_call": True,
        "level": 3,
    }
    facts = facts_of_oidc(claims, "openid chameleon:decide")

    for value in ("realm_access.roles = admin", "https://acme.example/roles=lead", "on_call = true", "level = 3"):
        assert roles_for([rule("claim", value)], facts), value
    for value in ("realm_access = admin", "realm_access.roles = adm", "sub.x = 1", "missing = None", "on_call = True"):
        assert not roles_for([rule("claim", value)], facts), value
    assert roles_for([rule("scope", "chameleon:decide")], facts)
    assert not roles_for([rule("person", "rita@acme.example")], facts)  # not verified


def test_the_first_rule_that_fits_decides_once_for_everywhere_and_once_for_each_platform():
    rules = [
        rule("team", "acme/research", "Operator", "lab", number=1),
        rule("organization", "acme", "Viewer", number=2),
        rule("organization", "acme", "Admin", number=3),
        rule("organization", "acme", "Viewer", "lab", number=4),
    ]
    outcome = roles_for(rules, GITHUB)

    assert (outcome.everywhere.role, outcome.everywhere.rule.number) == ("Viewer", 2)
    assert {slug: (given.role, given.rule.number) for slug, given in outcome.on.items()} == {"lab": ("Operator", 1)}
    assert outcome.everywhere.fact == "organization Acme"


def test_facts_are_bounded_and_what_cannot_be_kept_is_left_out():
    claims = {
        "sub": "1",
        "big": "x" * 20_000,
        "nul": "a\x00b",
        "half": "\ud800",
        "groups": [f"g{n}" for n in range(9_000)],
    }
    facts = facts_of_oidc(claims)

    assert set(facts.claims) == {"sub", "groups"}
    assert len(facts.groups) == len(facts.claims["groups"]) == 2_000
    assert msgspec.convert(msgspec.to_builtins(facts), Facts) == facts


# Done to a member


@pytest.fixture
def system(organization):
    return system_of(organization.pk)


@pytest.fixture
def lab(max):
    return actions.create_platform("lab", "Laboratory", actor=max)


@pytest.fixture
def rita(system):
    return actions.create_pilot("rita", actor=system, name="Rita Example")


@pytest.fixture
def in_force(max, lab):
    return actions.set_rules(
        [rule("team", "acme/research", "Operator", "lab"), rule("organization", "acme", "Viewer")], actor=max
    )


def membership_of(pilot):
    return Membership.objects.acting().filter(pilot=pilot).first()


def test_a_sign_in_gives_what_the_rules_give_and_the_ledger_says_why(rita, system, in_force, lab):
    actions.apply_directory(rita, GITHUB, actor=system)

    member = membership_of(rita)
    assert (member.role_name, member.role_at(lab.pk), member.origin) == ("Viewer", "Operator", Origin.DIRECTORY)
    granted, on = Entry.objects.filter(verb__startswith="membership.granted").order_by("-pk")[:2][::-1]
    assert granted.data["cause"] == on.data["cause"] == "directory"
    assert (granted.data["rule"], granted.data["fact"]) == ("2. any organization acme", "organization Acme")
    assert (on.verb, on.data["platform"]) == ("membership.granted_on", "lab")


def test_the_same_again_changes_nothing(rita, system, in_force):
    actions.apply_directory(rita, GITHUB, actor=system)
    before = Entry.objects.count()
    actions.apply_directory(rita, GITHUB, actor=system)

    assert Entry.objects.count() == before


def test_a_team_left_takes_the_role_on_the_platform_and_an_organization_left_the_membership(
    rita, system, in_force, lab
):
    actions.apply_directory(rita, GITHUB, actor=system)
    actions.apply_directory(rita, msgspec.structs.replace(GITHUB, teams=()), actor=system)
    assert membership_of(rita).role_at(lab.pk) == "Viewer"

    actions.apply_directory(rita, msgspec.structs.replace(GITHUB, teams=(), organizations=()), actor=system)
    assert membership_of(rita) is None
    line = Entry.objects.latest("pk")
    assert (line.verb, line.data["cause"]) == ("membership.ended", "directory")


def test_a_role_on_a_platform_alone_gives_nothing_elsewhere(rita, system, max, lab):
    actions.set_rules([rule("team", "acme/research", "Operator", "lab")], actor=max)
    actions.apply_directory(rita, GITHUB, actor=system)

    member = membership_of(rita)
    assert (member.role_name, member.role_at(lab.pk)) == ("Limited", "Operator")


def test_who_was_let_in_by_a_member_stays_as_they_are_unless_a_rule_names_them(rita, system, max, in_force):
    actions.grant_role(rita, "Admin", actor=max)
    actions.apply_directory(rita, GITHUB, actor=system)
    assert membership_of(rita).role_name == "Admin"

    actions.set_rules([rule("person", "GITHUB:rita-example", "Operator")], actor=max)
    actions.apply_directory(rita, GITHUB, actor=system)
    assert (membership_of(rita).role_name, membership_of(rita).origin) == ("Operator", Origin.DIRECTORY)


def test_the_role_of_a_first_sign_in_gives_way_to_a_rule_and_stays_without_one(rita, system, max, in_force):
    actions.grant_role(rita, "Operator", actor=system, origin=Origin.ARRIVAL)
    actions.apply_directory(rita, msgspec.structs.replace(GITHUB, organizations=(), teams=()), actor=system)
    assert membership_of(rita).role_name == "Operator"

    actions.apply_directory(rita, GITHUB, actor=system)
    assert (membership_of(rita).role_name, membership_of(rita).origin) == ("Viewer", Origin.DIRECTORY)


def test_where_the_last_rule_is_gone_the_directory_is_still_asked_about_those_it_let_in(
    rita, bo, system, max, in_force
):
    assert organizations_for(bo.pilot) == [max.organization]
    actions.apply_directory(rita, GITHUB, actor=system)
    actions.set_rules([], actor=max)

    assert organizations_for(rita) == [max.organization]
    assert organizations_for(bo.pilot) == []
    actions.apply_directory(rita, GITHUB, actor=system)
    assert membership_of(rita) is None


def test_whom_a_member_has_let_go_the_directory_does_not_let_back_in(rita, system, max, in_force):
    actions.apply_directory(rita, GITHUB, actor=system)
    actions.end_membership(membership_of(rita), actor=max)
    actions.apply_directory(rita, GITHUB, actor=system)

    assert membership_of(rita) is None


def test_whom_no_rule_let_in_and_none_fits_stays_out(rita, system, in_force):
    outcome = actions.apply_directory(rita, msgspec.structs.replace(GITHUB, organizations=(), teams=()), actor=system)

    assert not outcome
    assert membership_of(rita) is None


def test_the_last_who_manages_members_stays_and_a_line_says_so(organization, system, rita):
    actions.set_rules([rule("organization", "acme", "Admin")], actor=system)
    actions.apply_directory(rita, GITHUB, actor=system)
    actions.apply_directory(rita, msgspec.structs.replace(GITHUB, organizations=()), actor=system)

    assert membership_of(rita).role_name == "Admin"
    assert Entry.objects.latest("pk").verb == "membership.kept"


def test_what_was_said_last_is_kept_for_the_preview(rita, system, in_force, max):
    actions.note_facts(rita, GITHUB)
    actions.apply_directory(rita, GITHUB, actor=system)
    (kept,) = DirectoryFacts.objects.filter(pilot=rita)
    assert msgspec.convert(kept.facts, Facts) == GITHUB

    (change,) = preview_of_rules(max, [rule("organization", "acme", "Operator")])
    assert (change.name, change.now, change.then, change.why) == (
        "Rita Example",
        "Viewer; Operator @ lab",
        "Operator",
        "1. any organization acme",
    )
    (gone,) = preview_of_rules(max, [])
    assert (gone.then, gone.is_change) == (None, True)
    (same,) = preview_of_rules(max)
    assert not same.is_change


def test_a_preview_tells_nobody_of_another_organizations_people(rita, system, in_force, cy):
    actions.note_facts(rita, GITHUB)
    actions.apply_directory(rita, GITHUB, actor=system)

    assert preview_of_rules(cy, [rule("organization", "acme", "Operator")]) == []


def test_a_rule_says_what_is_wrong_with_it_and_none_is_kept(max, lab):
    for wrong, why in (
        (rule("team", "research"), "organization/team"),
        (rule("claim", "groups"), "path = value"),
        (rule("group", " "), "what it looks for"),
        (rule("group", "x", role="Nobody such"), "no role"),
        (rule("group", "x", platform="nowhere"), "no platform"),
        (rule("hair", "x"), "looks_at"),
    ):
        with pytest.raises(BadInput, match=why):
            actions.set_rules([rule("group", "fine"), wrong], actor=max)
    assert rules_of(max.organization_id) == []


def test_nobody_writes_a_rule_that_gives_more_than_they_have(max, bo):
    actions.make_role("Doorkeeper", ["accounts.manage_members", "accounts.view_membership"], actor=max)
    keeper = actions.grant_role(bo.pilot, "Doorkeeper", actor=max)

    with pytest.raises(NotAllowed, match="do not have yourself"):
        actions.set_rules([rule("group", "x", "Admin")], actor=keeper)
    with pytest.raises(NotAllowed, match="do not have yourself"):
        actions.grant_role(bo.pilot, "Admin", actor=keeper)
    assert actions.set_rules([rule("group", "x", "Doorkeeper")], actor=keeper)


def test_rules_go_out_and_come_in_as_a_file(in_force, max, tmp_path, capsys):
    file = tmp_path / "rules.toml"
    where = ["--organization", "fjordbank"]
    call_command("roles", "rules", "export", str(file), *where)
    actions.set_rules([], actor=max)
    call_command("roles", "rules", "import", str(file), "--dry-run", *where)
    assert rules_of(max.organization_id) == []
    call_command("roles", "rules", "import", str(file), *where)

    assert [(one.looks_at, one.platform) for one in rules_of(max.organization_id)] == [
        ("team", "lab"),
        ("organization", ""),
    ]
    file.write_text("[[rule]]\nlooks_at = 3\n")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("roles", "rules", "import", str(file), *where)
