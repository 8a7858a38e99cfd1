"""The pages of pilots."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Membership
from kit.errors import NotAllowed


def actor_of(request: HttpRequest) -> Membership:
    """Who is at the page. Signed in, but a member nowhere, is somebody who may see nothing."""
    membership: Membership | None = request.membership  # type: ignore[attr-defined]
    if membership is None:
        raise NotAllowed(_("You do not belong to an organization yet. Ask an Admin of yours to let you in."))
    return membership
