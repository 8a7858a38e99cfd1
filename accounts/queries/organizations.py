"""Organizations, as commands name them and as their Admins see them."""

from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from accounts.models import ApiKey, Membership, Organization, Platform
from accounts.queries.members import members_of
from accounts.queries.roles import role_titles
from accounts.roles import SCOPES
from kit.errors import NotAllowed, NotThere

MOST_SHOWN = 50
MOST_KEYS = 500


def organization_named(slug: str) -> Organization | None:
    return Organization.objects.filter(slug=slug).first()


def default_platform_of(organization_id: int) -> Platform:
    """Where work goes that names no platform: the organization's first."""
    return Platform.objects.filter(organization_id=organization_id).earliest("pk")


class OrganizationPage(NamedTuple):
    organization: Organization
    members: list[Membership]
    roles: list[tuple[str, int]]
    all_roles: list[str]
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
    every = role_titles(actor.organization_id)
    return OrganizationPage(
        actor.organization, members[:MOST_SHOWN], roles.most_common(), every, list(keys[:MOST_SHOWN])
    )


class KeysPage(NamedTuple):
    keys: list[ApiKey]
    members: list[Membership]
    platforms: list[Platform]
    scopes: list[str]


def keys_page(actor: Membership) -> KeysPage:
    """The keys in use, the latest first, and for whom and what another one can be made. Raises NotAllowed."""
    if not actor.has_power("accounts.manage_keys"):
        raise NotAllowed(_("Only who manages keys may see them."))
    keys = ApiKey.objects.visible_to(actor).usable(datetime.now(UTC))
    members = members_of(actor.organization_id)
    return KeysPage(
        list(keys.select_related("membership__pilot", "platform", "replaced_by").order_by("-pk")[:MOST_KEYS]),
        sorted(members, key=lambda one: (not one.pilot.is_machine, one.name.casefold())),
        list(Platform.objects.visible_to(actor).order_by("name")),
        [*SCOPES],
    )


def platform_to_use(pk: int, actor: Membership) -> Platform:
    """A platform of the actor's organization. Raises NotThere."""
    found = Platform.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such platform in this organization."))
    return found
