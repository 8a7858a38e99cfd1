"""What the pages cost: as many statements for fifty rows as for one, and an index for every list."""

import gzip
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from guardians import actions as guardians
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.queries import Filters
from interventions.queries.counts import counts_for
from interventions.queries.lists import SOONEST, URGENT, narrowed
from interventions.queries.queue_page import queue_choices, queue_page
from interventions.queries.skin import skin_of
from interventions.tests.asking import held
from interventions.topics import pages

MANY = """
    INSERT INTO interventions_intervention (
        id, organization_id, kind, priority, status, title, context, content_hash, allowed_actions, required_role,
        required_approvals, requester_may_approve, reason_required, edits_allowed, requester_id, due_at, expires_at,
        on_timeout, settled_at, resolution_source
    )
    SELECT
        gen_random_uuid(), %(organization)s, 'approval', i %% 4,
        CASE WHEN i %% 4 = 0 THEN 'pending' ELSE 'approved' END, 'Refund ' || i,
        jsonb_build_object('order', i), repeat('0', 64), '{approve,reject}', 'Operator',
        1, true, false, false, %(requester)s, now() + i * interval '1 second',
        now() + interval '1 day' + i * 7919 %% 20000 * interval '1 second', 'reject',
        CASE WHEN i %% 4 = 0 THEN NULL ELSE now() - i * interval '1 minute' END,
        CASE WHEN i %% 4 = 0 THEN '' ELSE 'human' END
    FROM generate_series(1, 20000) i
"""


@pytest.fixture
def many(sys: Membership) -> None:
    """Five thousand that wait among fifteen thousand that are settled."""
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"organization": sys.organization_id, "requester": sys.pk})
        cursor.execute("SELECT gin_clean_pending_list('questions_in_words')")  # as autovacuum does
        cursor.execute("ANALYZE interventions_intervention")


def plans_of(work: Callable[[], object]) -> list[str]:
    """How the database goes about each statement of it."""
    with CaptureQueriesContext(connection) as captured:
        work()
    plans = []
    with connection.cursor() as cursor:
        for query in captured:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
    return plans


def ask(sys: Membership, count: int) -> list[Intervention]:
    return [
        actions.raise_intervention(
            Question(kind="approval", title=f"Deploy {n}", required_approvals=1 + n % 2), actor=sys
        )
        for n in range(count)
    ]


