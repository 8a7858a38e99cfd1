"""The organization of the demo, and who is in it."""

from accounts import actions as accounts
from accounts.management.ops import readable_password
from accounts.models import DEMO, Membership, MembershipQuerySet, Platform
from accounts.queries import organization_named, pilot_named, system_of
from chameleon.management.commands.bootstrap import open_gate
from chameleon.management.demo.content import GATES, PILOTS, PROGRAMS
from interventions.models import Intervention
from kit.errors import Refusal
from work.models import Unit

VISITOR = PILOTS[0][0]


def refuse_beside_real_work() -> None:
    """Invented questions stand in nobody's way: not in a database where somebody works."""
    elsewhere = (rows.exclude(organization__slug=DEMO) for rows in (Unit.objects.all(), Intervention.objects.all()))
    if any(rows.exists() for rows in elsewhere):
        raise Refusal(
            "This database holds somebody's work, and a demo stays out of it: give it one of its own, "
            "with CHAMELEON_DATA=demo bin/up --demo or another DATABASE_URL."
        )


def set_up() -> tuple[Membership, str | None]:
    """Make what is missing of the demo's organization. Its system, and the visitor's password if it was made now."""
    refuse_beside_real_work()
    organization = organization_named(DEMO) or accounts.create_organization(DEMO, "Harbour Goods")
    system = system_of(organization.pk)
    for gate in GATES:
        open_gate(gate, system)
    password = None
    for username, name, role in PILOTS:
        if pilot_named(username) is None:
            # Whom nobody is, nobody signs in as: only the visitor's account has a password.
            chosen = readable_password() if username == VISITOR else None
            pilot = accounts.create_pilot(username, actor=system, name=name, password=chosen)
            accounts.grant_role(pilot, role, actor=system)
            password = password or chosen
    for slug, (name, kind, platform) in PROGRAMS.items():
        if pilot_named(f"demo-{slug}") is None:
            accounts.create_platform(slug, platform, actor=system)
            pilot = accounts.create_pilot(f"demo-{slug}", actor=system, name=name, kind=kind)
            accounts.grant_role(pilot, "Operator", actor=system)
    return system, password


def new_password(system: Membership) -> str:
    password = readable_password()
    visitor = pilot_named(VISITOR)
    assert visitor is not None  # noqa: S101 -- set_up has made it
    accounts.set_password(visitor, password, actor=system)
    return password


def pilots_of(organization_id: int) -> list[Membership]:
    """Those who decide by themselves: all but the visitor."""
    names = [username for username, _name, _role in PILOTS if username != VISITOR]
    return list(_members(organization_id).filter(pilot__username__in=names).order_by("pk"))


def programs_of(organization_id: int) -> dict[str, Membership]:
    """Each program by its short name, acting for its platform as with a key of it."""
    platforms = {platform.slug: platform for platform in Platform.objects.filter(organization_id=organization_id)}
    found = {}
    for member in _members(organization_id).filter(pilot__username__in=[f"demo-{slug}" for slug in PROGRAMS]):
        slug = member.pilot.username.removeprefix("demo-")
        member.platform = platforms[slug]
        found[slug] = member
    return found


def _members(organization_id: int) -> MembershipQuerySet:
    return Membership.objects.acting().filter(organization_id=organization_id)
