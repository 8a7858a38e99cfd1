"""The worker's housekeeping."""

from procrastinate.contrib.django import app
from procrastinate.job_context import JobContext


@app.periodic(cron="* * * * *", periodic_id="chameleon.take_up_stalled")
@app.task(
    name="chameleon.take_up_stalled",
    queue="timers",
    priority=100,
    queueing_lock="chameleon.take_up_stalled",
    pass_context=True,
)
async def take_up_stalled(context: JobContext, timestamp: int) -> int:
    """Jobs whose worker died in the middle are run again. Every task is written to be run twice."""
    stalled = list(await context.app.job_manager.get_stalled_jobs())
    for job in stalled:
        await context.app.job_manager.retry_job(job)
    return len(stalled)
