"""Many callers, one statement: submits that arrive while a batch commits make up the next one.

An idle batcher writes at once, so a lone caller waits for nobody; a busy one collects. No timer:
waiting for more work never paid (docs/benchmarks.md).
"""

import asyncio
import logging
from collections.abc import Sequence

import psycopg

from intake import submission
from intake.actions import EXISTING, SUBMIT, Result, blame, refused_by_database, results
from intake.submission import Submission
from kit.database import OrmThreads, connect
from kit.errors import Unavailable
from live import bus

log = logging.getLogger(__name__)

MOST = 64  # a batch as large as the number of waiting callers would make all of them wait for one commit

LOST = "The database did not answer. Nothing may have been written; send it again, the external id makes that safe."


class Batcher:
    """One per event loop, with a connection of its own."""

    def __init__(self, threads: OrmThreads) -> None:
        self._threads = threads
        self._waiting: list[tuple[Submission, asyncio.Future[Result]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection | None = None

    async def write(self, one: Submission) -> Result:
        """Answered after the commit. Raises nothing: what went wrong is the result's problem."""
        written: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, written))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        return await written

    async def close(self) -> None:
        """Finish what is being written, then let go of the connection."""
        if self._flushing is not None:
            await self._flushing
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _flush(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._answer(sorted(taken, key=lambda one: one[0].key))
        finally:
            self._flushing = None

    async def _answer(self, taken: list[tuple[Submission, asyncio.Future[Result]]]) -> None:
        batch = [one for one, _written in taken]
        try:
            written = await self._store(batch)
        except Exception:  # whatever it was, every caller must be answered
            log.exception("A batch of %d submits failed", len(batch))
            written = [Result.of(Unavailable(LOST))] * len(batch)
        for (_one, future), result in zip(taken, written, strict=True):
            if not future.done():  # its caller may have gone away
                future.set_result(result)

    async def _store(self, batch: Sequence[Submission]) -> list[Result]:
        try:
            return await self._write(batch)
        except psycopg.Error as error:
            fault = blame(error)
            if fault == "database":
                return await self._write_anew(batch)
            if len(batch) == 1:
                return [refused_by_database()] if fault == "item" else await self._write(batch)
            middle = len(batch) // 2
            return await self._store(batch[:middle]) + await self._store(batch[middle:])

    async def _write(self, batch: Sequence[Submission]) -> list[Result]:
        """One autocommit statement: one round trip, one commit."""
        connection = await self._connected()
        cursor = await connection.execute(SUBMIT, submission.parameters(batch))
        taken, stopped, _hints_sent = await cursor.fetchone() or ([], None, 0)
        await bus.publish(hint for one in batch for hint in one.hints)
        if not taken and not stopped:
            return [Result(201, one.answer) for one in batch]
        found = await (await connection.execute(EXISTING, submission.keys(batch, taken))).fetchall()
        return await self._threads.run(results, batch, taken, stopped, found)

    async def _write_anew(self, batch: Sequence[Submission]) -> list[Result]:
        """The connection broke, perhaps long ago: once more over a new one. Ids are made already, so what was
        committed before the break is recognized and not made twice."""
        await self._drop_connection()
        return await self._write(batch)

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await connect(name="chameleon intake")
        return self._connection

    async def _drop_connection(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
