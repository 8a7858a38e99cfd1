"""What every action here asks first."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from accounts.models import Membership, Organization, Pilot
from accounts.proof import StaleProof
from accounts.queries import is_last_to_manage
from accounts.roles import IN_WORDS, SYSTEM, powers_of, role_named, roles_in, title_of
from kit.errors import NotAllowed, NotThere, Refusal


def refuse_unless(actor: Membership, power: str) -> None:
    """The system sets organizations up from the command line; everybody else needs the power."""
    if not actor.is_system and not actor.has_power(power):
        raise NotAllowed(_("Only an Admin may do this."))


def refuse_unless_platform_administrator(pilot: Pilot) -> None:
    if not (pilot.is_active and pilot.is_superuser):
        raise NotAllowed(_("Only a platform administrator may do this."))


def refuse_unless_system(actor: Membership) -> None:
    """What providers bring about, or a command on the machine, nobody does by hand."""
    if not actor.is_system:
        raise NotAllowed(_("Only Chameleon itself does this."))


def refuse_unless_member(membership: Membership, actor: Membership) -> None:
    """The system's own membership is nobody's to end, nor to act as."""
    if membership.organization_id != actor.organization_id or membership.is_system:
        raise NotThere(_("There is no such member in this organization."))


def refuse_beyond(powers: Collection[str], actor: Membership, platform_id: int | None = None) -> None:
    """Nobody gives away more than they have there themselves, or they could give it to themselves."""
    if actor.is_system:
        return
    beyond = sorted(set(powers) - actor.standing.at(platform_id).powers)
    if beyond:
        words = "; ".join(str(IN_WORDS.get(power, power)) for power in beyond)
        raise NotAllowed(_("You cannot give a power that you do not have yourself: %(powers)s.") % {"powers": words})


def group_of(role: str, actor: Membership) -> Group:
    """The role of that title, for a member of the actor's organization. Raises NotThere."""
    group = role_named(role, actor.organization_id)
    if group is None:
        known = ", ".join(title_of(one.name) for one in roles_in(actor.organization_id))
        raise NotThere(_("There is no role “%(role)s”. The roles are: %(known)s.") % {"role": role, "known": known})
    return group


def role_to_give(role: str, actor: Membership) -> Group:
    """The role of that title, which may do nothing that the actor may not."""
    group = group_of(role, actor)
    refuse_beyond(powers_of(group), actor)
    return group


def refuse_if_last(membership: Membership, actor: Membership) -> None:
    """Somebody has to be left who manages members. The system may leave nobody: it lets somebody in again."""
    if is_last_locked(membership) and not actor.is_system:
        raise Refusal(_("Nobody else manages the members here. Give somebody else a role that does, first."))


def is_last_locked(membership: Membership) -> bool:
    """Whether nobody else manages members. The organization is locked: two may go at the same moment."""
    Organization.objects.select_for_update().only("pk").get(pk=membership.organization_id)
    return is_last_to_manage(membership)


def refuse_unless_fresh(actor: Membership) -> None:
    """For dangerous acts: whoever sits at a browser has lately shown that it is them.

    A key acts by its scope and the clock for who pressed: neither comes with a session, and neither is asked.
    """
    if actor.proof is not None and not actor.proof.is_fresh():
        raise StaleProof(_("Confirm that it is you first: by password, code or passkey. Then it is done."))


def refuse_unless_only_ours(pilot: Pilot, actor: Membership, sentence: str) -> None:
    """A pilot is one account in all organizations: what opens it is no single organization's, but of the only one."""
    memberships = pilot.memberships.exclude(role__name=SYSTEM)
    if not memberships.filter(organization_id=actor.organization_id).exists():
        raise NotThere(_("There is no such member in this organization."))
    elsewhere = memberships.exclude(organization_id=actor.organization_id).exists()
    if not actor.is_system and (elsewhere or pilot.is_superuser):
        raise NotAllowed(sentence)
