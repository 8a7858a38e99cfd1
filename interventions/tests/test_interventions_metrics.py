"""What is counted and timed, for whom, and at what price."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from accounts.standing import Place, Standing
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention, Source
from interventions.queries import metrics_for
from interventions.queries.spans import during
from kit.ids import uuid7

Ask = Callable[..., Intervention]


@pytest.fixture
def ask(sys: Membership) -> Ask:
    """A question asked some seconds ago."""

    def make(seconds: float = 0, **about: object) -> Intervention:
        asked = actions.raise_intervention(Question(**{"kind": "approval", "title": "Deploy"} | about), actor=sys)
        then = timezone.now() - timedelta(seconds=seconds)
        Intervention.objects.filter(pk=asked.pk).update(created_at=then)
        return asked

    return make


def test_questions_are_counted_by_status_kind_and_priority(ada, ask):
    actions.approve(ask(priority=0).pk, actor=ada)
    ask(kind="clarification")

    counted = metrics_for(ada)

    assert counted["asked"] == 2
    assert {word: n for word, n in counted["by_status"].items() if n} == {"approved": 1, "pending": 1}
    assert {word: n for word, n in counted["by_kind"].items() if n} == {"approval": 1, "clarification": 1}
    assert {word: n for word, n in counted["by_priority"].items() if n} == {"critical": 1, "normal": 1}


def test_open_and_overdue_are_of_now_whatever_the_time_asked_about(ada, ask):
    late = ask()
    ask()
    Intervention.objects.filter(pk=late.pk).update(due_at=timezone.now())

    counted = metrics_for(ada, until=timezone.now() - timedelta(days=1))

    assert (counted["open"], counted["overdue"], counted["asked"]) == (2, 1, 0)


def test_times_are_of_people_and_each_source_has_its_own(ada, ask):
    for seconds in (10, 20, 60):
        actions.approve(ask(seconds).pk, actor=ada)
    expired = ask(3600)
    late = timezone.now() + timedelta(days=2)
    actions.expire(expired.pk, organization_id=ada.organization_id, now=late)

    counted = metrics_for(ada)

    assert counted["resolution_seconds"]["settled"] == 3
    assert counted["resolution_seconds"]["mean"] == pytest.approx(30, abs=3)
    assert counted["resolution_seconds"]["median"] == pytest.approx(20, abs=3)
    assert counted["resolution_seconds"]["p90"] == pytest.approx(52, abs=3)
    assert counted["by_source"]["timeout_default"]["median"] == pytest.approx(3600, abs=3)
    assert (counted["settled"], counted["expired"]) == (4, 1)


def test_a_source_that_settled_nothing_has_no_times(ada):
    counted = metrics_for(ada)

    assert list(counted["by_source"]) == Source.values
    assert counted["resolution_seconds"] == {"settled": 0, "mean": None, "median": None, "p90": None}


def test_the_pilot_who_decided_most_stands_first(ada, bo, ask):
    actions.approve(ask(30).pk, actor=bo)
    for _ in range(2):
        actions.reject(ask(5).pk, reason="No.", actor=ada)

    first, second = metrics_for(ada)["top_pilots"]

    assert (first["name"], first["public_id"], first["decisions"]) == ("Ada Nyström", "local:ada", 2)
    assert second["median_seconds"] == pytest.approx(30, abs=3)


def test_only_what_was_settled_in_the_time_is_timed(ada, ask):
    actions.approve(ask(90).pk, actor=ada)
    now = timezone.now()

    assert metrics_for(ada, since=now - timedelta(minutes=1))["settled"] == 1
    assert metrics_for(ada, since=now - timedelta(minutes=1))["asked"] == 0
    assert metrics_for(ada, until=now - timedelta(minutes=1))["asked"] == 1
    assert metrics_for(ada, until=now - timedelta(minutes=1))["settled"] == 0


def test_a_stranger_counts_nothing_of_ours(cy, ada, ask):
    actions.approve(ask(5).pk, actor=ada)

    counted = metrics_for(cy)

    assert (counted["open"], counted["asked"], counted["settled"], counted["top_pilots"]) == (0, 0, 0, [])


def test_whoever_may_see_no_question_counts_none(ada, ask):
    actions.approve(ask(5).pk, actor=ada)
    nobody = Membership(organization_id=ada.organization_id, role=Group(name="Nobody"))
    nobody.standing = Standing(Place("Nobody", frozenset()))

    counted = metrics_for(nobody)

    assert (counted["open"], counted["asked"], counted["settled"], counted["top_pilots"]) == (0, 0, 0, [])


def test_the_number_of_statements_does_not_grow_with_the_questions(ada, bo, ask, django_assert_max_num_queries):
    actions.approve(ask(5).pk, actor=ada)
    with django_assert_max_num_queries(8):
        metrics_for(ada)

    for actor in (ada, bo, ada):
        actions.approve(ask(5).pk, actor=actor)

    with django_assert_max_num_queries(8):
        metrics_for(ada)


def test_what_was_settled_long_ago_is_counted_once(ada, ask):
    """Nothing changes it any more, and without bounds it is all there ever was."""
    for number in range(1, 4):
        question = ask(3600 * number)
        actions.approve(question.pk, actor=ada)
        Intervention.objects.filter(pk=question.pk).update(settled_at=timezone.now() - timedelta(minutes=30 * number))
    metrics_for(ada)
    actions.approve(ask(60).pk, actor=ada)
    with CaptureQueriesContext(connection) as captured:
        counted = metrics_for(ada)

    begins = [sql for sql in (query["sql"] for query in captured) if "GROUPING" in sql and "'1970-" in sql]
    assert begins == []
    assert counted["settled"] == counted["resolution_seconds"]["settled"] == 4


def test_a_span_is_counted_in_the_index_alone(ada, ask):
    copy = Intervention.objects.get(pk=ask().pk)
    for age in range(2_000):
        copy.pk, copy.created_at = uuid7(), timezone.now() - timedelta(hours=age)
        copy.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE interventions_intervention")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")

    asked = during(Intervention.objects.visible_to(ada), "created_at", timezone.now() - timedelta(days=3), None)
    plan = asked.order_by().values("status", "kind", "priority").annotate(Count("pk")).explain()

    assert "Index Only Scan using asked_in_time" in plan
