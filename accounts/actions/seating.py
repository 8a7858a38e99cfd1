"""How a role is given and taken, whoever decides it: a member by hand, or the rules by the directory."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models.functions import Now

from accounts.actions.parting import part
from accounts.models import Invitation, Membership, Origin, Pilot, Platform, PlatformRole
from accounts.roles import title_of
from audit.actions import record
from live.bus import announce


def seat(pilot: Pilot, group: Group, origin: Origin, organization_id: int) -> Membership:
    """In the organization to stay, from now on in this role."""
    membership, _was_new = Membership.objects.update_or_create(
        pilot=pilot,
        organization_id=organization_id,
        defaults={"role": group, "ended_at": None, "until": None, "origin": origin},
    )
    show_role_of(membership)
    return membership


def unseat(
    membership: Membership,
    verb: str,
    actor: Membership,
    *,
    origin: Origin,
    heir: Membership | None = None,
    **told: Any,
) -> None:
    """Out of the organization, with what they were on its platforms: a comeback begins anew. No door is left open."""
    membership.platform_roles.all().delete()
    membership.ended_at, membership.origin = Now(), origin
    membership.save(update_fields=["ended_at", "origin"])
    Invitation.objects.pending().filter(invited_by=membership).update(withdrawn_at=Now())
    to = {"to": heir.name} if heir else {}
    record(verb, actor=actor, subject=membership, member=membership.name, **to, **told)
    part(membership, heir=heir)
    show_role_of(membership)


def seat_on(membership: Membership, platform: Platform, group: Group, origin: Origin) -> PlatformRole:
    there, _was_new = PlatformRole.objects.update_or_create(
        membership=membership, platform=platform, defaults={"role": group, "origin": origin}
    )
    show_role_of(membership)
    return there


def unseat_on(there: PlatformRole, actor: Membership, **cause: Any) -> None:
    there.delete()
    taken = {"pilot": there.membership.pilot.username, "platform": there.platform.slug}
    told = taken | {"role": title_of(there.role.name)} | cause
    record("membership.revoked_on", actor=actor, subject=there.membership, **told)
    show_role_of(there.membership)


def show_role_of(membership: Membership) -> None:
    """Whatever this member has open is asked again what it may do; keys in use are looked up anew."""
    announce("accounts.membership", str(membership.pk), organization_id=membership.organization_id)
