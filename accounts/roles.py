"""Who may do what: the shipped roles, and the scopes that narrow a key.

Roles are Django groups and powers are Django permissions, so an admin can make more of both. The shipped ones are
kept as written here at every migration and are the same everywhere; one that an organization makes is its own, and as
groups have one name in all the installation, its group is called `<organization's id>:<title>`.
"""

import re
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

VIEWER, OPERATOR, ADMIN, SYSTEM = "Viewer", "Operator", "Admin", "System"
LIMITED = "Limited"
PROVISIONER = "Provisioner"

PROVISION = "accounts.provision_members"

_SEE = frozenset(
    {
        "interventions.view_intervention",
        "work.view_unit",
        "guardians.view_gate",
        "audit.view_entry",
        "accounts.view_membership",
    }
)
_DECIDE = frozenset({"interventions.decide_intervention", "interventions.raise_intervention", "work.submit_unit"})
_GOVERN = frozenset(
    {
        "interventions.waive_intervention",
        "interventions.pull_kill_switch",
        "guardians.manage_gate",
        "accounts.manage_keys",
        "accounts.manage_members",
    }
)

POWERS = {
    VIEWER: _SEE,
    OPERATOR: _SEE | _DECIDE,
    ADMIN: _SEE | _DECIDE | _GOVERN | {PROVISION},
    PROVISIONER: frozenset({PROVISION}),  # the machine account through which a directory tells who is who
    LIMITED: frozenset(),  # nothing, but on the platforms where one has another role
    SYSTEM: frozenset(),  # what timers act as: no power of its own, nobody signs in with it
}

# What a role on one platform can give there. All else concerns the whole organization, and comes from the role that a
# member has everywhere: who manages members on one platform would manage them on all.
ON_A_PLATFORM = _SEE | _DECIDE | frozenset({"interventions.waive_intervention", "interventions.pull_kill_switch"})

# What each power lets one do, as one's own page says it.
IN_WORDS = {
    "interventions.view_intervention": _("See questions, and how they were settled"),
    "work.view_unit": _("See units of work, and what the guardians said"),
    "guardians.view_gate": _("See gates and guardians"),
    "audit.view_entry": _("Read the ledger"),
    "accounts.view_membership": _("See who is a member"),
    "interventions.decide_intervention": _("Claim and decide questions, ask back, comment"),
    "interventions.raise_intervention": _("Ask questions"),
    "work.submit_unit": _("Submit units of work"),
    "interventions.waive_intervention": _("Waive violations, and release what others have claimed"),
    "interventions.pull_kill_switch": _("Stop work with the kill switch, and re-arm it"),
    "guardians.manage_gate": _("Change gates and guardians"),
    "accounts.manage_keys": _("Make and revoke API keys"),
    "accounts.manage_members": _("Let members in, change their role, and let them go"),
    PROVISION: _("Let a directory keep members and groups (SCIM)"),
}

_OWN = re.compile(r"^[0-9]+:")  # as Postgres reads it, too

# A role of this rank or higher fills a seat that asks for the role.
RANK = {VIEWER: 1, OPERATOR: 2, ADMIN: 3}

ADMIN_SCOPE = "admin"
PROVISION_SCOPE = "provision"

SCOPES = {
    "submit": frozenset({"work.submit_unit", "interventions.raise_intervention"}),
    "read": _SEE,
    "decide": frozenset({"interventions.decide_intervention"}),
    ADMIN_SCOPE: _GOVERN,
    PROVISION_SCOPE: frozenset({PROVISION}),
}


def title_of(group: str) -> str:
    """The role as people call it, by the name of its group."""
    return _OWN.sub("", group)


def group_name(title: str, organization_id: int) -> str:
    """What the group of a role is called that this organization makes."""
    return f"{organization_id}:{title}"


def roles_in(organization_id: int) -> QuerySet[Group]:
    """The roles that a member of an organization can have: the shipped ones first, then its own."""
    ours = Q(name__startswith=group_name("", organization_id)) | ~Q(name__regex=_OWN.pattern)
    return Group.objects.filter(ours).exclude(name=SYSTEM).order_by("pk")


def role_named(title: str, organization_id: int) -> Group | None:
    """The role of that title which a member can have; a shipped one goes before one's own."""
    if not title.isprintable() or _OWN.match(title):
        return None
    named = roles_in(organization_id).filter(name__in=[title, group_name(title, organization_id)])
    return named.first()


def is_role(title: str, organization_id: int) -> bool:
    """Whether a member of the organization can have it."""
    return role_named(title, organization_id) is not None


def fills(mine: str, asked: str) -> bool:
    """Whether a role stands at least as high as the one asked for; roles made by an admin only equal themselves."""
    if mine in RANK and asked in RANK:
        return RANK[mine] >= RANK[asked]
    return mine == asked


def powers_of(group: Group) -> frozenset[str]:
    """By name, as `work.view_unit`."""
    granted = group.permissions.all()
    return frozenset(f"{power.content_type.app_label}.{power.codename}" for power in granted)


def grant_shipped_powers() -> None:
    """Make the shipped groups and give each exactly its powers that exist."""
    for role, powers in POWERS.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(permissions_of(powers))


def permissions_of(powers: Iterable[str]) -> list[Permission]:
    """Those of these powers that there are."""
    wanted = Q(pk__in=[])
    for power in powers:
        app, codename = power.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))
