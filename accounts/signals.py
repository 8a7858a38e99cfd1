"""What accounts tells the floors above it."""

from django.dispatch import Signal

# A member has gone away or has come back; `membership` is theirs. Sent inside the transaction.
absence_changed = Signal()

# A member is one no more, or their account is switched off; `heir` is the membership that what they have in hand goes
# to, or None. Sent inside the transaction.
member_left = Signal()

# Somebody is being erased; `person` is an `audit.actions.Person`. Sent inside the transaction, and answered there: the
# names to forget must not outlive it in a job.
pilot_erased = Signal()

# What the floors above know of somebody: `memberships` are theirs. A receiver answers {section: rows}, rows by keyset.
asked_about = Signal()
