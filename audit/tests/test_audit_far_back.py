"""A long ledger: last spring is read as fast as this morning."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from audit.queries import NEWEST, Narrow, chunks_of, entries_for, ledger_for
from kit.errors import BadInput

MANY = """
    INSERT INTO audit_entry (organization_id, actor_id, actor_name, actor_role, verb, subject_type, subject_id, at)
    SELECT %(organization)s, CASE WHEN i %% 3 = 0 THEN %(other)s ELSE %(actor)s END, 'Somebody', 'Operator',
        'test.' || i %% 20, 'kettle', i, now() - i * interval '1 minute'
    FROM generate_series(1, 20000) i
"""


@pytest.fixture
def many(ada, bo) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"organization": ada.organization_id, "actor": ada.pk, "other": bo.pk})
        cursor.execute("ANALYZE audit_entry")


@pytest.mark.parametrize(
    "narrow, index",
    [
        (Narrow(), "the_ledger"),
        (Narrow(actor="local:bo"), "the_ledger_of_an_actor"),
        (Narrow(verb=("test.7",)), "the_ledger_of_a_verb"),
        (Narrow(subject="kettle:19000"), "entries_about_a_subject"),
    ],
)
def test_a_page_far_back_begins_where_it_begins(many, ada, narrow, index):
    until = timezone.now() - timedelta(minutes=18_000)
    far_back = Narrow(subject=narrow.subject, actor=narrow.actor, verb=narrow.verb, until=until)

    plan = entries_for(ada, far_back).order_by(*NEWEST)[:51].explain()

    assert f"{index} " in plan
    assert "Seq Scan on audit_entry" not in plan
    if index != "entries_about_a_subject":
        assert "Sort" not in plan


def test_pages_meet_where_many_lines_were_written_at_the_same_moment(ada):
    now = timezone.now()
    Entry.objects.bulk_create(
        Entry(organization_id=ada.organization_id, actor_id=ada.pk, verb="test.same", at=now, subject_id=str(number))
        for number in range(7)
    )
    seen, cursor = [], ""
    while cursor is not None:
        page = ledger_for(ada, Narrow(verb=("test.same",)), cursor=cursor, limit=3)
        seen += [row.subject_id for row in page.rows]
        last, cursor = page, page.next

    assert seen == list("6543210")
    assert [row.subject_id for row in ledger_for(ada, Narrow(), cursor=last.previous, limit=3).rows] == list("321")


def test_chunks_are_everything_once_and_never_more_than_asked_for(many, ada):
    found = entries_for(ada, Narrow(verb=("test.7",)))

    chunks = list(chunks_of(found, 10_000, size=300))

    assert [len(chunk) for chunk in chunks] == [300, 300, 300, 100]
    assert len({entry.pk for chunk in chunks for entry in chunk}) == 1000
    assert [len(chunk) for chunk in chunks_of(found, 450, size=300)] == [300, 150]


def test_a_trail_is_the_lines_of_all_its_subjects(many, ada):
    trail = (("kettle", "5"), ("kettle", "7"), ("pot", "9"))

    assert {row.subject_id for row in ledger_for(ada, Narrow(trail=trail)).rows} == {"5", "7"}


@pytest.mark.parametrize("cursor", ["bjEyMw", "bjIwMjYxMTIxMDk0MjA3MDAwMDAwLng", "eDIwMjYxMTIxMDk0MjA3MDAwMDAwLjE"])
def test_a_cursor_of_somebodys_making_is_read_or_refused(ada, cursor):
    with pytest.raises(BadInput, match="cursor"):
        ledger_for(ada, Narrow(), cursor=cursor)
