"""Escalating: the asker presses, the queue moves, and who may answer stays the same."""

import pytest

from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from work.models import Priority


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2"), actor=sys)


def test_each_escalation_raises_the_priority_by_one_step_and_no_further(sys: Membership, question: Intervention):
    for expected in (Priority.HIGH, Priority.CRITICAL, Priority.CRITICAL):
        assert actions.escalate(question.pk, message="The customer waits.", actor=sys).priority == expected

    said = question.comments.first()
    assert said is not None
    assert said.body == "Escalation requested: The customer waits."


def test_the_ledger_tells_from_what_to_what(sys: Membership, question: Intervention):
    actions.escalate(question.pk, message="Please.", actor=sys)

    line = Entry.objects.about("intervention", question.pk).get(verb="intervention.escalation_requested")
    assert line.data == {"was": "normal", "priority": "high"}


def test_whoever_may_decide_may_escalate_and_whoever_looks_may_not(
    ada: Membership, vi: Membership, cy: Membership, question: Intervention
):
    actions.escalate(question.pk, message="Please.", actor=ada)

    with pytest.raises(NotAllowed):
        actions.escalate(question.pk, message="Please.", actor=vi)
    with pytest.raises(NotThere):
        actions.escalate(question.pk, message="Please.", actor=cy)


def test_who_may_answer_does_not_change(sys: Membership, ada: Membership, question: Intervention):
    actions.escalate(question.pk, message="Please.", actor=sys)

    assert actions.approve(question.pk, actor=ada).status == "approved"


def test_an_answered_question_cannot_be_escalated_and_nothing_is_left_behind(
    ada: Membership, sys: Membership, question: Intervention
):
    actions.reject(question.pk, actor=ada)

    with pytest.raises(Refusal, match="Ada Nyström rejected this"):
        actions.escalate(question.pk, message="Please.", actor=sys)

    assert not question.comments.exists()


def test_a_message_too_long_is_refused_and_the_priority_stays(sys: Membership, question: Intervention):
    with pytest.raises(BadInput):
        actions.escalate(question.pk, message="x" * 20_000, actor=sys)

    assert Intervention.objects.get(pk=question.pk).priority == Priority.NORMAL
