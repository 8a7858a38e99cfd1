"""Who belongs to an organization: its pilots, and their roles in it."""

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actions.organizations import SYSTEM_PILOT
from accounts.actions.powers import refuse_unless, refuse_unless_member
from accounts.actions.sessions import tell_sessions_of
from accounts.models import Membership, Pilot
from accounts.roles import SYSTEM
from audit.actions import record
from kit.errors import NotAllowed, NotThere, Refusal
from kit.rows import insert
from live.bus import announce


@transaction.atomic
def create_pilot(
    username: str, *, actor: Membership, name: str = "", kind: str = Pilot.Kind.PERSON, password: str | None = None
) -> Pilot:
    """Make an account. Without a password nobody can sign in with it."""
    refuse_unless(actor, "accounts.manage_members")
    pilot = Pilot(username=username, name=name, kind=kind, public_id=f"local:{username}")
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
    _refuse_unless_ours(pilot, actor)
    pilot.set_password(password)
    pilot.save(update_fields=["password"])
    record("pilot.password_set", actor=actor, subject=pilot)
    tell_sessions_of(pilot)


@transaction.atomic
def grant_role(pilot: Pilot, role: str, *, actor: Membership) -> Membership:
    """Make the pilot a member of the actor's organization in that role, or change the role."""
    refuse_unless(actor, "accounts.manage_members")
    if pilot.username == SYSTEM_PILOT:
        raise Refusal(_("This account is Chameleon's own; its role cannot be changed."))
    group = Group.objects.filter(name=role).exclude(name=SYSTEM).first()
    if group is None:
        known = ", ".join(Group.objects.exclude(name=SYSTEM).order_by("pk").values_list("name", flat=True))
        raise NotThere(_("There is no role “%(role)s”. The roles are: %(known)s.") % {"role": role, "known": known})
    membership, _was_new = Membership.objects.update_or_create(
        pilot=pilot, organization_id=actor.organization_id, defaults={"role": group, "ended_at": None}
    )
    record("membership.granted", actor=actor, subject=membership, pilot=pilot.username, role=role)
    announce("accounts.membership", str(membership.pk), organization_id=actor.organization_id)
    return membership


@transaction.atomic
def end_membership(membership: Membership, *, actor: Membership) -> None:
    """Take a pilot out of the organization. What they did stays on record; ending it again changes nothing."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_member(membership, actor)
    if membership.ended_at is not None:
        return
    membership.ended_at = Now()
    membership.save(update_fields=["ended_at"])
    record("membership.ended", actor=actor, subject=membership)
    announce("accounts.membership", str(membership.pk), organization_id=actor.organization_id)


def _refuse_unless_ours(pilot: Pilot, actor: Membership) -> None:
    memberships = pilot.memberships.exclude(role__name=SYSTEM)
    if not memberships.filter(organization_id=actor.organization_id).exists():
        raise NotThere(_("There is no such member in this organization."))
    elsewhere = memberships.exclude(organization_id=actor.organization_id).exists()
    if not actor.is_system and (elsewhere or pilot.is_superuser):
        raise NotAllowed(_("This pilot belongs to more than this organization; only they can change their password."))
