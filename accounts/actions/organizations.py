"""What is done to an organization and its platforms."""

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless
from accounts.models import Membership, Organization, Pilot, Platform
from accounts.roles import SYSTEM
from audit.actions import record
from kit.rows import check_row, insert

SYSTEM_PILOT = "system:chameleon"


@transaction.atomic
def create_organization(slug: str, name: str) -> Organization:
    """Make an organization with what it cannot be without: its system membership and a first platform.

    The one action without an actor: nobody is a member of what does not exist yet. Its ledger
    opens with the system's own line.
    """
    organization = Organization(slug=slug, name=name)
    insert(organization, taken=_("There already is an organization “%(slug)s”.") % {"slug": slug})
    system = Membership.objects.create(
        organization=organization, pilot=_system_pilot(), role=Group.objects.get(name=SYSTEM)
    )
    record("organization.created", actor=system, subject=organization, name=name)
    create_platform("api", "API", actor=system)
    return organization


@transaction.atomic
def change_organization(*, actor: Membership, name: str, rearm_by_two: bool) -> Organization:
    """Change what is the same for everybody in the actor's organization."""
    refuse_unless(actor, "accounts.manage_members")
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    asked = {"name": name.strip(), "rearm_by_two": rearm_by_two}
    changed = {field: value for field, value in asked.items() if getattr(organization, field) != value}
    if not changed:
        return organization
    for field, value in changed.items():
        setattr(organization, field, value)
    check_row(organization)
    organization.save(update_fields=[*changed])
    record("organization.changed", actor=actor, subject=organization, **changed)
    return organization


@transaction.atomic
def create_platform(slug: str, name: str, *, actor: Membership) -> Platform:
    """Register an outside system that submits work."""
    refuse_unless(actor, "accounts.manage_members")
    platform = Platform(organization_id=actor.organization_id, slug=slug, name=name)
    insert(platform, taken=_("There already is a platform “%(slug)s”.") % {"slug": slug})
    record("platform.created", actor=actor, subject=platform, slug=slug)
    return platform


def _system_pilot() -> Pilot:
    pilot, made = Pilot.objects.get_or_create(
        username=SYSTEM_PILOT,
        defaults={"kind": Pilot.Kind.SYSTEM, "name": "Chameleon", "public_id": SYSTEM_PILOT},
    )
    if made:
        pilot.set_unusable_password()
        pilot.save(update_fields=["password"])
    return pilot
