"""The members of an organization as those who manage them see them, and the invitations that are out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from accounts.models import Invitation, Membership, MembershipQuerySet
from accounts.queries.members import is_last_to_manage, members_beside, members_of, refuse_unless_managing
from accounts.queries.roles import PlaceLine, places_of
from accounts.roles import SYSTEM, powers_of, roles_in, title_of
from kit.errors import NotThere

MOST_SHOWN = 200


@dataclass(frozen=True)
class MembersPage:
    """Members by name, platform administrators who are here for a while, and the invitations nobody has used yet."""

    members: Sequence[Membership]
    visitors: Sequence[Membership]
    invitations: Sequence[Invitation]
    roles: Sequence[str]  # that one may give
    search: str
    is_cut: bool
    now: datetime


@dataclass(frozen=True)
class MemberPage:
    member: Membership
    others: Sequence[Membership]  # who could get what is in their hands
    roles: Sequence[str]  # that one may give
    places: Sequence[PlaceLine]  # platforms, and which other role they have there
    is_last: bool  # who manages members


def members_page(actor: Membership, search: str = "") -> MembersPage:
    """Raises NotAllowed."""
    refuse_unless_managing(actor)
    now = datetime.now(UTC)
    found = _with_figures(members_of(actor.organization_id), now)
    if search := search.replace("\x00", "").strip():
        named = ("name", "username", "public_id", "email")
        found = found.filter(_any([Q(**{f"pilot__{field}__icontains": search}) for field in named]))
    members = list(found.order_by("pilot__name", "pilot__username")[: MOST_SHOWN + 1])
    visiting = Membership.objects.acting().filter(organization_id=actor.organization_id, until__isnull=False)
    invitations = Invitation.objects.visible_to(actor).pending().select_related("role", "invited_by__pilot")
    return MembersPage(
        members=sorted(members[:MOST_SHOWN], key=lambda one: one.name.casefold()),
        visitors=list(visiting),
        invitations=list(invitations.order_by("-pk")[:MOST_SHOWN]),
        roles=roles_to_give(actor),
        search=search,
        is_cut=len(members) > MOST_SHOWN,
        now=now,
    )


def member_page(actor: Membership, pk: int) -> MemberPage:
    """One member, or one who is on a visit. Raises NotAllowed or NotThere."""
    refuse_unless_managing(actor)
    here = Membership.objects.acting().filter(organization_id=actor.organization_id).exclude(role__name=SYSTEM)
    member = _with_figures(here, datetime.now(UTC)).filter(pk=pk).first()
    if member is None:
        raise NotThere(_("There is no such member in this organization."))
    return MemberPage(
        member, members_beside(member), roles_to_give(actor), places_of(member), is_last_to_manage(member)
    )


def roles_to_give(actor: Membership) -> list[str]:
    """Every role that may do nothing that the actor may not: the shipped ones, then the organization's own."""
    groups = roles_in(actor.organization_id).prefetch_related("permissions__content_type")
    return [title_of(one.name) for one in groups if powers_of(one) <= actor.standing.elsewhere.powers]


def invitation_of(digest: str) -> Invitation | None:
    """The invitation whose secret somebody holds, whatever has become of it."""
    found = Invitation.objects.select_related("organization", "role", "invited_by__pilot")
    return found.filter(digest=digest).first()


def _with_figures(found: MembershipQuerySet, now: datetime) -> MembershipQuerySet:
    usable = Q(keys__revoked_at=None) & (Q(keys__expires_at=None) | Q(keys__expires_at__gt=now))
    counted = found.annotate(key_count=Count("keys", filter=usable), key_used_at=Max("keys__last_used_at"))
    return counted.select_related("pilot__preferences", "organization", "role", "absence")


def _any(wishes: list[Q]) -> Q:
    wanted = Q()
    for wish in wishes:
        wanted |= wish
    return wanted
