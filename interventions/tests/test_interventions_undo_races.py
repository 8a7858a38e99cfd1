"""Undo and the clock, at the same moment, on real transactions: exactly one of them wins."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from interventions import actions
from interventions.models import Decision, Hold, Vote
from interventions.tests.asking import ask, held, status_of, verbs
from kit.errors import Refusal
from kit.tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(transactional_db, ada):
    return ada


def clock(question):
    """The clock's turn, once it can no longer be undone."""
    later = timezone.now() + timedelta(seconds=61)
    return partial(actions.carry_out, question.pk, organization_id=question.organization_id, now=later)


@pytest.mark.parametrize("first", ["undo", "the clock"])
def test_an_undo_and_the_clock(sys, ada, first):
    question = held(sys, undo_seconds=60)
    actions.approve(question.pk, actor=ada)
    deeds = [partial(actions.undo, question.pk, actor=ada), clock(question)]
    told = race(question.unit, *(deeds if first == "undo" else reversed(deeds)))

    if Decision.objects.exists():
        assert any(isinstance(one, Refusal) and "too late to undo" in one.sentence for one in told)
        assert (status_of(question), status_of(question.unit)) == ("approved", "active")
        assert verbs(question) == ["intervention.raised", "decision.held", "intervention.decided"]
    else:
        assert None in told
        assert (status_of(question), status_of(question.unit)) == ("pending", "awaiting_pilot")
        assert verbs(question) == ["intervention.raised", "decision.held", "decision.undone"]
    assert not Hold.objects.exists()


def test_two_clocks_carry_out_once(sys, ada):
    question = held(sys, undo_seconds=60)
    actions.approve(question.pk, actor=ada)
    told = race(question.unit, *(clock(question) for _ in range(4)))

    assert told.count(None) == 3
    assert Decision.objects.count() == Vote.objects.count() == 1


def test_of_two_who_press_one_is_held(sys, ada, bo):
    question = ask(sys, undo_seconds=60)
    told = race(
        question,
        partial(actions.approve, question.pk, actor=ada),
        partial(actions.reject, question.pk, reason="No.", actor=bo),
    )

    assert sum(isinstance(one, Refusal) for one in told) == 1
    assert Hold.objects.count() == 1
    assert verbs(question) == ["intervention.raised", "decision.held"]


@pytest.mark.parametrize("first", ["the end of its time", "the clock"])
def test_the_end_of_its_time_never_beats_what_was_pressed(sys, ada, first):
    question = held(sys, undo_seconds=60)
    actions.approve(question.pk, actor=ada)
    now = question.expires_at + timedelta(seconds=1)
    ends = partial(actions.expire, question.pk, organization_id=question.organization_id, now=now)
    deeds = [ends, clock(question)]
    race(question.unit, *(deeds if first == "the end of its time" else reversed(deeds)))

    assert (status_of(question), Decision.objects.get().verdict) == ("approved", "approved")


def test_a_caller_that_cancels_and_the_clock(sys, ada):
    question = held(sys, undo_seconds=60)
    actions.approve(question.pk, actor=ada)
    race(question.unit, partial(actions.cancel_unit, question.unit_id, actor=sys), clock(question))

    assert Decision.objects.count() == 1
    assert status_of(question.unit) == "cancelled"
    assert not Hold.objects.exists()
