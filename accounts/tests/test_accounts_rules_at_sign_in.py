"""The rules of a directory as somebody signs in through a provider, and whatever else may be true of that person."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group

from accounts import actions, directory
from accounts.actions import Facts, arrive
from accounts.directory import Rule
from accounts.models import Absence, ApiKey, DirectoryFacts, Invitation, Membership, Origin, Pilot
from accounts.queries import default_platform_of, lacks_factor, preview_of_rules, system_of
from audit.models import Entry
from kit.errors import NotAllowed, NotThere, Refusal

RITA = Facts(
    provider="oidc",
    issuer="https://sso.acme.example",
    uid="f:1:rita",
    login="rita",
    name="Rita Example",
    emails=("rita@acme.example",),
    scopes=frozenset({"openid", "chameleon:decide"}),
    claims={"userinfo": {"sub": "f:1:rita", "groups": ["research"]}, "id_token": {"dept": "labs", "nonce": "n"}},
)
LEFT = replace(RITA, claims={"userinfo": {"sub": "f:1:rita", "groups": []}})


def rule(looks_at, value, role, platform="", provider="any"):
    return Rule(1, provider, looks_at, value, role, platform)


@pytest.fixture(autouse=True)
def _nobody_until_invited(settings):
    settings.FIRST_ROLE = "nobody"


@pytest.fixture
def system(max):
    return system_of(max.organization_id)


@pytest.fixture
def research(max):
    return actions.set_rules([rule("group", "research", "Operator")], actor=max)


def acting(pilot):
    return Membership.objects.acting().filter(pilot=pilot).first()


@pytest.mark.parametrize(
    "looks_at, value",
    [
        ("group", "research"),
        ("claim", "dept = labs"),
        ("scope", "chameleon:decide"),
        ("domain", "acme.example"),
        ("person", "rita@acme.example"),
        ("person", "oidc:rita"),
    ],
)
def test_what_the_provider_says_at_sign_in_gives_the_role(system, max, looks_at, value):
    actions.set_rules([rule(looks_at, value, "Operator", provider="oidc")], actor=max)
    pilot = arrive(RITA, actor=system).pilot

    assert (acting(pilot).role_name, acting(pilot).origin) == ("Operator", Origin.DIRECTORY)
    line = Entry.objects.get(verb="membership.granted", data__pilot="oidc:rita")
    assert (line.data["cause"], line.actor.is_system) == ("directory", True)


def test_an_address_that_the_provider_does_not_vouch_for_is_nobodys(system, max):
    actions.set_rules(
        [rule("domain", "acme.example", "Admin"), rule("person", "rita@acme.example", "Admin")], actor=max
    )
    claims = {"userinfo": {"sub": "f:1:rita", "email": "rita@acme.example", "email_verified": True}}
    pilot = arrive(replace(RITA, emails=(), claims=claims), actor=system).pilot

    assert acting(pilot) is None


def test_what_was_said_is_kept_where_there_is_no_rule_yet_and_tried_on_members(system, max):
    pilot = arrive(RITA, actor=system).pilot
    assert DirectoryFacts.objects.get(pilot=pilot).facts["groups"] == ["research"]

    actions.grant_role(pilot, "Viewer", actor=system, origin=Origin.ARRIVAL)
    (change,) = preview_of_rules(max, [rule("group", "research", "Operator")])
    assert (change.now, change.then) == ("Viewer", "Operator")


def test_a_group_left_ends_the_membership_at_the_next_sign_in_with_all_that_hangs_on_it(system, max, research):
    actions.set_rules([rule("group", "research", "Admin")], actor=max)
    pilot = arrive(RITA, actor=system).pilot
    rita = acting(pilot)
    platform = default_platform_of(rita.organization_id)
    actions.create_key(rita, name="Mine", scopes=["read"], actor=rita, platform=platform)
    actions.invite("Viewer", actor=rita)
    actions.grant_on_platform(rita, platform, "Viewer", actor=max)
    actions.set_absence(max, delegate=pilot.public_id, actor=max)
    arrive(LEFT, actor=system)

    assert acting(pilot) is None
    assert ApiKey.objects.get().revoked_at is not None
    assert Invitation.objects.get().withdrawn_at is not None
    assert not rita.platform_roles.exists()
    assert Absence.objects.get().delegate is None
    line = Entry.objects.filter(verb="membership.ended").latest("pk")
    assert (line.data["cause"], line.data["provider"], line.data["member"]) == ("directory", "oidc", "Rita Example")


def test_the_rules_of_every_organization_are_asked(system, max, cy, research):
    actions.set_rules([rule("group", "research", "Viewer")], actor=cy)
    pilot = arrive(RITA, actor=system).pilot

    held = Membership.objects.filter(pilot=pilot, ended_at=None).values_list("organization", "role__name")
    assert set(held) == {(max.organization_id, "Operator"), (cy.organization_id, "Viewer")}


def test_the_role_of_a_first_sign_in_gives_way_to_the_rules(system, settings, research):
    settings.FIRST_ROLE = "Viewer"
    pilot = arrive(RITA, actor=system).pilot
    assert acting(pilot).role_name == "Operator"

    other = arrive(replace(LEFT, uid="2", login="rob", emails=(), claims={}), actor=system).pilot
    assert (acting(other).role_name, acting(other).origin) == ("Viewer", Origin.ARRIVAL)


def test_the_role_of_a_first_sign_in_is_one_of_that_organization(system, settings, max, cy):
    actions.make_role("Theirs", ["work.view_unit"], actor=cy)
    actions.make_role("Ours", ["work.view_unit"], actor=max)
    settings.FIRST_ROLE = "Theirs"
    with pytest.raises(Refusal, match="no role"):
        arrive(RITA, actor=system)

    settings.FIRST_ROLE = "Ours"
    assert acting(arrive(RITA, actor=system).pilot).role_name == "Ours"


def test_who_is_switched_off_gets_nothing_from_the_directory(system, max):
    pilot = arrive(RITA, actor=system).pilot
    Pilot.objects.filter(pk=pilot.pk).update(is_active=False)
    actions.set_rules([rule("group", "research", "Operator")], actor=max)
    arrive(RITA, actor=system)

    assert not Membership.objects.filter(pilot=pilot).exists()


# Visits


@pytest.fixture
def visiting(system, max, root):
    def visit():
        made = actions.enter(max.organization_id, pilot=root, role="Viewer", reason="They asked for help.")
        return Membership.objects.acting().get(pk=made.pk)

    return visit


def apply(pilot, system, told=RITA):

    return actions.apply_directory(pilot, directory.facts_as_told(told.provider, told.uid, told.claims), actor=system)


def test_a_visit_is_neither_ended_nor_made_to_stay_by_the_directory(system, root, research, visiting, max):
    apply(root, system)
    assert acting(root).origin == Origin.DIRECTORY
    apply(root, system, LEFT)
    visitor = visiting()
    for told in (LEFT, RITA):
        apply(root, system, told)
        assert acting(root).until == visitor.until

    actions.note_facts(root, directory.Facts(provider="oidc", uid="1"))
    assert [one.why for one in preview_of_rules(max)] == ["on a visit; the rules leave it"]


def test_who_was_only_ever_on_a_visit_may_become_a_member_by_the_directory(system, root, research, visiting):
    assert visiting().origin == Origin.VISIT
    actions.end_visit(actor=acting(root))
    apply(root, system)

    assert (acting(root).role_name, acting(root).is_visit) == ("Operator", False)


def test_a_visit_has_no_role_on_a_platform_and_a_member_made_of_it_may(system, max, visiting):
    visitor = visiting()
    platform = default_platform_of(max.organization_id)
    with pytest.raises(Refusal, match="on a visit"):
        actions.grant_on_platform(visitor, platform, "Operator", actor=max)

    made = actions.set_roles(visitor, "Viewer", {platform.slug: "Operator"}, actor=max)
    assert (made.is_visit, acting(made.pilot).role_at(platform.pk)) == (False, "Operator")


# Roles that an organization makes, wherever a role is given or asked for


@pytest.fixture
def watch(max):
    return actions.make_role("Night watch", ["work.view_unit", "interventions.view_intervention"], actor=max)


def test_an_own_role_is_invited_to_by_its_title_and_told_by_it(max, watch, client_of):
    page = client_of(max).post("/members/invitations", {"role": "Night watch", "days": "7"})
    assert "becomes Night watch" in page.text
    assert f"{max.organization_id}:Night" not in page.text

    invitation, secret = actions.invite("Night watch", actor=max)
    joined = actions.join(invitation.digest, actions.create_pilot("wim", actor=max))
    assert secret
    assert (joined.role_name, joined.origin) == ("Night watch", Origin.HAND)


def test_an_own_role_of_another_organization_is_no_role_here(max, cy, watch):
    for deed in (
        lambda: actions.invite("Night watch", actor=cy),
        lambda: actions.invite(watch.group.name, actor=cy),
        lambda: actions.grant_role(cy.pilot, watch.group.name, actor=cy),
    ):
        with pytest.raises(NotThere):
            deed()


def test_a_role_that_an_invitation_gives_is_not_removed_and_one_that_was_used_does_not_stand_in_the_way(max, watch):
    invitation, _secret = actions.invite("Night watch", actor=max)
    with pytest.raises(Refusal, match="Withdraw it first"):
        actions.remove_role(watch.pk, actor=max)

    actions.withdraw_invitation(invitation.pk, actor=max)
    actions.remove_role(watch.pk, actor=max)
    assert not Group.objects.filter(name__endswith="Night watch").exists()


def test_whoever_invites_can_give_no_more_than_their_own_role_has(max, bo):
    actions.make_role("Doorkeeper", ["accounts.manage_members", "accounts.view_membership"], actor=max)
    keeper = actions.grant_role(bo.pilot, "Doorkeeper", actor=max)

    with pytest.raises(NotAllowed, match="do not have yourself"):
        actions.invite("Operator", actor=keeper)
    assert actions.invite("Doorkeeper", actor=keeper)


def test_the_last_who_manages_members_is_known_by_the_power_and_not_by_the_name(max, bo):
    actions.make_role("Doorkeeper", ["accounts.manage_members", "accounts.view_membership"], actor=max)
    keeper = actions.grant_role(bo.pilot, "Doorkeeper", actor=max)
    actions.leave(actor=max)

    with pytest.raises(Refusal, match="Nobody else manages"):
        actions.leave(actor=keeper)


def test_a_second_factor_is_asked_of_own_roles_and_of_roles_on_a_platform(max, bo, watch):

    platform = default_platform_of(max.organization_id)
    actions.change_organization(actor=max, name="Fjordbank", rearm_by_two=False, second_factor_roles=["Night watch"])
    assert not lacks_factor(acting(bo.pilot))
    actions.grant_on_platform(acting(bo.pilot), platform, "Night watch", actor=max)
    assert lacks_factor(acting(bo.pilot))
    actions.set_roles(acting(bo.pilot), "Night watch", {}, actor=max)
    assert lacks_factor(acting(bo.pilot))
