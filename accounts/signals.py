"""What accounts tells the floors above it."""

from django.dispatch import Signal

# A member has gone away or has come back; `membership` is theirs. Sent inside the transaction.
absence_changed = Signal()
