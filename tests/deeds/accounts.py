"""What is done to organizations, pilots, memberships and keys."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts import actions as accounts
from accounts.directory import Facts, Rule
from accounts.models import Grant, ProviderToken, RefreshToken, ToldGroup, ToldUser
from accounts.queries import default_platform_of
from kit.errors import NotAllowed, NotThere, Refusal
from tests.deeds.case import Case, Cast, Deed


def an_absence(cast: Cast) -> Deed:
    accounts.set_absence(cast.ada, actor=cast.ada)
    return lambda actor: accounts.end_absence(cast.ada, actor=actor)


def a_role(cast: Cast) -> Deed:
    role = accounts.make_role("Researcher", ["work.view_unit"], actor=cast.max)
    return lambda actor: accounts.change_role(role.pk, powers=["work.view_unit", "audit.view_entry"], actor=actor)


def a_role_nobody_has(cast: Cast) -> Deed:
    role = accounts.make_role("Researcher", ["work.view_unit"], actor=cast.max)
    return lambda actor: accounts.remove_role(role.pk, actor=actor)


def a_role_on_a_platform(cast: Cast) -> Deed:
    platform = default_platform_of(cast.sys.organization_id)
    accounts.grant_on_platform(cast.bo, platform, "Viewer", actor=cast.max)
    return lambda actor: accounts.revoke_on_platform(cast.bo, platform, actor=actor)


def a_told_user(cast: Cast) -> Any:
    return accounts.provision_user(ToldUser("rita@fjordbank.example"), actor=cast.max)


def a_told_group(cast: Cast) -> Any:
    return accounts.provision_group(ToldGroup("Pilots"), actor=cast.max)


def another_name(cast: Cast) -> Deed:
    pk = a_told_user(cast).pk
    return lambda actor: accounts.change_user(
        pk, lambda was: replace(was, user_name="r@fjordbank.example"), actor=actor
    )


def a_removal(cast: Cast) -> Deed:
    pk = a_told_user(cast).pk
    return lambda actor: accounts.remove_user(pk, actor=actor)


def another_group_name(cast: Cast) -> Deed:
    pk = a_told_group(cast).pk
    return lambda actor: accounts.change_group(pk, lambda was: replace(was, name="Everybody"), actor=actor)


def a_groups_removal(cast: Cast) -> Deed:
    pk = a_told_group(cast).pk
    return lambda actor: accounts.remove_group(pk, actor=actor)


def somebody_in_the_directory(cast: Cast) -> Deed:
    pilot = accounts.create_pilot("rita", actor=cast.max)
    accounts.set_rules([RULE], actor=cast.max)
    facts = Facts(provider="github", uid="1", organizations=("acme",))
    return lambda actor: accounts.apply_directory(pilot, facts, actor=actor)


RULE = Rule(1, "any", "organization", "acme", "Viewer")


def a_session(cast: Cast) -> Deed:
    browser = Client()
    browser.force_login(cast.ada.pilot, backend="django.contrib.auth.backends.ModelBackend")
    return lambda actor: accounts.end_sessions([browser.session.session_key or ""], actor=actor)


def a_new_key(cast: Cast) -> Deed:
    platform = default_platform_of(cast.sys.organization_id)
    return lambda actor: accounts.create_key(cast.sys, name="CI", scopes=["read"], actor=actor, platform=platform)


def a_key(cast: Cast) -> Deed:
    key, _text = a_new_key(cast)(cast.max)
    return lambda actor: accounts.revoke_key(key.pk, actor=actor)


def an_invitation(cast: Cast) -> int:
    invitation, _secret = accounts.invite("Viewer", actor=cast.max)
    return invitation.pk


def a_renewal(cast: Cast) -> Deed:
    pk = an_invitation(cast)
    return lambda actor: accounts.renew_invitation(pk, actor=actor)


def a_withdrawal(cast: Cast) -> Deed:
    pk = an_invitation(cast)
    return lambda actor: accounts.withdraw_invitation(pk, actor=actor)


def a_visit(cast: Cast) -> Deed:
    """Bo is here for a while only: what a platform administrator is after entering."""
    cast.bo.until = timezone.now() + timedelta(hours=1)
    return lambda actor: accounts.end_visit(actor=actor)


def a_rotation(cast: Cast) -> Deed:
    key, _text = a_new_key(cast)(cast.max)
    return lambda actor: accounts.rotate_key(key.pk, overlap=timedelta(days=1), actor=actor)


def a_refused_address(cast: Cast) -> Deed:
    key, _text = a_new_key(cast)(cast.max)
    return lambda actor: accounts.note_refused_address(key.pk, address="203.0.113.9", actor=actor)


def a_token(cast: Cast) -> Deed:
    issued = accounts.issue_tokens(actor=cast.ada)
    return lambda actor: accounts.revoke_tokens(issued.family.pk, actor=actor)


def a_replay(cast: Cast) -> Deed:
    issued = accounts.issue_tokens(actor=cast.ada)
    accounts.refresh_tokens(issued.refresh, actor=cast.ada)
    RefreshToken.objects.exclude(used_at=None).update(used_at=timezone.now() - timedelta(minutes=1))
    return lambda actor: accounts.refresh_tokens(issued.refresh, actor=actor)


TOKENS = {"accounts.key", "accounts.session"}

OCTOCAT = accounts.Facts(provider="github", issuer="https://github.com", uid="583231", login="octocat")


def a_way_in(cast: Cast) -> Deed:
    """Besides a password: the last one stays."""
    cast.ada.pilot.set_password("correct horse battery")
    cast.ada.pilot.save()
    first = accounts.connect_identity(OCTOCAT, actor=cast.ada)
    return lambda actor: accounts.disconnect_identity(first.pk, actor=actor)


def a_grant(cast: Cast) -> ProviderToken:
    browser = Client()
    browser.force_login(cast.ada.pilot, backend="accounts.backends.ProviderBackend")
    identity = accounts.connect_identity(OCTOCAT, actor=cast.ada, grant=Grant("access", "refresh"))
    session = browser.session
    session[accounts.CAME_BY] = identity.pk
    session.save()
    return identity.token


def a_dead_token(cast: Cast) -> Deed:
    token = a_grant(cast)
    return lambda actor: accounts.refuse_renewal(token.pk, token.version, actor=actor)


def a_token_to_drop(cast: Cast) -> Deed:
    token = a_grant(cast)
    return lambda actor: accounts.drop_token(token.pk, token.version, actor=actor, confirmed=True)


def a_lost_factor(cast: Cast) -> Deed:
    cast.bo.pilot.authenticator_set.create(type="totp", data={"secret": "sealed"})
    return lambda actor: accounts.reset_factors(cast.bo.pilot, actor=actor)


CASES = {
    ("accounts", "invite"): Case(
        lambda cast: lambda actor: accounts.invite("Viewer", actor=actor),
        ["member.invited"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "renew_invitation"): Case(a_renewal, ["invitation.renewed"], set(), actor="max"),
    ("accounts", "withdraw_invitation"): Case(a_withdrawal, ["invitation.withdrawn"], set(), actor="max"),
    ("accounts", "leave"): Case(
        lambda cast: lambda actor: accounts.leave(actor=actor),
        ["member.left"],
        {"accounts.membership"},
        viewer=None,
        stranger=None,
    ),
    ("accounts", "end_visit"): Case(
        a_visit, ["visit.ended"], {"accounts.membership"}, actor="bo", viewer=Refusal, stranger=Refusal
    ),
    ("accounts", "arrive"): Case(
        lambda cast: lambda actor: accounts.arrive(OCTOCAT, actor=actor),
        ["pilot.arrived", "membership.granted"],
        {"accounts.membership"},
        actor="system",
        stranger=NotAllowed,
    ),
    ("accounts", "connect_identity"): Case(
        lambda cast: lambda actor: accounts.connect_identity(OCTOCAT, actor=actor),
        ["pilot.connected"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("accounts", "disconnect_identity"): Case(
        a_way_in,
        ["pilot.disconnected"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("accounts", "refuse_renewal"): Case(
        a_dead_token,
        ["grant.refused"],
        {"accounts.session"},
        actor="system",
        stranger=NotAllowed,
    ),
    ("accounts", "drop_token"): Case(
        a_token_to_drop,
        ["grant.revoked"],
        set(),
        actor="system",
        stranger=NotAllowed,
    ),
    ("accounts", "reset_factors"): Case(a_lost_factor, ["factor.reset"], {"accounts.session"}, actor="max"),
    ("accounts", "create_platform"): Case(
        lambda cast: lambda actor: accounts.create_platform("ci", "CI", actor=actor),
        ["platform.created"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "set_preferences"): Case(
        lambda cast: lambda actor: accounts.set_preferences(actor=actor, theme="dark"),
        ["pilot.preferences_set"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("accounts", "change_organization"): Case(
        lambda cast: lambda actor: accounts.change_organization(actor=actor, name="Ours", rearm_by_two=True),
        ["organization.changed"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "end_sessions"): Case(
        a_session,
        ["session.ended"],
        {"accounts.session"},
        viewer=None,
        stranger=None,
    ),
    ("accounts", "note_factor_added"): Case(
        lambda cast: lambda actor: accounts.note_factor_added("totp", actor=actor),
        ["factor.added"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("accounts", "note_factor_removed"): Case(
        lambda cast: lambda actor: accounts.note_factor_removed("totp", actor=actor),
        ["factor.removed"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("accounts", "create_pilot"): Case(
        lambda cast: lambda actor: accounts.create_pilot("eve", actor=actor),
        ["pilot.created"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "set_retention"): Case(
        lambda cast: lambda actor: accounts.set_retention(actor=actor, keep_settled_days=90, keep_ledger_days=365),
        ["organization.retention_set"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "export_person"): Case(
        lambda cast: lambda actor: accounts.export_person(cast.bo, actor=actor),
        ["person.exported"],
        set(),
        actor="max",
    ),
    ("accounts", "erase_member"): Case(
        lambda cast: lambda actor: accounts.erase_member(cast.bo, actor=actor, reason="They asked for it."),
        ["pilot.erased"],
        {"accounts.membership", "accounts.session"},
        actor="max",
    ),
    ("accounts", "set_password"): Case(
        lambda cast: lambda actor: accounts.set_password(cast.bo.pilot, "correct horse battery", actor=actor),
        ["pilot.password_set"],
        {"accounts.session"},
        actor="max",
    ),
    ("accounts", "grant_role"): Case(
        lambda cast: lambda actor: accounts.grant_role(cast.bo.pilot, "Viewer", actor=actor),
        ["membership.granted"],
        {"accounts.membership"},
        actor="max",
        stranger=None,
    ),
    ("accounts", "end_membership"): Case(
        lambda cast: lambda actor: accounts.end_membership(cast.bo, actor=actor),
        ["membership.ended"],
        {"accounts.membership"},
        actor="max",
    ),
    ("accounts", "grant_on_platform"): Case(
        lambda cast: (
            lambda actor: accounts.grant_on_platform(
                cast.bo, default_platform_of(cast.bo.organization_id), "Viewer", actor=actor
            )
        ),
        ["membership.granted_on"],
        {"accounts.membership"},
        actor="max",
    ),
    ("accounts", "revoke_on_platform"): Case(
        a_role_on_a_platform, ["membership.revoked_on"], {"accounts.membership"}, actor="max"
    ),
    ("accounts", "set_roles"): Case(
        lambda cast: lambda actor: accounts.set_roles(cast.bo, "Viewer", {"api": "Operator"}, actor=actor),
        ["membership.granted", "membership.granted_on"],
        {"accounts.membership"},
        actor="max",
    ),
    ("accounts", "make_role"): Case(
        lambda cast: lambda actor: accounts.make_role("Researcher", ["work.view_unit"], actor=actor),
        ["role.made"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "change_role"): Case(a_role, ["role.changed"], set(), actor="max"),
    ("accounts", "remove_role"): Case(a_role_nobody_has, ["role.removed"], set(), actor="max"),
    ("accounts", "set_rules"): Case(
        lambda cast: lambda actor: accounts.set_rules([RULE], actor=actor),
        ["directory.rules_set"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "provision_user"): Case(
        lambda cast: lambda actor: accounts.provision_user(ToldUser("rita@fjordbank.example"), actor=actor),
        ["directory.user_entered"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "change_user"): Case(another_name, ["directory.user_changed"], set(), actor="max"),
    ("accounts", "remove_user"): Case(a_removal, ["directory.user_removed"], set(), actor="max"),
    ("accounts", "provision_group"): Case(
        lambda cast: lambda actor: accounts.provision_group(ToldGroup("Pilots"), actor=actor),
        ["directory.group_entered"],
        set(),
        actor="max",
        stranger=None,
    ),
    ("accounts", "change_group"): Case(another_group_name, ["directory.group_changed"], set(), actor="max"),
    ("accounts", "remove_group"): Case(a_groups_removal, ["directory.group_removed"], set(), actor="max"),
    ("accounts", "make_provisioning_key"): Case(
        lambda cast: lambda actor: accounts.make_provisioning_key(actor=actor),
        ["pilot.created", "membership.granted", "key.created"],
        {"accounts.membership"},
        actor="max",
        stranger=None,
    ),
    ("accounts", "apply_directory"): Case(
        somebody_in_the_directory, ["membership.granted"], {"accounts.membership"}, actor="system", stranger=None
    ),
    ("accounts", "set_absence"): Case(
        lambda cast: lambda actor: accounts.set_absence(cast.ada, delegate="local:bo", actor=actor),
        ["absence.begun"],
        set(),
    ),
    ("accounts", "end_absence"): Case(an_absence, ["absence.ended"], set()),
    ("accounts", "create_key"): Case(a_new_key, ["key.created"], set(), actor="max"),
    ("accounts", "revoke_key"): Case(a_key, ["key.revoked"], TOKENS, actor="max"),
    ("accounts", "rotate_key"): Case(a_rotation, ["key.rotated"], TOKENS, actor="max"),
    ("accounts", "note_refused_address"): Case(
        a_refused_address, ["key.refused"], set(), actor="sys", viewer=None, stranger=None
    ),
    ("accounts", "note_guessing"): Case(
        lambda cast: lambda actor: accounts.note_guessing(address="203.0.113.9", what="key", actor=actor),
        ["access.slowed"],
        set(),
        actor="system",
        viewer=None,
        stranger=None,
    ),
    ("accounts", "issue_tokens"): Case(
        lambda cast: lambda actor: accounts.issue_tokens(actor=actor),
        ["token.issued"],
        set(),
        viewer=None,
        stranger=None,
    ),
    ("accounts", "refresh_tokens"): Case(a_replay, ["token.replayed"], TOKENS, viewer=NotThere),
    ("accounts", "revoke_tokens"): Case(a_token, ["token.revoked"], TOKENS),
    ("accounts", "rotate_signing_key"): Case(
        lambda cast: lambda actor: accounts.rotate_signing_key(actor=actor),
        ["signing_key.rotated"],
        set(),
        actor="system",
        stranger=NotAllowed,
    ),
}
