"""What time does to the sign-ins of programs."""

from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions


@app.periodic(cron="17 3 * * *", periodic_id="accounts.sweep_tokens")
@app.task(name="accounts.sweep_tokens", queueing_lock="accounts.sweep_tokens")
def sweep_tokens(timestamp: int) -> int:
    """Forget sign-ins of programs that are long over; what was done with them stays in the ledger."""
    return actions.sweep_tokens(timezone.now())
