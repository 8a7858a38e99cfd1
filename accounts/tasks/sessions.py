"""What time does to sessions."""

from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions


@app.periodic(cron="* * * * *", periodic_id="accounts.end_timed_out")
@app.task(name="accounts.end_timed_out", queue="timers", queueing_lock="accounts.end_timed_out", pass_context=False)
def end_timed_out(timestamp: int) -> int:
    """End sessions whose time is up; pages and sockets that are open in them stop within a second of it."""
    return actions.end_timed_out(timezone.now())
