"""Many callers, one statement: what shares one, what is written alone, and that everybody is answered."""

import asyncio

import psycopg
import pytest

from accounts.queries import default_platform_of
from guardians.policy import policy_at
from intake import actions, batcher
from intake.batcher import MOST, Batcher
from intake.tests.doors import open_gate, unit_in
from kit.database import OrmThreads
from work.models import Unit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def judged(sys):
    """`judged("loan-1", ...)`: a unit ready to be written."""
    open_gate(sys, "loans", "held")
    platform = default_platform_of(sys.organization_id)

    def judge(external_id: str, **about):
        return actions.judge(unit_in(external_id, **about), policy_at, sys, platform)

    return judge


@pytest.fixture
def statements(monkeypatch):
    """How many units each statement carried."""
    sizes = []
    write = Batcher._write

    async def counted(self, batch):
        sizes.append(len(batch))
        return await write(self, batch)

    monkeypatch.setattr(Batcher, "_write", counted)
    return sizes


def written(*batches, then=None):
    """Each batch's results; the batches are sent one after the other, the units of each at once."""

    async def write():
        threads = OrmThreads("test", 1)
        one = Batcher(threads)
        try:
            told = [await asyncio.gather(*map(one.write, units)) for units in batches]
            if then is not None:
                told.append(await then(one))
            return told
        finally:
            await one.close()
            threads.close()

    return asyncio.run(write())


def test_one_alone_is_written_at_once(judged, statements):
    ((result,),) = written([judged("a")])

    assert (result.status, statements) == (201, [1])


def test_those_that_come_while_one_is_written_share_the_next_statement(judged, statements):
    async def a_burst(one):
        first = asyncio.create_task(one.write(judged_units[0]))
        await asyncio.sleep(0)  # it is on its way to the database now
        return [await first, *await asyncio.gather(*map(one.write, judged_units[1:]))]

    judged_units = [judged(f"loan-{n}") for n in range(20)]
    (told,) = written(then=a_burst)

    assert {result.status for result in told} == {201}
    assert sum(statements) == 20
    assert len(statements) <= 3
    assert Unit.objects.count() == 20


def test_no_statement_carries_more_than_the_most(judged, statements):
    (told,) = written([judged(f"loan-{n}") for n in range(MOST * 2 + 5)])

    assert {result.status for result in told} == {201}
    assert max(statements) == MOST


def test_each_is_told_of_its_own_unit_whatever_the_order(judged):
    names = [f"loan-{n:02}" for n in range(30)]
    (told,) = written([judged(name) for name in reversed(names)])

    assert [result.answer["external_id"] for result in told] == names[::-1]


def test_duplicates_in_one_statement_and_in_the_next(judged):
    first, second = written([judged("a"), judged("a"), judged("a", title="Other")], [judged("a"), judged("b")])

    assert [result.status for result in first] == [201, 200, 409]
    assert [result.status for result in second] == [200, 201]
    assert Unit.objects.count() == 2


def test_one_that_the_database_refuses_is_left_out_and_the_others_are_written(judged, statements):
    units = [judged(f"loan-{n}") for n in range(10)]
    units[6].unit["priority"] = 9
    (told,) = written(units)

    assert [result.status for result in told] == [201] * 6 + [422] + [201] * 3
    assert Unit.objects.count() == 9
    assert len(statements) <= 10


def test_two_that_crossed_another_writer_are_tried_again_by_themselves(judged, monkeypatch):
    write = Batcher._write

    async def crossed(self, batch):
        if len(batch) > 1:
            raise psycopg.errors.DeadlockDetected("deadlock detected")
        return await write(self, batch)

    monkeypatch.setattr(Batcher, "_write", crossed)
    monkeypatch.setattr(batcher, "blame", lambda error: "moment")
    (told,) = written([judged("a"), judged("b"), judged("c")])

    assert {result.status for result in told} == {201}


def test_when_nothing_works_everybody_is_answered(judged, monkeypatch):
    async def broken(self, batch):
        raise RuntimeError("no")

    monkeypatch.setattr(Batcher, "_write", broken)
    (told,) = written([judged(f"loan-{n}") for n in range(5)])

    assert {result.status for result in told} == {503}
    assert "external id makes that safe" in told[0].problem.sentence


def test_after_a_failure_the_next_are_written(judged, monkeypatch):
    write, failures = Batcher._write, [RuntimeError("no")]

    async def broken_once(self, batch):
        if failures:
            raise failures.pop()
        return await write(self, batch)

    monkeypatch.setattr(Batcher, "_write", broken_once)
    first, second = written([judged("a")], [judged("a")])

    assert [first[0].status, second[0].status] == [503, 201]


def test_a_try_whose_answer_was_lost_is_recognized_as_its_own(judged, monkeypatch):
    """The connection breaks after the commit: written once, and told as made."""
    write, lost = Batcher._write, [psycopg.OperationalError("server closed the connection unexpectedly")]

    async def lost_once(self, batch):
        result = await write(self, batch)
        if lost:
            raise lost.pop()
        return result

    monkeypatch.setattr(Batcher, "_write", lost_once)
    ((result,),) = written([judged("a")])

    assert result.status == 201
    assert str(Unit.objects.get().pk) == str(result.answer["id"])


def test_a_caller_that_has_gone_holds_nobody_up(judged):
    async def gone_in_between(one):
        impatient = asyncio.create_task(one.write(judged_units[0]))
        patient = asyncio.create_task(one.write(judged_units[1]))
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    judged_units = [judged("a"), judged("b")]
    (told,) = written(then=gone_in_between)

    assert told.status == 201
    assert Unit.objects.count() == 2


def test_closing_waits_for_what_is_being_written(judged):
    async def close_at_once(one):
        writing = asyncio.create_task(one.write(unit))
        await asyncio.sleep(0)
        await one.close()
        return await writing

    unit = judged("a")
    (told,) = written(then=close_at_once)

    assert told.status == 201
