"""What is done to an organization and its platforms."""

from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless, refuse_unless_fresh
from accounts.models import LONGEST, SHORTEST, Membership, Organization, Pilot, Platform
from accounts.roles import SYSTEM, is_role, role_named
from audit.actions import record
from kit.errors import BadInput
from kit.rows import check_row, insert
from live.bus import Hint, announce_many

SYSTEM_PILOT = "system:chameleon"


@transaction.atomic
def create_organization(slug: str, name: str, *, by: str = "") -> Organization:
    """Make an organization with what it cannot be without: its system membership and a first platform.

    The one action without an actor: nobody is a member of what does not exist yet. Its ledger
    opens with the system's own line, which says `by` whom where a platform administrator asked for it.
    """
    organization = Organization(slug=slug, name=name)
    insert(organization, taken=_("There already is an organization “%(slug)s”.") % {"slug": slug})
    system = Membership.objects.create(
        organization=organization, pilot=_system_pilot(), role=Group.objects.get(name=SYSTEM)
    )
    record("organization.created", actor=system, subject=organization, name=name, **({"by": by} if by else {}))
    create_platform("api", "API", actor=system)
    return organization


@transaction.atomic
def change_organization(
    *, actor: Membership, name: str, rearm_by_two: bool, second_factor_roles: Sequence[str] = ()
) -> Organization:
    """Change what is the same for everybody in the actor's organization.

    Whoever has one of `second_factor_roles` gets to nothing until they have set up a second factor.
    """
    refuse_unless(actor, "accounts.manage_members")
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    roles = sorted(set(second_factor_roles))
    asked = {"name": name.strip(), "rearm_by_two": rearm_by_two, "second_factor_roles": roles}
    changed = {field: value for field, value in asked.items() if getattr(organization, field) != value}
    if not changed:
        return organization
    if "second_factor_roles" in changed:
        _check_factor_rule(roles, actor)
    for field, value in changed.items():
        setattr(organization, field, value)
    check_row(organization)
    organization.save(update_fields=[*changed])
    record("organization.changed", actor=actor, subject=organization, **changed)
    if "second_factor_roles" in changed:
        _ask_again_who_is_there(organization, roles)
    return organization


@transaction.atomic
def set_retention(*, actor: Membership, keep_settled_days: int | None, keep_ledger_days: int | None) -> Organization:
    """How long the content of settled work is kept, and the ledger; None: for ever. The nights after act on it."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    check_retention(keep_settled_days, keep_ledger_days)
    organization = Organization.objects.select_for_update().get(pk=actor.organization_id)
    asked = {"keep_settled_days": keep_settled_days, "keep_ledger_days": keep_ledger_days}
    if all(getattr(organization, field) == days for field, days in asked.items()):
        return organization
    organization.keep_settled_days, organization.keep_ledger_days = keep_settled_days, keep_ledger_days
    organization.save(update_fields=[*asked])
    record("organization.retention_set", actor=actor, subject=organization, **asked)
    return organization


def check_retention(settled_days: int | None, ledger_days: int | None) -> None:
    """Refuse what keeps too little to work with, and a ledger that forgets what is still there."""
    for field, days in (("settled", settled_days), ("ledger", ledger_days)):
        if days is not None and not SHORTEST <= days <= LONGEST:
            raise BadInput.field(
                field, _("from %(least)s to %(most)s days; empty: for ever") % {"least": SHORTEST, "most": LONGEST}
            )
    if ledger_days is not None and (settled_days is None or ledger_days < settled_days):
        raise BadInput.field("ledger", _("the ledger is kept at least as long as what it tells of"))


@transaction.atomic
def create_platform(slug: str, name: str, *, actor: Membership) -> Platform:
    """Register an outside system that submits work."""
    refuse_unless(actor, "accounts.manage_members")
    platform = Platform(organization_id=actor.organization_id, slug=slug, name=name)
    insert(platform, taken=_("There already is a platform “%(slug)s”.") % {"slug": slug})
    record("platform.created", actor=actor, subject=platform, slug=slug)
    return platform


def _check_factor_rule(roles: Sequence[str], actor: Membership) -> None:
    refuse_unless_fresh(actor)
    unknown = [role for role in roles if not is_role(role, actor.organization_id)]
    if unknown:
        raise BadInput.field("second_factor_roles", _("there is no role “%(role)s”") % {"role": unknown[0][:100]})


def _ask_again_who_is_there(organization: Organization, roles: Sequence[str]) -> None:
    """Open sockets of those whom the rule is about: whoever lacks a factor hears no more."""
    groups = [group for role in roles if (group := role_named(role, organization.pk))]
    concerned = Membership.objects.of_roles(groups).filter(organization=organization).values_list("pk", flat=True)
    announce_many(Hint("accounts.session", str(pk), organization.pk) for pk in concerned)


def _system_pilot() -> Pilot:
    pilot, made = Pilot.objects.get_or_create(
        username=SYSTEM_PILOT,
        defaults={"kind": Pilot.Kind.SYSTEM, "name": "Chameleon", "public_id": SYSTEM_PILOT},
    )
    if made:
        pilot.set_unusable_password()
        pilot.save(update_fields=["password"])
    return pilot
