"""Questions that a stop holds: open, undecidable, and without a running clock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from interventions import actions
from interventions.models import Stop
from interventions.tasks import expire_due
from interventions.tests.asking import ask, expire, fresh, held, out_of_time, status_of, verbs
from interventions.tests.stopping import go_on, stop
from kit.errors import Refusal

pytestmark = pytest.mark.django_db


def test_held_questions_stay_open_and_cannot_be_decided(gate, max, ada, sys):
    question = held(sys)
    stopped = stop(max)

    for act, words in (("approve", {}), ("reject", {"reason": "No."}), ("cancel", {}), ("claim", {})):
        with pytest.raises(Refusal, match=r"Max Keller has stopped the gate deploys.*Agent repeated") as refused:
            getattr(actions, act)(question.pk, actor=ada, **words)
        assert refused.value.members == {"stop": str(stopped.pk)}
    assert (status_of(question), status_of(question.unit)) == ("pending", "awaiting_pilot")
    actions.comment(question.pk, body="What happened?", actor=ada)

    go_on(stopped, max)
    actions.approve(question.pk, actor=ada)
    assert status_of(question.unit) == "active"


def test_a_question_outside_the_scope_is_decided_as_ever(gate, max, ada, sys):
    question = ask(sys)
    stop(max)

    assert actions.approve(question.pk, actor=ada).status == "approved"


def test_the_clock_settles_nothing_that_is_held_and_the_time_is_given_back(gate, max, sys):
    question, outside = held(sys), ask(sys)
    stopped = stop(max)
    Stop.objects.update(at=timezone.now() - timedelta(minutes=10))
    question, outside = out_of_time(question), out_of_time(outside)

    assert expire(question) is None
    assert expire(outside).status == "expired"
    assert expire_due(0) == 0
    was = fresh(question)
    go_on(stopped, max)
    stood = fresh(question).expires_at - was.expires_at
    assert timedelta(minutes=10) <= stood < timedelta(minutes=11)
    assert fresh(question).due_at - was.due_at == stood
    assert expire(question) is None


def test_two_stops_over_one_question_give_its_time_back_once(gate, max, sys):
    question = held(sys)
    first, second = stop(max), stop(max, "organization", "")
    now = timezone.now()
    Stop.objects.filter(pk=first.pk).update(at=now - timedelta(minutes=10))
    Stop.objects.filter(pk=second.pk).update(at=now - timedelta(minutes=4))
    was = fresh(question).expires_at

    go_on(first, max)
    assert round((fresh(question).expires_at - was).total_seconds()) == 360
    go_on(second, max)
    assert 600 <= (fresh(question).expires_at - was).total_seconds() < 660


def test_a_question_asked_back_keeps_its_own_pause(gate, max, ada, sys):
    question = held(sys)
    actions.clarify(question.pk, message="Which one?", actor=ada)
    was = fresh(question).expires_at
    stopped = stop(max)
    with pytest.raises(Refusal, match="has stopped"):
        actions.reply(question.pk, message="The second.", actor=sys)
    go_on(stopped, max)

    assert fresh(question).expires_at == was
    actions.reply(question.pk, message="The second.", actor=sys)


def test_a_decision_held_for_undo_is_not_carried_out_while_stopped(gate, max, ada, sys):
    question = held(sys, undo_seconds=5)
    actions.approve(question.pk, actor=ada)
    stop(max)
    later = timezone.now() + timedelta(seconds=6)
    actions.carry_out(question.pk, organization_id=question.organization_id, now=later)

    assert (status_of(question), status_of(question.unit)) == ("pending", "awaiting_pilot")
    assert verbs(question)[-1] == "decision.dropped"
