"""The metrics page: who sees it, its figures, its plots with their tables, its spans."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.queries.rhythm import DAY, HOUR, Period, period_until, rhythm_of


def ask(sys: Membership, *, seconds_ago: float = 0) -> Intervention:
    asked = actions.raise_intervention(Question(kind="approval", title="Deploy"), actor=sys)
    Intervention.objects.filter(pk=asked.pk).update(created_at=timezone.now() - timedelta(seconds=seconds_ago))
    return asked


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("max", 200), ("cy", 200), (None, 302)])
def test_every_member_sees_the_metrics_of_their_own(request, client_of, person, status):
    client = client_of(person and request.getfixturevalue(person))

    assert client.get("/insights").status_code == status


def test_a_stranger_counts_nothing_of_ours(client_of, cy, ada, sys):
    actions.approve(ask(sys).pk, actor=ada)

    page = client_of(cy).get("/insights").text

    assert "Ada Nyström" not in page
    assert "No pilot has answered anything in this time." in page


def test_plots_are_described_and_have_their_tables(client_of, ada, sys):
    for seconds in (3, 40, 900):
        actions.approve(ask(sys, seconds_ago=seconds).pk, actor=ada)

    page = client_of(ada).get("/insights").text

    assert page.count('role="img"') == 4
    assert "3 answers of pilots. Median 40 s" in page
    assert page.count("<details") == 4
    assert "style=" not in page


@pytest.mark.parametrize(
    "query", ["", "last=1h", "last=24h", "last=7d", "last=30d", "since=2026-01-01", "until=2026-02-01"]
)
def test_every_span_has_its_page(client_of, ada, sys, query):
    actions.approve(ask(sys, seconds_ago=5).pk, actor=ada)

    assert client_of(ada).get(f"/insights?{query}").status_code == 200


@pytest.mark.parametrize(
    "query, field",
    [
        ("last=2h", "last"),
        ("since=soon", "since"),
        ("since=2026-03-01&until=2026-02-01", "since"),
        ("since=2010-01-01&until=2026-02-01", "since"),
        ("since=2099-01-01", "since"),
        ("until=9999-12-31", "until"),
    ],
)
def test_a_span_that_is_none_is_refused_by_name(client_of, ada, query, field):
    page = client_of(ada).get(f"/insights?{query}")

    assert page.status_code == 422
    assert field in page.text


def test_a_page_that_asks_for_itself_again_gets_only_its_figures(client_of, ada):
    answer = client_of(ada).get("/insights?last=7d", headers={"HX-Request": "true"})

    assert answer.text.startswith('<div class="stack" id="figures" hx-get="/insights?last=7d"')


def test_a_german_page_draws_the_same_plots(client_of, ada, sys):
    """A decimal comma in an SVG attribute would be another number."""
    for seconds in (3, 40, 900):
        actions.approve(ask(sys, seconds_ago=seconds).pk, actor=ada)

    def geometry(language: str) -> list[str]:
        page = client_of(ada).get("/insights", headers={"Accept-Language": language}).text
        return re.findall(r'<rect class="bar-\w+" [^>]+>', page)

    assert geometry("de")
    assert geometry("de") == geometry("en")


def test_the_number_of_statements_does_not_grow_with_the_questions(client_of, ada, bo, sys):
    client = client_of(ada)
    actions.approve(ask(sys).pk, actor=ada)
    with CaptureQueriesContext(connection) as few:
        client.get("/insights")
    for pilot in (ada, bo) * 4:
        actions.approve(ask(sys, seconds_ago=60).pk, actor=pilot)
    with CaptureQueriesContext(connection) as many:
        client.get("/insights")

    assert len(many) == len(few)


def test_waiting_is_what_came_and_was_not_yet_settled(ada, sys):
    actions.approve(ask(sys, seconds_ago=3 * HOUR).pk, actor=ada)
    ask(sys, seconds_ago=2.5 * HOUR)
    now = timezone.now() + timedelta(seconds=1)
    rhythm = rhythm_of(ada, Period(now - timedelta(hours=6), now))

    assert [step.arrived for step in rhythm.steps] == [0, 0, 1, 1, 0, 0]
    assert [step.settled for step in rhythm.steps] == [0, 0, 0, 0, 0, 1]
    assert [step.waiting for step in rhythm.steps] == [0, 0, 0, 1, 2, 2]
    assert rhythm.waiting == 1


def test_an_answer_after_its_due_time_is_late(ada, sys):
    late = ask(sys, seconds_ago=100)
    Intervention.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(seconds=30))
    for question in (late, ask(sys, seconds_ago=100)):
        actions.approve(question.pk, actor=ada)
    now = timezone.now() + timedelta(seconds=1)
    rhythm = rhythm_of(ada, Period(now - timedelta(hours=1), now))

    assert [(one.low, one.high, one.in_time, one.late) for one in rhythm.bins] == [(60, 120, 1, 1)]
    assert rhythm.in_time == 50


def test_a_quicker_median_says_by_how_much(ada, sys):
    before = ask(sys, seconds_ago=2 * DAY)
    actions.approve(before.pk, actor=ada)
    yesterday = timezone.now() - timedelta(days=1, hours=12)
    Intervention.objects.filter(pk=before.pk).update(settled_at=yesterday, created_at=yesterday - timedelta(seconds=90))
    actions.approve(ask(sys, seconds_ago=30).pk, actor=ada)
    now = timezone.now() + timedelta(seconds=1)

    assert rhythm_of(ada, Period(now - timedelta(days=1), now)).quicker_by == pytest.approx(60, abs=3)


@pytest.mark.parametrize(
    "span, step",
    [(timedelta(hours=1), 300), (timedelta(days=1), HOUR), (timedelta(days=7), 6 * HOUR), (timedelta(days=30), DAY)],
)
def test_a_span_begins_at_a_full_step(span, step):
    now = timezone.now()
    period = period_until(now, span)

    assert period.step == step
    assert period.since <= now - span
    assert timezone.localtime(period.since).second == 0
    assert len(period.starts) <= 61
