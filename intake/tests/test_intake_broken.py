"""The database cuts its connections, or is not there: programs get words, and nothing is written twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import psycopg
import pytest
from django import db
from django.conf import settings
from django.db import connection
from psycopg_pool import PoolTimeout

from accounts import keyring
from audit.models import Entry
from intake.tests.doors import open_gate
from intake.tests.test_intake_holding import LOAN, eventually, watches, while_waiting
from interventions import actions
from kit.database import connection_parameters
from work.models import Unit

CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"


@pytest.fixture
def program(transactional_db, sys, key_of, connect):
    open_gate(sys, "loans", "unit.attributes == {}")
    return connect(key_of(sys, "submit", "read"))


def cut(only: str = "") -> int:
    """End every connection of this database but the test's own; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
        cursor.execute(CUT + " AND application_name LIKE %s", [connection_parameters()["dbname"], mine, f"{only}%"])
        return cursor.fetchone()[0]


@contextmanager
def down() -> Iterator[None]:
    """Nobody gets into this database, not even who was in it. (This test's own connection stays.)"""
    name = connection_parameters()["dbname"]
    with psycopg.connect(**connection_parameters() | {"dbname": "postgres"}, autocommit=True) as other:
        other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            cut()
            yield
        finally:
            other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def submit(program, number: int):
    return program.post("/api/units", json=LOAN | {"external_id": f"loan-{number}"})


def test_the_submit_after_its_connection_was_cut_is_written_once(program):
    assert submit(program, 1).status_code == 201
    assert cut("chameleon intake") == 1

    assert submit(program, 2).status_code == 201
    assert submit(program, 1).status_code == 200
    assert Unit.objects.count() == Entry.objects.filter(verb="unit.submitted").count() == 2


def fill_the_pool(many: int) -> None:
    """So many idle connections, as a busy hour leaves them."""
    together = Barrier(many)

    def connect() -> None:
        with connection.cursor():
            together.wait(10)
        connection.close()

    with ThreadPoolExecutor(many) as threads:
        for done in [threads.submit(connect) for _ in range(many)]:
            done.result(20)


def test_when_every_connection_is_cut_the_next_calls_are_served(program, server):
    unit = submit(program, 1).json()
    fill_the_pool(12)
    assert cut() > 12

    assert submit(program, 2).status_code == 201
    assert program.get(f"/api/units/{unit['id']}").status_code == 200
    assert program.post("/api/units/batch", json=[LOAN | {"external_id": "loan-3"}]).json()[0]["status"] == 201


def test_who_waits_while_the_wire_is_cut_still_hears_of_the_decision(program, ada, server):
    held = program.post("/api/units", json=LOAN | {"attributes": {"n": 2}}).json()

    def cut_and_decide():
        assert bool(cut("chameleon live")) != bool(settings.REDIS_URL)  # with Redis the wire is not there to be cut
        actions.approve(held["intervention"]["id"], actor=ada)

    unit, _seconds = while_waiting(held, program, f"/api/units/{held['id']}?wait=20", cut_and_decide)

    assert unit["status"] == "active"
    eventually(lambda: watches(server) == 0)


def test_without_a_database_a_program_is_told_so_and_may_come_again(program):
    assert submit(program, 1).status_code == 201
    with down():
        connection.pool.timeout, patience = 0.2, connection.pool.timeout
        try:
            for _ in range(3):
                told = submit(program, 2)
                assert (told.status_code, told.headers["content-type"]) == (503, "application/problem+json")
                assert told.json()["detail"]
            assert program.get(f"/api/units/{Unit.objects.get().pk}").status_code == 503
        finally:
            connection.pool.timeout = patience

    eventually(lambda: submit(program, 2).status_code in {200, 201})
    assert set(Unit.objects.values_list("external_id", flat=True)) == {"loan-1", "loan-2"}


@pytest.mark.parametrize(
    "error, status",
    [
        (db.OperationalError("no route"), 503),
        (db.InterfaceError("the connection is closed"), 503),
        (psycopg.OperationalError("no route"), 503),
        (PoolTimeout("couldn't get a connection"), 503),
        (ZeroDivisionError("a bug"), 500),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_goes_wrong_a_program_gets_a_problem_and_no_inside_of_ours(program, monkeypatch, error, status):
    def fail(_token: str) -> None:
        raise error

    monkeypatch.setattr(keyring._known, "_load", fail)
    told = program.post("/api/units", json=LOAN)

    assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert str(error) not in told.text
