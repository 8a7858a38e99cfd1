"""Somebody guesses passwords, keys or tokens: told in the ledger of those whom it concerns."""

from django.db import transaction

from accounts.models import Membership
from audit.actions import record


@transaction.atomic
def note_guessing(*, address: str, what: str, actor: Membership) -> None:
    """Somebody at this address was slowed down: at a `password` or a `key`. Call it once a burst, not once a try."""
    record("access.slowed", actor=actor, subject=actor.organization, address=address, what=what)
