"""What ends with a membership: keys, absences, standing in. What the floors above hold is put back by them."""

from collections.abc import Sequence

from django.db.models.functions import Now

from accounts.models import Absence, ApiKey, Membership, TokenFamily
from accounts.signals import member_left
from live.bus import Hint, announce_many


def part(membership: Membership, *, heir: Membership | None = None) -> None:
    """End what a member has here; `heir` gets what is in their hands, and stands in where they did."""
    revoke_keys_of([membership.pk])
    Absence.objects.filter(membership=membership).delete()
    theirs = Absence.objects.filter(delegate=membership)
    if heir is not None and not heir.away:
        theirs.exclude(membership=heir).update(delegate=heir)
    theirs.update(delegate=None)
    member_left.send(Membership, membership=membership, heir=heir)


def revoke_keys_of(memberships: Sequence[int]) -> None:
    """No key or token of theirs opens anything again, also should they come back. Caches hear of it at once."""
    keys = ApiKey.objects.filter(membership__in=memberships, revoked_at=None)
    told = [
        Hint("accounts.key", digest, organization_id)
        for digest, organization_id in keys.values_list("digest", "membership__organization_id")
    ]
    keys.update(revoked_at=Now())
    TokenFamily.objects.filter(membership__in=memberships, ended_at=None).update(ended_at=Now())
    announce_many(told)
