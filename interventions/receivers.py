"""What interventions does when a lower floor tells it something: a member went away, or came back."""

from typing import Any

from accounts.models import Membership
from kit.jobs import defer


def see_to_what_they_hold(membership: Membership, **_: Any) -> None:
    defer("interventions.take_over", membership_id=membership.pk)
