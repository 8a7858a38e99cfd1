"""Who is asking: a session or a key, resolved to exactly one membership."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.utils.translation import gettext as _

from accounts.models import ApiKey, Membership, digest_of
from accounts.roles import SYSTEM
from kit.errors import NotThere

ACTIVE_ORGANIZATION = "organization"  # session key


def membership_of(pilot: Any, organization_id: int | None) -> Membership | None:
    """The pilot's membership in that organization, else in the first one joined."""
    return membership_among(memberships_of(pilot), organization_id)


def membership_among(mine: Sequence[Membership], organization_id: int | None) -> Membership | None:
    wanted = (one for one in mine if one.organization_id == organization_id)
    return next(wanted, None) or min(mine, key=attrgetter("pk"), default=None)


def memberships_of(pilot: Any) -> list[Membership]:
    """Every organization the pilot may switch to; none of somebody who is not signed in."""
    if not getattr(pilot, "is_authenticated", False):
        return []
    return list(Membership.objects.acting().filter(pilot_id=pilot.pk).order_by("organization__name"))


def membership_in(pilot: Any, organization_id: int) -> Membership:
    """The pilot's membership in that very organization. Raises NotThere."""
    found = Membership.objects.acting().filter(pilot_id=pilot.pk, organization_id=organization_id).first()
    if found is None:
        raise NotThere(_("You are not a member of that organization."))
    return found


def membership_of_key(key: str) -> Membership | None:
    """The membership a key acts as, narrowed by its scopes; None when the key is no good."""
    usable = ApiKey.objects.usable(datetime.now(UTC)).select_related("platform")
    found = usable.filter(digest=digest_of(key)).first()
    membership = Membership.objects.acting().filter(pk=found.membership_id).first() if found else None
    if found is None or membership is None:
        return None
    membership.scopes = tuple(found.scopes)
    membership.platform = found.platform
    return membership


def membership_of_session(session_key: str) -> Membership | None:
    """The membership a browser's session acts as. Its hash is checked: a changed password ends it."""
    if not (session_key.isascii() and session_key.isalnum()):  # no session of ours, and maybe nothing Postgres takes
        return None
    session = SessionStore(session_key)
    pilot = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    return membership_of(pilot, session.get(ACTIVE_ORGANIZATION))


def system_of(organization_id: int) -> Membership:
    """What timers act as in an organization: made with it, without a power of its own."""
    return Membership.objects.select_related("pilot", "organization", "role").get(
        organization_id=organization_id, role__name=SYSTEM
    )
