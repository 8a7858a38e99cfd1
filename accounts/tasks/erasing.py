"""What is left to do when somebody was erased."""

from procrastinate.contrib.django import app

from audit.actions import forget_late_lines


@app.periodic(cron="27 * * * *", periodic_id="accounts.forget_late_lines")
@app.task(name="accounts.forget_late_lines", queueing_lock="accounts.forget_late_lines")
def forget_late(timestamp: int) -> int:
    """A call that was under way while its caller was erased may have left a line with the name."""
    return forget_late_lines()
