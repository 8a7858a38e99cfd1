"""What time does to visits."""

from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions


@app.periodic(cron="* * * * * */20", periodic_id="accounts.expire_visits")
@app.task(name="accounts.expire_visits", queue="timers", priority=50, queueing_lock="accounts.expire_visits")
def expire_visits(timestamp: int) -> int:
    """Write down which visits have run out, and free what they held. They have ended without it."""
    return actions.expire_visits(timezone.now())
