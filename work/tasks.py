"""What the clock does to units."""

from django.utils import timezone
from procrastinate.contrib.django import app

from work import actions

TIMERS = "timers"  # a queue of its own name, at a priority no backlog of deliveries can hold up


@app.periodic(cron="* * * * * */5", periodic_id="work.watch")  # seconds come last
@app.task(name="work.watch", queue=TIMERS, priority=100, queueing_lock="work.watch", pass_context=False)
def watch(timestamp: int) -> None:
    """Find stalled and expired units. Harmless to run twice: both skip what has moved on."""
    now = timezone.now()
    actions.stall_silent(now)
    actions.expire_overdue(now)
