"""Who belongs to an organization."""

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipQuerySet, Pilot
from accounts.roles import SYSTEM
from kit.errors import NotThere


def members_of(organization_id: int) -> MembershipQuerySet:
    """Those who may act in an organization; not Chameleon itself."""
    return Membership.objects.acting().filter(organization_id=organization_id).exclude(role__name=SYSTEM)


def member_named(public_id: str, actor: Membership) -> Membership:
    """A member of the actor's organization who may act, by the pilot's public id. Raises NotThere."""
    ours = members_of(actor.organization_id)
    found = ours.filter(pilot__public_id=public_id).first() if "\x00" not in public_id else None
    if found is None:
        raise NotThere(_("There is no such member in this organization."))
    return found


def member_to_manage(pk: int | None, actor: Membership) -> Membership:
    """Oneself, or for those who manage members another member. Raises NotThere, as for what does not exist."""
    if pk is None or pk == actor.pk:
        return actor
    ours = members_of(actor.organization_id)
    found = ours.filter(pk=pk).first() if actor.has_power("accounts.manage_members") else None
    if found is None:
        raise NotThere(_("There is no such member in this organization."))
    return found


def members_beside(actor: Membership) -> list[Membership]:
    """Everybody else in the organization who may act, by name."""
    ours = members_of(actor.organization_id)
    return sorted(ours.exclude(pk=actor.pk), key=lambda one: one.name.casefold())


def pilot_named(name: str) -> Pilot | None:
    """A pilot by username, public id or e-mail."""
    return Pilot.objects.filter(Q(username=name) | Q(public_id=name) | Q(email__iexact=name)).first()
