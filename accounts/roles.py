"""Who may do what: the shipped roles, and the scopes that narrow a key.

Roles are Django groups and powers are Django permissions, so an admin can make more of
both; these three are kept as written here at every migration.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

VIEWER, OPERATOR, ADMIN, SYSTEM = "Viewer", "Operator", "Admin", "System"

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
    ADMIN: _SEE | _DECIDE | _GOVERN,
    SYSTEM: frozenset(),  # what timers act as: no power of its own, nobody signs in with it
}

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
}

# A role of this rank or higher fills a seat that asks for the role.
RANK = {VIEWER: 1, OPERATOR: 2, ADMIN: 3}

SCOPES = {
    "submit": frozenset({"work.submit_unit", "interventions.raise_intervention"}),
    "read": _SEE,
    "decide": frozenset({"interventions.decide_intervention"}),
    "admin": _GOVERN,
}


def is_role(name: str) -> bool:
    """Whether a member can have it: one of the shipped, or one that an admin made."""
    return name.isprintable() and Group.objects.filter(name=name).exclude(name=SYSTEM).exists()


def grant_shipped_powers() -> None:
    """Make the shipped groups and give each exactly its powers that exist."""
    for role, powers in POWERS.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(_permissions(powers))


def _permissions(powers: frozenset[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for power in powers:
        app, codename = power.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))
