"""The roles of an organization: what each may do, and who has it."""

from collections import Counter
from typing import NamedTuple

from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership, Platform, PlatformRole, Role
from accounts.queries.members import refuse_unless_managing
from accounts.roles import IN_WORDS, ON_A_PLATFORM, SYSTEM, powers_of, roles_in, title_of
from kit.errors import NotThere

# The powers as a form shows them: what is looked at, what is done, what is governed.
GROUPS = (
    (gettext_lazy("See"), [power for power in IN_WORDS if ".view_" in power]),
    (gettext_lazy("Ask and decide"), [power for power in IN_WORDS if power in ON_A_PLATFORM and ".view_" not in power]),
    (gettext_lazy("Govern the organization"), [power for power in IN_WORDS if power not in ON_A_PLATFORM]),
)


class RoleLine(NamedTuple):
    """A role as a list shows it. `made` is None for the shipped ones, which nobody changes."""

    title: str
    description: str
    powers: list[str]
    members: int
    made: int | None


def roles_page(actor: Membership) -> list[RoleLine]:
    """The shipped roles, then the organization's own. Raises NotAllowed."""
    refuse_unless_managing(actor)
    groups = roles_in(actor.organization_id).prefetch_related("permissions__content_type").select_related("made")
    held = _holders(actor.organization_id)
    return [_line(group, held) for group in groups]


def _line(group: Group, held: Counter[int]) -> RoleLine:
    made: Role | None = getattr(group, "made", None)
    powers = powers_of(group)
    words = [str(words) for power, words in IN_WORDS.items() if power in powers]
    about = made.description if made else ""
    return RoleLine(title_of(group.name), about, words, held[group.pk], made.pk if made else None)


def role_to_change(pk: int | None, actor: Membership) -> Role | None:
    """One of the organization's own; None for one that is to be made. Raises NotAllowed or NotThere."""
    refuse_unless_managing(actor)
    if pk is None:
        return None
    found = Role.objects.visible_to(actor).select_related("group").filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such role in this organization."))
    return found


class PowerLine(NamedTuple):
    """A power in a form: whether it is ticked, and whether the one at the form could give it."""

    power: str
    words: str
    is_on: bool
    is_mine: bool


def power_groups(actor: Membership, ticked: frozenset[str]) -> list[tuple[str, list[PowerLine]]]:
    mine = actor.standing.elsewhere.powers
    return [
        (str(name), [PowerLine(power, str(IN_WORDS[power]), power in ticked, power in mine) for power in powers])
        for name, powers in GROUPS
    ]


class PlaceLine(NamedTuple):
    """A platform, and the title of the role a member has there; "" where it is the one they have everywhere."""

    slug: str
    name: str
    role: str


def places_of(member: Membership) -> list[PlaceLine]:
    on = {one.platform_id: one.role_title for one in member.platform_roles.select_related("role")}
    platforms = Platform.objects.filter(organization_id=member.organization_id).order_by("name")
    return [PlaceLine(one.slug, one.name, on.get(one.pk, "")) for one in platforms]


def role_titles(organization_id: int) -> list[str]:
    return [title_of(name) for name in roles_in(organization_id).values_list("name", flat=True)]


def _holders(organization_id: int) -> Counter[int]:
    """How many have each role, everywhere or somewhere, by its group."""
    members = Membership.objects.filter(organization_id=organization_id, ended_at=None).exclude(role__name=SYSTEM)
    somewhere = PlatformRole.objects.filter(membership__in=members.values("pk")).values_list("role", "membership")
    return Counter(role for role, _member in {*members.values_list("role", "pk"), *somewhere})
