"""Who belongs to an organization."""

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, MembershipQuerySet, Pilot
from accounts.roles import SYSTEM
from kit.errors import NotAllowed, NotThere


def members_of(organization_id: int) -> MembershipQuerySet:
    """Those who may act in an organization, to stay: neither Chameleon itself nor who is on a visit."""
    return Membership.objects.acting().filter(organization_id=organization_id, until=None).exclude(role__name=SYSTEM)


def admins_of(organization_id: int) -> MembershipQuerySet:
    """The people who may let members in and let them go."""
    manages = Q(role__permissions__content_type__app_label="accounts", role__permissions__codename="manage_members")
    return members_of(organization_id).filter(manages, pilot__kind=Pilot.Kind.PERSON)


def refuse_unless_managing(actor: Membership) -> None:
    if not (actor.is_system or actor.has_power("accounts.manage_members")):
        raise NotAllowed(_("Only an Admin may see and change who is a member."))


def is_last_to_manage(member: Membership) -> bool:
    """Whether nobody else lets members in and lets them go: by what their role may, whatever it is called."""
    managers = list(admins_of(member.organization_id).values_list("pk", flat=True)[:2])
    return managers == [member.pk]


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


def pilot_of_address(email: str) -> Pilot | None:
    return Pilot.objects.filter(email__iexact=email).first()


def pilot_named(name: str) -> Pilot | None:
    """A pilot by username, public id or e-mail."""
    return Pilot.objects.filter(Q(username=name) | Q(public_id=name) | Q(email__iexact=name)).first()
