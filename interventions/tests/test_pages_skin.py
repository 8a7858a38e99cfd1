"""The last hour as sixty scales: what each of them counts, what it says, and what it costs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from interventions import actions
from interventions.models import Intervention
from interventions.queries.skin import MINUTES, skin_of
from interventions.tests.asking import ask

NOW = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)


def asked(sys, *, came: float, due: float, settled: float | None = None) -> Intervention:
    """So many minutes before the full minute of NOW."""
    question = ask(sys)
    if settled is not None:
        actions.cancel(question.pk, actor=sys)
    full = NOW.replace(second=0)
    at = {"created_at": full - timedelta(minutes=came), "due_at": full - timedelta(minutes=due)}
    if settled is not None:
        at["settled_at"] = full - timedelta(minutes=settled)
    Intervention.objects.filter(pk=question.pk).update(**at)
    return question


def test_a_question_counts_from_the_minute_it_came_to_the_one_before_it_was_settled(ada, sys):
    asked(sys, came=10, due=-30, settled=4)

    skin = skin_of(ada, NOW)

    assert len(skin.waiting) == MINUTES
    assert [at for at, count in enumerate(reversed(skin.waiting)) if count] == [5, 6, 7, 8, 9, 10]
    assert (skin.minutes_overdue, skin.since_overdue) == (0, None)


def test_what_came_before_the_hour_and_still_waits_counts_in_every_minute(ada, sys):
    asked(sys, came=3000, due=-30)
    asked(sys, came=3000, due=2900, settled=2000)

    assert skin_of(ada, NOW).waiting == [1] * MINUTES


def test_overdue_is_from_when_it_was_due_until_it_was_settled(ada, sys):
    asked(sys, came=50, due=20, settled=8)
    asked(sys, came=50, due=20, settled=30)  # before it was due

    skin = skin_of(ada, NOW)

    assert [at for at, count in enumerate(reversed(skin.overdue)) if count] == list(range(9, 21))
    assert (skin.minutes_overdue, skin.since_overdue) == (12, 9)


def test_what_waits_on_its_requester_is_not_overdue(ada, sys):
    question = asked(sys, came=5, due=-5)
    actions.clarify(question.pk, message="Which one?", actor=ada)
    Intervention.objects.filter(pk=question.pk).update(due_at=NOW - timedelta(minutes=3))

    assert skin_of(ada, NOW).overdue == [0] * MINUTES


def test_a_stranger_sees_nothing_of_ours(cy, sys):
    asked(sys, came=5, due=1)

    assert skin_of(cy, NOW).waiting == [0] * MINUTES


def test_it_is_one_statement_a_minute(ada, vi, sys, django_assert_num_queries):
    with django_assert_num_queries(1):
        skin_of(ada, NOW)
    with django_assert_num_queries(0):
        skin_of(vi, NOW + timedelta(seconds=20))
    with django_assert_num_queries(1):
        skin_of(ada, NOW + timedelta(minutes=1))


def test_the_head_of_the_queue_shows_it_and_says_it(client_of, ada, sys):
    question = ask(sys)
    now = timezone.now()
    Intervention.objects.filter(pk=question.pk).update(
        created_at=now - timedelta(minutes=90), due_at=now - timedelta(minutes=3)
    )

    page = client_of(ada).get("/").text
    part = client_of(ada).get("/skin").text
    drawn = re.search(r'<svg class="skin".*?</svg>', page)

    assert drawn
    assert drawn[0] in part
    assert "The last hour: from 1 to 1 waiting, overdue work in 4 minutes of it, and now." in drawn[0]
    assert drawn[0].count("M") == 1 + 56 + 2 * 4  # the ground, a scale for each minute, and a notch above the late ones
    assert len(part) < 1500


@pytest.mark.parametrize("word", ["nothing overdue", "from 0 to 0 waiting"])
def test_a_quiet_hour_is_said_to_be_quiet(client_of, ada, word):
    assert word in client_of(ada).get("/skin").text
