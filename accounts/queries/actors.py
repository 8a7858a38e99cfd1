"""Who is asking: a pilot or a session, resolved to exactly one membership."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, Pilot
from accounts.proof import proof_in
from accounts.queries.factors import lacks_factor
from accounts.queries.sessions import open_sessions
from accounts.roles import SYSTEM
from kit.errors import NotThere

ACTIVE_ORGANIZATION = "organization"  # session key


def membership_of(pilot: Any, organization_id: int | None) -> Membership | None:
    """The pilot's membership in that organization, else in the first one joined. A visit only where it is asked for."""
    return membership_among(memberships_of(pilot), organization_id)


def membership_among(mine: Sequence[Membership], organization_id: int | None) -> Membership | None:
    wanted = (one for one in mine if one.organization_id == organization_id)
    joined = (one for one in mine if not one.is_visit)
    return next(wanted, None) or min(joined, key=attrgetter("pk"), default=None)


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


def membership_of_session(session_key: str) -> Membership | None:
    """The membership a browser's session acts as. Its hash is checked: a changed password ends it.

    None as well for a session whose time is up, and for whoever has yet to set up the second factor their role needs.
    """
    if not (session_key.isascii() and session_key.isalnum()):  # no session of ours, and maybe nothing Postgres takes
        return None
    session = SessionStore(session_key)
    pilot = get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    found = membership_of(pilot, session.get(ACTIVE_ORGANIZATION))
    is_open = open_sessions(datetime.now(UTC)).filter(session_key=session_key).exists()
    if found is None or not is_open or lacks_factor(found):
        return None
    found.proof = proof_in(session)
    return found


def system_of(organization_id: int) -> Membership:
    """What timers act as in an organization: made with it, without a power of its own."""
    return Membership.objects.select_related("pilot", "organization", "role").get(
        organization_id=organization_id, role__name=SYSTEM
    )


def systems_concerned(name: str = "") -> list[Membership]:
    """In whose ledgers it belongs that somebody guesses: of the account's organizations, else of the first one.

    The first organization's people run the installation; nobody else is told of addresses that concern nobody.
    """
    systems = Membership.objects.filter(role__name=SYSTEM).select_related("pilot", "organization", "role")
    guessed = Q(username=name) | Q(email__iexact=name)
    pilots = Pilot.objects.filter(guessed) if name and "\x00" not in name else Pilot.objects.none()
    theirs = Membership.objects.filter(pilot__in=pilots, ended_at=None).values("organization")
    return list(systems.filter(organization__in=theirs)) or list(systems.order_by("organization_id")[:1])