def statements(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_fifty_rows_take_as_many_statements_as_two(client_of, ada, bo, sys):
    first = ask(sys, 2)
    for question in first:
        actions.claim(question.pk, actor=bo)
    client = client_of(ada)
    client.get("/")  # the last hour in small is drawn once a minute
    few = statements(lambda: client.get("/"))
    for question in ask(sys, 48):
        actions.claim(question.pk, actor=bo)
        actions.comment(question.pk, body="Hm.", actor=ada)

    assert statements(lambda: client.get("/")) == few <= 28


def test_a_question_with_much_said_about_it_takes_no_more_statements(client_of, ada, bo, sys):
    quiet, loud = ask(sys, 2)
    for number in range(20):
        actions.comment(loud.pk, body=f"Remark {number}", actor=ada)
    actions.claim(loud.pk, actor=bo)
    actions.comment(quiet.pk, body="One remark.", actor=ada)
    client = client_of(ada)
    for question in (quiet, loud):
        client.get(f"/interventions/{question.pk}")  # seen, and that noted

    few = statements(lambda: client.get(f"/interventions/{quiet.pk}"))

    assert statements(lambda: client.get(f"/interventions/{loud.pk}")) <= few + 1 <= 30


def test_a_push_of_fifty_rows_takes_as_many_statements_as_of_two(ada, sys):
    questions = ask(sys, 50)
    keys = [str(question.pk) for question in questions]
    audience = pages.audience_of(ada)

    few = statements(lambda: pages.render_rows(ada.organization_id, keys[:2], audience))

    assert statements(lambda: pages.render_rows(ada.organization_id, keys, audience)) == few <= 8


def as_asked_in_life(sys: Membership, bo: Membership, max: Membership) -> None:
    """Fifty as they come in: of every kind and priority, half of them at a gate, some claimed, some with tags."""
    gate = guardians.create_gate("prod-deploy", actor=max, name="Deployments")
    for number in range(50):
        question = held(
            sys,
            ("approval", "approval", "approval", "clarification", "waiver")[number % 5],
            title=f"Refund of 1,840.00 to customer 8{number:04} for order 5512-A",
            priority=number % 4,
            required_approvals=1 + (number % 7 == 0),
            requested_by="support-agent",
            gate_id=gate.pk if number % 2 else None,
            tags=["eu", "customer"] if number % 4 == 0 else [],
            caller_polled_at=timezone.now() if number % 3 else None,
        )
        if number % 5 == 0:
            actions.claim(question.pk, actor=bo)


def test_a_full_page_is_small_on_the_wire(client_of, ada, bo, max, sys):
    as_asked_in_life(sys, bo, max)

    page = client_of(ada).get("/").content

    rows = re.findall(rb'<li class="row".*?</li>', page, re.DOTALL)
    assert len(rows) == 50
    assert sum(map(len, rows)) / 50 < 850
    assert len(page) < 60_000
    assert len(gzip.compress(page, 6)) < 14_000


@pytest.mark.parametrize("filters", [Filters(), Filters(kind=("approval",)), Filters(status=("pending",))])
def test_the_one_list_walks_its_index_and_stops(many, ada, filters):
    found = narrowed(Intervention.objects.visible_to(ada).open(), filters, ada)

    plan = found.order_by(*SOONEST)[:51].explain()

    assert "the_queue_by_due" in plan
    assert "Sort" not in plan.replace("Incremental Sort", "")


def test_a_tag_uses_the_index_of_tags(many, ada):
    Intervention.objects.filter(title="Refund 8").update(tags=["rare"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE interventions_intervention")
    found = narrowed(Intervention.objects.visible_to(ada).open(), Filters(tag="rare"), ada)

    assert "open_questions_by_tag" in found.explain()


@pytest.mark.parametrize("filters", [Filters(), Filters(priority=("high",)), Filters(status=("pending",))])
def test_the_queue_walks_its_index_and_stops(many, ada, filters):
    found = narrowed(Intervention.objects.visible_to(ada).open(), filters, ada)

    plan = found.order_by(*URGENT)[:51].explain()

    assert "waiting_in_order" in plan
    assert "Sort" not in plan.replace("Incremental Sort", "")


def test_a_later_page_begins_where_it_begins(many, ada):
    page = queue_page(ada, Filters())
    for _ in range(3):
        page = queue_page(ada, Filters(), cursor=page.next)
    plan = plans_of(lambda: queue_page(ada, Filters(), cursor=page.next))[0]

    assert "waiting_in_order" in plan
    assert "Seq Scan on interventions_intervention" not in plan


def test_a_search_uses_the_words_index(many, ada):
    found = narrowed(Intervention.objects.visible_to(ada).open(), Filters(search="refund 7777"), ada)

    assert "questions_in_words" in found.explain()


@pytest.mark.parametrize("filters", [Filters(), Filters(status=("approved",)), Filters(kind=("approval",))])
def test_open_and_settled_ones_together_walk_an_index_of_their_own(many, ada, filters):
    found = narrowed(Intervention.objects.visible_to(ada), filters, ada)

    plan = found.order_by(*URGENT)[:51].explain()

    assert "all_in_order" in plan
    assert "Sort" not in plan.replace("Incremental Sort", "")


def as_vacuumed() -> None:
    """What the planner knows after a vacuum, which does not run within a test's transaction.

    Other tests have left their rows' traces in the two indexes that hold what is counted: they are built anew.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("REINDEX INDEX waiting_in_order; REINDEX INDEX settled_in_time")
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname = 'interventions_intervention'")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")


def test_what_every_page_counts_is_read_from_the_index_alone(many, ada):
    as_vacuumed()
    plan = plans_of(lambda: counts_for(ada))[0]

    assert "Index Only Scan using waiting_in_order" in plan


def test_the_last_hour_is_read_from_two_indexes_alone(many, ada):
    as_vacuumed()
    (plan,) = plans_of(lambda: skin_of(ada, timezone.now()))

    assert "Index Only Scan using waiting_in_order" in plan
    assert "Index Only Scan using settled_in_time" in plan


def test_the_tags_to_choose_from_are_read_from_the_index_alone(many, ada):
    counts = counts_for(ada)
    as_vacuumed()
    plans = plans_of(lambda: queue_choices(ada, counts))

    assert any("Index Only Scan using waiting_in_order" in plan and "tags" in plan for plan in plans)


def test_what_will_be_late_is_numbered_from_the_index_alone(many, ada):
    as_vacuumed()
    _pace, plan, *_rest = plans_of(lambda: queue_page(ada, Filters(due="late")))

    assert "WindowAgg" in plan
    assert "Index Only Scan using waiting_in_order" in plan
