"""What is done to organizations, pilots, memberships and keys."""

from django.test import Client

from accounts import actions as accounts
from accounts.queries import default_platform_of
from tests.deeds.case import Case, Cast, Deed


def an_absence(cast: Cast) -> Deed:
    accounts.set_absence(cast.ada, actor=cast.ada)
    return lambda actor: accounts.end_absence(cast.ada, actor=actor)


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


CASES = {
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
    ("accounts", "create_pilot"): Case(
        lambda cast: lambda actor: accounts.create_pilot("eve", actor=actor),
        ["pilot.created"],
        set(),
        actor="max",
        stranger=None,
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
    ("accounts", "set_absence"): Case(
        lambda cast: lambda actor: accounts.set_absence(cast.ada, delegate="local:bo", actor=actor),
        ["absence.begun"],
        set(),
    ),
    ("accounts", "end_absence"): Case(an_absence, ["absence.ended"], set()),
    ("accounts", "create_key"): Case(a_new_key, ["key.created"], set(), actor="max"),
    ("accounts", "revoke_key"): Case(a_key, ["key.revoked"], {"accounts.key", "accounts.session"}, actor="max"),
}
