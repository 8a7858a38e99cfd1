"""The clock: how often it ticks, and that nothing stops it for good."""

import asyncio
from itertools import pairwise

import croniter
import pytest
from asgiref.sync import sync_to_async
from channels.db import aclose_old_connections
from django.db import connection, connections
from procrastinate.contrib.django import app as jobs

from chameleon import lifespan
from intake.tests.test_intake_broken import fill_the_pool
from kit.database import connect

KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize(
    "task, seconds",
    [
        ("interventions.expire_due", 1),
        ("interventions.free_hands", 15),
        ("work.watch", 5),
        ("accounts.tend_tokens", 30),
        ("chameleon.take_up_stalled", 60),
    ],
)
def test_the_clock_ticks_evenly(task, seconds):
    (timer,) = [timer for timer in jobs.periodic_registry.periodic_tasks.values() if timer.task.name == task]
    ticks = croniter.croniter(timer.cron, 0)

    times = [ticks.get_next(float) for _ in range(200)]
    assert {later - earlier for earlier, later in pairwise(times)} == {seconds}


def test_the_clock_goes_on_after_the_database_was_restarted(transactional_db):
    """Its connection is Django's, in a thread that nobody else looks after."""
    fill_the_pool(12)
    try:
        asyncio.run(_outlive_a_restart())
    finally:
        connections.close_all()  # the test's own was cut off as well


async def _outlive_a_restart():
    await sync_to_async(_connect)()
    async with await connect(name="test") as database:
        await database.execute(KILL)
        working = asyncio.create_task(lifespan._work())
        try:
            async with asyncio.timeout(20):
                while not await _ticks(database):
                    await asyncio.sleep(0.1)
        finally:
            working.cancel()
            await asyncio.wait([working])
            await aclose_old_connections()


def _connect():
    connection.ensure_connection()


async def _ticks(database):
    """Asks for the tick, which stays; its job is gone a few milliseconds later."""
    found = await database.execute(
        "SELECT 1 FROM procrastinate_periodic_defers WHERE task_name = 'interventions.expire_due'"
    )
    return await found.fetchone() is not None
