"""What whoever runs the installation sees of it: accounts and organizations by name, nothing that is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.models import Organization, Pilot
from accounts.roles import SYSTEM
from kit.errors import NotAllowed, NotThere

MOST_SHOWN = 100


def platform_administrator(user: Any) -> Pilot:
    """Who is at the page, if they run the installation. Raises NotAllowed."""
    if isinstance(user, Pilot) and user.is_active and user.is_superuser:
        return user
    raise NotAllowed(_("This page is for platform administrators."))


@dataclass(frozen=True)
class PilotsPage:
    pilots: Sequence[Pilot]
    search: str
    next: str | None


def pilots_page(administrator: Pilot, *, search: str = "", after: str = "") -> PilotsPage:
    """Accounts by user name, so many at a time, each with how many organizations it is a member of."""
    platform_administrator(administrator)
    found = accounts_of(search).filter(username__gt=after.replace("\x00", "")) if after else accounts_of(search)
    pilots = list(found[: MOST_SHOWN + 1])
    more = pilots[MOST_SHOWN - 1].username if len(pilots) > MOST_SHOWN else None
    return PilotsPage(pilots[:MOST_SHOWN], search, more)


def accounts_of(search: str = "") -> Any:
    """Every account but Chameleon's own, by user name."""
    found = Pilot.objects.exclude(memberships__role__name=SYSTEM)
    if search := search.replace("\x00", "").strip():
        named = Q(name__icontains=search) | Q(username__icontains=search) | Q(email__icontains=search)
        found = found.filter(named | Q(public_id__icontains=search))
    current = Q(memberships__ended_at=None, memberships__until=None, memberships__isnull=False)
    kept = Q(provisioned__removed_at=None, provisioned__isnull=False)
    return found.annotate(
        organizations=Count("memberships", filter=current, distinct=True),
        provisioned_by=Count("provisioned", filter=kept, distinct=True),  # by so many organizations' directories
    ).order_by("username")


def pilot_there(pk: int) -> Pilot:
    """An account by its number. Raises NotThere."""
    found = Pilot.objects.filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such account."))
    return found


def organization_there(pk: int) -> Organization:
    """Raises NotThere."""
    found = Organization.objects.filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such organization."))
    return found


def organizations_in_numbers() -> list[Organization]:
    """Every organization by name, with how many members it has."""
    now = datetime.now(UTC)
    current = Q(memberships__ended_at=None, memberships__until=None, memberships__pilot__is_active=True) & ~Q(
        memberships__role__name=SYSTEM
    )
    visits = Q(memberships__ended_at=None, memberships__until__gt=now)
    counted = Organization.objects.annotate(
        member_count=Count("memberships", filter=current), visit_count=Count("memberships", filter=visits)
    )
    return list(counted.order_by("name", "slug"))
