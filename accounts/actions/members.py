"""Who belongs to an organization: its pilots, and their roles in it."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.organizations import SYSTEM_PILOT
from accounts.actions.powers import (
    group_of,
    refuse_beyond,
    refuse_if_last,
    refuse_unless,
    refuse_unless_fresh,
    refuse_unless_member,
    refuse_unless_only_ours,
    role_to_give,
)
from accounts.actions.seating import seat, seat_on, unseat, unseat_on
from accounts.actions.sessions import tell_sessions_of
from accounts.models import Membership, Origin, Pilot, Platform, PlatformRole
from accounts.queries import member_named
from accounts.roles import ON_A_PLATFORM, powers_of, title_of
from audit.actions import record
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from kit.rows import insert


@transaction.atomic
def create_pilot(
    username: str,
    *,
    actor: Membership,
    name: str = "",
    kind: str = Pilot.Kind.PERSON,
    password: str | None = None,
    email: str = "",
) -> Pilot:
    """Make an account. Without a password nobody can sign in with it."""
    refuse_unless(actor, "accounts.manage_members")
    pilot = Pilot(username=username, name=name, email=email, kind=kind, public_id=f"local:{username}")
    pilot.set_password(password)
    insert(pilot, taken=_("There already is a pilot “%(name)s”.") % {"name": username})
    record("pilot.created", actor=actor, subject=pilot, username=username, kind=kind)
    return pilot


@transaction.atomic
def set_password(pilot: Pilot, password: str, *, actor: Membership) -> None:
    """Give a pilot a new password: one who is a member here and nowhere else.

    A pilot is one account in all organizations; whoever sets its password can be them in each.
    """
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    refuse_unless_only_ours(
        pilot,
        actor,
        _("This pilot belongs to more than this organization; only they can change their password."),
    )
    pilot.set_password(password)
    pilot.save(update_fields=["password"])
    record("pilot.password_set", actor=actor, subject=pilot)
    tell_sessions_of(pilot)


@transaction.atomic
def grant_role(pilot: Pilot, role: str, *, actor: Membership, origin: Origin = Origin.HAND) -> Membership:
    """Make the pilot a member of the actor's organization in that role, or change the role.

    Nobody gives a role that can do what they cannot do themselves, nor takes away the last that manages members.
    `origin` tells who gives it: what a member gave, the directory leaves alone.
    """
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    if pilot.username == SYSTEM_PILOT:
        raise Refusal(_("This account is Chameleon's own; its role cannot be changed."))
    if actor.is_visit and pilot.pk == actor.pilot_id:
        raise NotAllowed(_("You are here for a while. Only an Admin of the organization can make you a member."))
    group = role_to_give(role, actor)
    known = Membership.objects.filter(pilot=pilot, organization_id=actor.organization_id).first()
    if known is not None and "accounts.manage_members" not in powers_of(group):
        refuse_if_last(known, actor)
    membership = seat(pilot, group, origin, actor.organization_id)
    record("membership.granted", actor=actor, subject=membership, pilot=pilot.username, role=title_of(group.name))
    return membership


@transaction.atomic
def grant_on_platform(membership: Membership, platform: Platform, role: str, *, actor: Membership) -> PlatformRole:
    """On this platform the member has that role from now on, instead of the one they have everywhere.

    It gives what concerns the platform's work. What governs the organization comes from the role everywhere alone.
    """
    _refuse_unless_may(membership, platform, actor)
    if membership.is_visit:
        raise Refusal(_("%(who)s is here on a visit: in one role, everywhere.") % {"who": membership.name})
    group = group_of(role, actor)
    refuse_beyond(powers_of(group) & ON_A_PLATFORM, actor, platform.pk)
    there = seat_on(membership, platform, group, Origin.HAND)
    given = {"pilot": membership.pilot.username, "role": title_of(group.name), "platform": platform.slug}
    record("membership.granted_on", actor=actor, subject=membership, **given)
    return there


@transaction.atomic
def revoke_on_platform(membership: Membership, platform: Platform, *, actor: Membership) -> None:
    """On this platform the member has the role they have everywhere again. Doing so twice changes nothing."""
    _refuse_unless_may(membership, platform, actor)
    there = membership.platform_roles.filter(platform=platform).select_related("role", "platform").first()
    if there is None:
        return
    # Less on this platform may be more everywhere else: it is the role everywhere that holds there again.
    refuse_beyond(powers_of(membership.role) & ON_A_PLATFORM, actor, platform.pk)
    unseat_on(there, actor)


@transaction.atomic
def set_roles(membership: Membership, role: str, on: Mapping[str, str], *, actor: Membership) -> Membership:
    """All that a member is, at once: their role, and by a platform's short name the ones that differ; others end."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    refuse_unless_member(membership, actor)
    platforms = {one.slug: one for one in Platform.objects.filter(organization_id=actor.organization_id)}
    if unknown := sorted(set(on) - set(platforms)):
        raise BadInput.field("on", _("there is no platform “%(platform)s”") % {"platform": unknown[0][:100]})
    known = {one.platform.slug: one.role_title for one in membership.platform_roles.select_related("platform", "role")}
    for slug in sorted(set(known) - set(on)):
        revoke_on_platform(membership, platforms[slug], actor=actor)
    if membership.role_name != role or membership.ended_at is not None or membership.is_visit:
        membership = grant_role(membership.pilot, role, actor=actor)
    for slug in sorted(slug for slug, title in on.items() if known.get(slug) != title):
        grant_on_platform(membership, platforms[slug], on[slug], actor=actor)
    return membership


@transaction.atomic
def end_membership(membership: Membership, *, actor: Membership, to: str = "") -> None:
    """Take a pilot out of the organization; what is in their hands goes to the member `to`, a public id, or back.

    What they did stays on record, their keys end for good. Ending it again changes nothing.
    """
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    refuse_unless_member(membership, actor)
    if membership.ended_at is None:
        _end(membership, "membership.ended", actor, to)


@transaction.atomic
def leave(*, actor: Membership, to: str = "") -> None:
    """Go out of the organization oneself; what is in one's hands goes to the member `to`, a public id, or back."""
    refuse_unless_member(actor, actor)
    if actor.is_visit:
        raise Refusal(_("You are on a visit here. End the visit instead."))
    _end(actor, "member.left", actor, to)


def _end(membership: Membership, verb: str, actor: Membership, to: str) -> None:
    refuse_if_last(membership, actor)
    heir = member_named(to, actor) if to else None
    if heir is not None and heir.pk == membership.pk:
        raise BadInput.field("to", _("choose somebody who stays"))
    # The directory does not let back in whom a member has let go.
    unseat(membership, verb, actor, origin=Origin.HAND, heir=heir)


def _refuse_unless_may(membership: Membership, platform: Platform, actor: Membership) -> None:
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    refuse_unless_member(membership, actor)
    if platform.organization_id != actor.organization_id:
        raise NotThere(_("There is no such platform in this organization."))
