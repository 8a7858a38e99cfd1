"""What every action here asks first."""

from django.utils.translation import gettext as _

from accounts.models import Membership
from kit.errors import NotAllowed, NotThere


def refuse_unless(actor: Membership, power: str) -> None:
    """The system sets organizations up from the command line; everybody else needs the power."""
    if not actor.is_system and not actor.has_power(power):
        raise NotAllowed(_("Only an Admin may do this."))


def refuse_unless_member(membership: Membership, actor: Membership) -> None:
    """The system's own membership is nobody's to end, nor to act as."""
    if membership.organization_id != actor.organization_id or membership.is_system:
        raise NotThere(_("There is no such member in this organization."))
