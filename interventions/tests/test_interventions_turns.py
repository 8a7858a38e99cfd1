"""Asking back as a turn: everything that counts time stands still, and goes on where it stood."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership
from audit.models import Entry
from interventions import actions, tasks
from interventions.models import Claim, Comment, Intervention
from interventions.tests.asking import ask, fresh, status_of, unit_of
from work import actions as work
from work.models import Unit

HOUR = timedelta(hours=1)


@pytest.fixture
def question(sys: Membership) -> Intervention:
    """About a unit that runs out with it, in an hour."""
    unit = unit_of(sys, expires_at=timezone.now() + HOUR)
    return ask(sys, unit=unit.pk)


def asked_back(question: Intervention, ago: timedelta, actor: Membership) -> None:
    """The requester was asked so long ago."""
    actions.clarify(question.pk, message="Which one?", actor=actor)
    Intervention.objects.filter(pk=question.pk).update(paused_at=timezone.now() - ago)


def test_due_and_expiry_move_by_the_time_it_stood_and_so_does_the_end_of_the_work(ada, sys, question):
    assert question.expires_at == question.unit.expires_at
    asked_back(question, 3 * HOUR, ada)

    actions.reply(question.pk, message="The second.", actor=sys)

    now = fresh(question)
    for field in ("due_at", "expires_at"):
        assert getattr(now, field) - getattr(question, field) == pytest.approx(3 * HOUR, abs=timedelta(seconds=5))
    assert fresh(question.unit).expires_at == now.expires_at
    assert Entry.objects.about("unit", question.unit_id).latest("pk").verb == "unit.extended"


def test_work_that_lasts_long_enough_is_not_given_more(ada, sys):
    unit = unit_of(sys, expires_at=timezone.now() + 100 * HOUR)
    question = ask(sys, unit=unit.pk)
    asked_back(question, HOUR, ada)

    actions.reply(question.pk, message="The second.", actor=sys)
    assert fresh(unit).expires_at == unit.expires_at


def test_work_without_an_end_stays_without_one(ada, sys):
    question = ask(sys, unit=unit_of(sys).pk)
    asked_back(question, HOUR, ada)

    actions.reply(question.pk, message="The second.", actor=sys)
    assert fresh(question.unit).expires_at is None


def test_neither_ends_while_the_requester_is_awaited(ada, sys, question):
    past = timezone.now() - HOUR
    asked_back(question, HOUR, ada)
    Intervention.objects.filter(pk=question.pk).update(due_at=past, expires_at=past)
    Unit.objects.filter(pk=question.unit_id).update(expires_at=past)

    tasks.expire_due(0)
    work.expire_overdue(timezone.now())
    assert status_of(question) == "awaiting_requester"
    assert status_of(question.unit) == "awaiting_pilot"


def test_work_goes_on_after_an_answer_that_came_in_the_time_it_was_given(ada, sys, question):
    asked_back(question, 3 * HOUR, ada)
    actions.reply(question.pk, message="The second.", actor=sys)
    actions.approve(question.pk, actor=ada)

    work.expire_overdue(timezone.now() + HOUR / 2)
    assert status_of(question.unit) == "active"


def test_the_claim_of_who_asked_stays_theirs(ada, sys, question):
    actions.claim(question.pk, actor=ada)
    asked_back(question, HOUR, ada)
    assert (status_of(question), Claim.objects.get().by) == ("awaiting_requester", ada)

    actions.reply(question.pk, message="The second.", actor=sys)
    assert (status_of(question), Claim.objects.get().by) == ("in_progress", ada)


def test_turns_follow_one_another(ada, bo, sys, question):
    for pilot, asked, told in ((ada, "Which one?", "The second."), (bo, "And when?", "Now.")):
        actions.clarify(question.pk, message=asked, actor=pilot)
        actions.reply(question.pk, message=told, actor=sys)

    assert list(Comment.objects.values_list("kind", "body")) == [
        ("question", "Which one?"),
        ("reply", "The second."),
        ("question", "And when?"),
        ("reply", "Now."),
    ]


def test_the_page_shows_the_turns_and_a_clock_that_stands(client_of, ada, sys, question):
    asked_back(question, HOUR, ada)
    page = client_of(ada).get(f"/interventions/{question.pk}").content.decode()
    assert 'data-turn="question"' in page
    assert 'data-state="paused"' in page

    actions.reply(question.pk, message="The second.", actor=sys)
    page = client_of(ada).get(f"/interventions/{question.pk}").content.decode()
    assert page.index('data-turn="question"') < page.index('data-turn="reply"')
    assert 'data-state="paused"' not in page
