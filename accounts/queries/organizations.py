"""Organizations, as commands name them and as their Admins see them."""

from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.models import ApiKey, Membership, Organization, Platform
from accounts.queries.members import members_of
from kit.errors import NotAllowed

MOST_SHOWN = 50


def organization_named(slug: str) -> Organization | None:
    return Organization.objects.filter(slug=slug).first()


def default_platform_of(organization_id: int) -> Platform:
    """Where work goes that names no platform: the organization's first."""
    return Platform.objects.filter(organization_id=organization_id).earliest("pk")


class OrganizationPage(NamedTuple):
    organization: Organization
    members: list[Membership]
    roles: list[tuple[str, int]]
    keys: list[ApiKey]


def organization_page(actor: Membership) -> OrganizationPage:
    """What an Admin sees at a glance of the organization. Raises NotAllowed."""
    if not actor.has_power("accounts.manage_members"):
        raise NotAllowed(_("Only an Admin may see the settings of the organization."))
    here = members_of(actor.organization_id).select_related("absence")
    members = sorted(here, key=lambda one: one.name.casefold())
    roles = Counter(one.role_name for one in members)
    keys = ApiKey.objects.usable(datetime.now(UTC)).filter(membership__organization_id=actor.organization_id)
    keys = keys.select_related("membership__pilot", "platform").order_by("-pk")
    return OrganizationPage(actor.organization, members[:MOST_SHOWN], roles.most_common(), list(keys[:MOST_SHOWN]))
