"""The pages of accounts, a file for each subject."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Membership
from kit.errors import NotAllowed


def actor_of(request: HttpRequest) -> Membership:
    """Who is at the page, as a member of an organization. What nobody's account can keep, it cannot change."""
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    if membership is None:
        raise NotAllowed(_("You do not belong to an organization yet. Ask an Admin of yours to let you in."))
    return membership
