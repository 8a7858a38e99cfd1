"""Whom directories have told of by SCIM, and who of them is who here."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.directory import Facts, is_proof
from accounts.models import ApiKey, DirectoryFacts, Membership, Pilot, ProvisionedGroup, ProvisionedUser
from accounts.queries.members import refuse_unless_managing
from accounts.roles import PROVISION_SCOPE
from kit.errors import NotThere

MOST_SHOWN = 200
SCIM_PATH = "/scim/v2"


def provisioned_as(pilot: Pilot, organization_id: int) -> ProvisionedUser | None:
    """What the directory of an organization says of a pilot; of one it has removed, what it said last."""
    told = ProvisionedUser.objects.filter(pilot=pilot, organization_id=organization_id)
    return told.prefetch_related("groups").order_by(F("removed_at").desc(nulls_first=True)).first()


def waited_for(facts: Facts) -> list[ProvisionedUser]:
    """Whom directories wait for and who has come with these facts: one in an organization, by number before address."""
    known = Q(addresses__contains=[facts.mail.lower()]) if facts.mail else Q(pk__in=[])
    if facts.uid:
        known |= Q(external_id=facts.uid)
    waiting = ProvisionedUser.objects.standing().filter(known, pilot=None).order_by("created_at")
    proven = [one for one in waiting if is_proof(facts, one.external_id, one.addresses)]
    proven.sort(key=lambda one: one.external_id != facts.uid)
    best = {one.organization_id: one for one in reversed(proven)}
    return [best[organization] for organization in sorted(best)]  # two sign-ins lock organizations in one order


def already_here(user: ProvisionedUser) -> tuple[Pilot, Facts] | None:
    """A member of the organization who has signed in as the person the directory tells of. Looks at no others."""
    known = Q(facts__uid=user.external_id) if user.external_id else Q(pk__in=[])
    for address in user.addresses:
        known |= Q(facts__mail__iexact=address)
    ours = DirectoryFacts.objects.filter(known, pilot__kind=Pilot.Kind.PERSON, pilot__is_active=True)
    ours = ours.filter(pilot__memberships__organization=user.organization_id, pilot__memberships__until=None)
    taken = ProvisionedUser.objects.standing().filter(organization_id=user.organization_id, pilot__isnull=False)
    for one in ours.exclude(pilot__in=taken.values("pilot")).select_related("pilot").order_by("pilot"):
        facts = msgspec.convert(one.facts, Facts)
        if is_proof(facts, user.external_id, user.addresses):
            return one.pilot, facts
    return None


def last_told_of(pilot: Pilot) -> Facts | None:
    """What a provider said at the pilot's last sign-in."""
    latest = DirectoryFacts.objects.filter(pilot=pilot).order_by("-at").first()
    return msgspec.convert(latest.facts, Facts) if latest else None


def all_provisioned(search: str = "") -> QuerySet[ProvisionedUser]:
    """Whom the directories of all organizations keep: for whoever runs the machine."""
    found = ProvisionedUser.objects.standing().select_related("organization", "pilot").prefetch_related("groups")
    if search := search.replace("\x00", "").strip():
        found = found.filter(Q(user_name__icontains=search) | Q(addresses__contains=[search.lower()]))
    return found.order_by("organization__slug", "user_name")


def provisioned_users(actor: Membership) -> QuerySet[ProvisionedUser]:
    """Those of the actor's organization, as its directory lists them."""
    return ProvisionedUser.objects.visible_to(actor).standing().order_by("created_at", "pk")


def provisioned_groups(actor: Membership) -> QuerySet[ProvisionedGroup]:
    return ProvisionedGroup.objects.visible_to(actor).order_by("created_at", "pk")


def provisioned_user(pk: UUID, actor: Membership) -> ProvisionedUser:
    """Raises NotThere, as for what does not exist."""
    found = provisioned_users(actor).prefetch_related("groups").filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such user in this organization."))
    return found


def provisioned_group(pk: UUID, actor: Membership) -> ProvisionedGroup:
    """Raises NotThere, as for what does not exist."""
    found = provisioned_groups(actor).filter(pk=pk).first()
    if found is None:
        raise NotThere(_("There is no such group in this organization."))
    return found


class PersonLine(NamedTuple):
    user: ProvisionedUser
    member: Membership | None  # as they are now


class ProvisioningPage(NamedTuple):
    address: str  # that is typed in at the directory
    keys: Sequence[ApiKey]
    people: Sequence[PersonLine]
    total: int
    waiting: int  # who have not signed in yet
    inactive: int
    groups: Sequence[ProvisionedGroup]


def provisioning_page(actor: Membership) -> ProvisioningPage:
    """What an Admin sees of SCIM: how to connect a directory, and what it has told. Raises NotAllowed."""
    refuse_unless_managing(actor)
    ours = ProvisionedUser.objects.filter(organization_id=actor.organization_id).standing()
    groups = ProvisionedGroup.objects.filter(organization_id=actor.organization_id)
    keys = ApiKey.objects.filter(membership__organization_id=actor.organization_id, revoked_at=None)
    people = list(ours.select_related("pilot").order_by("user_name")[:MOST_SHOWN])
    counted = ours.aggregate(
        total=Count("pk"), waiting=Count("pk", filter=Q(pilot=None)), inactive=Count("pk", filter=Q(active=False))
    )
    return ProvisioningPage(
        f"{settings.BASE_URL}{SCIM_PATH}",
        list(keys.filter(scopes__contains=[PROVISION_SCOPE]).select_related("membership__pilot").order_by("-pk")),
        _with_members(people, actor),
        groups=list(groups.annotate(size=Count("members")).order_by("name")[:MOST_SHOWN]),
        **counted,
    )


def _with_members(people: Sequence[ProvisionedUser], actor: Membership) -> list[PersonLine]:
    ours = Membership.objects.acting().filter(organization_id=actor.organization_id)
    members = {one.pilot_id: one for one in ours.filter(pilot__in=[one.pilot_id for one in people if one.pilot_id])}
    return [PersonLine(one, members.get(one.pilot_id) if one.pilot_id else None) for one in people]
