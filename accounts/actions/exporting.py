"""What is kept about a person is taken out as a file: whoever does, the ledger says so."""

from django.db import transaction

from accounts.actions.powers import refuse_unless, refuse_unless_member
from accounts.models import Membership
from audit.actions import record


@transaction.atomic
def export_person(membership: Membership, *, actor: Membership) -> None:
    """Everything about a member, past ones included: by themselves, or by those who manage members."""
    refuse_unless_member(membership, actor)
    if membership.pk != actor.pk:
        refuse_unless(actor, "accounts.manage_members")
    record("person.exported", actor=actor, subject=membership.pilot, pilot=membership.pilot.username)
