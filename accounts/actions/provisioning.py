"""People as an organization's directory keeps them, by SCIM: let in, changed, switched off, removed.

What it tells of somebody is a row of the organization. Who that is here, they show by signing in: no account is made,
found out or taken over by telling its address (docs/decisions/0014).
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.actions.directory import Cause, apply_directory
from accounts.actions.keys import create_key
from accounts.actions.members import create_pilot, grant_role
from accounts.actions.powers import is_last_locked, refuse_unless, refuse_unless_fresh
from accounts.actions.seating import seat, unseat
from accounts.actions.sessions import drop_sessions_of
from accounts.directory import Facts
from accounts.models import ApiKey, Membership, Organization, Origin, Pilot, ProvisionedUser, ToldUser
from accounts.providers import name_of
from accounts.queries import already_here, default_platform_of, last_told_of, rules_of, system_of, waited_for
from accounts.roles import PROVISION, PROVISION_SCOPE, PROVISIONER, role_named
from audit.actions import record
from kit.errors import NotThere, Problem, Refusal
from kit.rows import check_row, insert

User = ProvisionedUser


class Taken(Refusal):
    """What has to be one row's alone is another's."""


class Outdated(Problem):
    """The row is no longer what the caller has seen."""

    status = 412
    title = gettext_noop("Changed meanwhile")


@transaction.atomic
def provision_user(told: ToldUser, *, actor: Membership) -> ProvisionedUser:
    """The directory lets somebody in: a member from their first sign-in on; who has signed in here before, at once."""
    begin(actor)
    user = ProvisionedUser(organization_id=actor.organization_id)
    _take_over(user, told)
    insert(user, taken=_("There already is such a user."))
    record("directory.user_entered", actor=actor, subject=user, name=user.user_name, active=user.active, cause="scim")
    _look_for(user)
    settle_user(user, actor)
    return user


@transaction.atomic
def change_user(
    pk: UUID, edit: Callable[[ToldUser], ToldUser], *, actor: Membership, seen: str = ""
) -> ProvisionedUser:
    """The directory says something else of somebody: `edit` makes of what it said what it says now.

    Who is switched off is no member from this moment on. `seen` is the version the caller has read; "": any.
    """
    begin(actor)
    user = _lock(pk, actor)
    refuse_unless_seen(user, seen)
    was, now = user.told, edit(user.told)
    if now == was:
        return user
    _take_over(user, now)
    user.changed_at = timezone.now()
    user.save()
    changed = [
        name for name in ("user_name", "external_id", "active", "addresses", "details") if _differ(was, now, name)
    ]
    about = {"name": user.user_name, "active": user.active, "changed": changed, "cause": "scim"}
    record("directory.user_changed", actor=actor, subject=user, **about)
    _look_for(user)
    settle_user(user, actor)
    return user


@transaction.atomic
def remove_user(pk: UUID, *, actor: Membership, seen: str = "") -> None:
    """The directory knows them no more: no member from this moment on, and let in again by it alone. History stays."""
    begin(actor)
    user = _lock(pk, actor)
    refuse_unless_seen(user, seen)
    record("directory.user_removed", actor=actor, subject=user, name=user.user_name, cause="scim")
    user.groups.clear()
    if user.pilot is None:
        user.delete()
        return
    user.active, user.removed_at, user.addresses, user.details = False, timezone.now(), [], {}
    user.save()
    settle_user(user, actor)


@transaction.atomic
def make_provisioning_key(*, actor: Membership) -> tuple[ApiKey, str]:
    """The token for a directory: a key of the organization's machine account that may do this and nothing else.

    The account is made with the first one. The text is returned once and never stored.
    """
    refuse_unless(actor, "accounts.manage_keys")
    refuse_unless_fresh(actor)
    ours = Membership.objects.select_related("pilot", "organization", "role").filter(role__name=PROVISIONER)
    machine = ours.filter(organization_id=actor.organization_id, ended_at=None, pilot__is_active=True).first()
    if machine is None:
        name = f"scim-{actor.organization.slug}"
        if Pilot.objects.filter(username=name).exists():
            name = f"{name}-{timezone.now():%Y%m%d%H%M%S}"
        pilot = create_pilot(name, actor=actor, name="SCIM", kind=Pilot.Kind.SYSTEM)
        machine = grant_role(pilot, PROVISIONER, actor=actor)
    platform = default_platform_of(actor.organization_id)
    return create_key(machine, name="SCIM", scopes=[PROVISION_SCOPE], actor=actor, platform=platform)


def recognize(pilot: Pilot, facts: Facts) -> None:
    """Somebody has signed in: are they whom a directory waits for? Then they are that member, from now on."""
    for user in waited_for(facts):
        system = system_of(user.organization_id)
        begin(system)
        known = User.objects.standing().filter(organization_id=user.organization_id, pilot=pilot)
        if not known.exists():
            _bind(user, pilot, facts, system)
            settle_user(user, system)


def begin(actor: Membership) -> None:
    """What a directory tells of an organization is taken in one after the other."""
    refuse_unless(actor, PROVISION)
    Organization.objects.select_for_update().only("pk").get(pk=actor.organization_id)


def refuse_unless_seen(row: Any, seen: str) -> None:
    if seen and seen != row.version:
        raise Outdated(_("This was changed meanwhile. Read it again."))


def settle_users(pks: Iterable[UUID], actor: Membership) -> None:
    """Of these the directory has said something else."""
    known = User.objects.filter(pk__in=list(pks), pilot__isnull=False, active=True).select_related("pilot")
    for user in known.order_by("pk"):
        settle_user(user, actor)


def settle_user(user: ProvisionedUser, actor: Membership) -> None:
    """Make of them here what the directory says they are: by the rules, where there are any, else the first role."""
    if user.pilot is None:
        return
    ours = Membership.objects.select_related("pilot", "role", "organization")
    member = ours.filter(pilot=user.pilot, organization_id=user.organization_id).first()
    is_here = member is not None and member.ended_at is None
    if member is not None and is_here and member.is_visit:
        return
    if not user.active:
        if member is not None and is_here:
            _switch_off(member, actor)
    elif rules_of(user.organization_id):
        system = system_of(user.organization_id)
        apply_directory(user.pilot, last_told_of(user.pilot), actor=system, cause=Cause.SCIM)
    elif member is None or (not is_here and member.origin != Origin.HAND):
        _let_in(user.pilot, system_of(user.organization_id))


def _let_in(pilot: Pilot, system: Membership) -> None:
    """As the installation lets in whom it sees first; without such a role, nobody but by a rule."""
    group = role_named(settings.FIRST_ROLE, system.organization_id)
    if group is not None:
        member = seat(pilot, group, Origin.ARRIVAL, system.organization_id)
        told = {"pilot": pilot.username, "role": member.role_name, "cause": Cause.SCIM}
        record("membership.granted", actor=system, subject=member, **told)


def _switch_off(member: Membership, actor: Membership) -> None:
    """No member any more: keys, tokens and sockets end, and sessions unless they are a member elsewhere."""
    if is_last_locked(member):
        if not actor.is_system:
            raise Refusal(_("Nobody else manages the members here. Give somebody else a role that does, first."))
        record("membership.kept", actor=actor, subject=member, pilot=member.pilot.username, role=member.role_name)
        return
    unseat(member, "membership.ended", actor, origin=Origin.DIRECTORY, cause=Cause.SCIM)
    if not member.pilot.is_superuser and not member.pilot.memberships.filter(ended_at=None).exists():
        drop_sessions_of(member.pilot)


def _look_for(user: ProvisionedUser) -> None:
    """Perhaps they have been here for long, before there was SCIM."""
    found = already_here(user) if user.pilot is None else None
    if found is not None:
        pilot, facts = found
        _bind(user, pilot, facts, system_of(user.organization_id))


def _bind(user: ProvisionedUser, pilot: Pilot, facts: Facts, system: Membership) -> None:
    user.pilot = pilot
    user.save(update_fields=["pilot"])
    about = {"name": user.user_name, "pilot": pilot.username, "provider": name_of(facts.provider), "cause": "scim"}
    record("directory.user_recognized", actor=system, subject=user, **about)


def _lock(pk: UUID, actor: Membership) -> ProvisionedUser:
    ours = User.objects.visible_to(actor).standing().select_for_update(of=("self",)).select_related("pilot")
    user: ProvisionedUser | None = ours.filter(pk=pk).first()
    if user is None:
        raise NotThere(_("There is no such user in this organization."))
    return user


def _take_over(user: ProvisionedUser, told: ToldUser) -> None:
    user.user_name, user.external_id, user.active = told.user_name, told.external_id, told.active
    user.addresses, user.details = [*told.addresses], dict(told.details)
    check_row(user)
    others = User.objects.standing().filter(organization_id=user.organization_id).exclude(pk=user.pk)
    if others.filter(user_name__iexact=user.user_name).exists():
        raise Taken(_("There already is a user “%(name)s”.") % {"name": user.user_name})
    if user.external_id and others.filter(external_id=user.external_id).exists():
        raise Taken(_("There already is a user with the number “%(number)s”.") % {"number": user.external_id})


def _differ(was: ToldUser, now: ToldUser, name: str) -> bool:
    return bool(getattr(was, name) != getattr(now, name))
