"""The pool of connections outlives a restart of the database."""

import psycopg
import pytest
from django.db import connection

from intake.tests.test_intake_broken import fill_the_pool
from kit.database import connection_parameters

CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


def cut_every_connection() -> int:
    with psycopg.connect(**connection_parameters(), autocommit=True) as other:
        (many,) = other.execute(CUT, [other.info.dbname]).fetchone()
        return many


@pytest.mark.usefixtures("transactional_db")
def test_after_a_restart_the_first_who_asks_is_served():
    fill_the_pool(12)
    connection.close()
    assert cut_every_connection() >= 12

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.usefixtures("transactional_db")
def test_a_restart_is_noticed_again_and_again():
    for _ in range(3):
        connection.close()
        cut_every_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
