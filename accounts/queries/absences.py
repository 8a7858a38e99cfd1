"""Who is away, and who stands in."""

from collections.abc import Mapping
from datetime import UTC, datetime

from accounts.models import Absence, Membership

MOST_STAND_INS = 5  # one stands in for another, who is away as well, and so on


def absence_of(membership: Membership) -> Absence | None:
    """The absence that stands now, with who stands in."""
    found = Absence.objects.current(datetime.now(UTC)).filter(membership=membership)
    return found.select_related("delegate__pilot").first()


def stand_ins_in(organization_id: int) -> dict[int, int]:
    """Whom the work of those who are away goes to, by memberships. One statement, however many are away."""
    absences = Absence.objects.current(datetime.now(UTC)).filter(
        membership__organization_id=organization_id, delegate__ended_at=None, delegate__pilot__is_active=True
    )
    delegates = dict(absences.exclude(delegate=None).values_list("membership", "delegate"))
    ends = {pk: end_of_chain(pk, delegates) for pk in delegates}
    return {pk: end for pk, end in ends.items() if end != pk}


def stand_in_for(membership: Membership) -> Membership:
    """The member, or while they are away whoever stands in: down the chain, when that one is away as well."""
    pk = stand_ins_in(membership.organization_id).get(membership.pk)
    return membership if pk is None else Membership.objects.acting().get(pk=pk)


def end_of_chain(pk: int, delegates: Mapping[int, int]) -> int:
    """Who stands in at last. A chain that comes back to where it began leads nowhere; a long one is cut off."""
    at, passed = pk, {pk}
    while at in delegates and len(passed) <= MOST_STAND_INS:
        at = delegates[at]
        if at in passed:
            return pk
        passed.add(at)
    return at
