"""Deciding: what is refused, what wins, what moves on."""

import pytest
from django.utils import timezone

from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Decision, Intervention
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2"), actor=sys)


def verbs_about(intervention: Intervention) -> list[str]:
    return list(Entry.objects.about("intervention", intervention.pk).order_by("pk").values_list("verb", flat=True))


def test_one_click_approves_and_the_ledger_says_so(ada, question):
    settled = actions.approve(question.pk, actor=ada)

    assert settled.status == "approved"
    assert settled.resolution_source == "human"
    assert settled.decision.by == ada
    assert verbs_about(question) == ["intervention.raised", "intervention.decided"]


def test_a_second_pilot_is_refused_and_told_who_won(ada, bo, question):
    actions.approve(question.pk, actor=ada)

    with pytest.raises(Refusal, match=r"Ada Nyström approved this .*\. Your rejection was not sent") as refused:
        actions.reject(question.pk, reason="Not so fast.", actor=bo)

    assert refused.value.members["decision"]["by"] == "Ada Nyström"
    assert Decision.objects.count() == 1
    assert verbs_about(question) == ["intervention.raised", "intervention.decided"]


def test_a_viewer_is_refused(vi, question):
    with pytest.raises(NotAllowed, match="look at questions"):
        actions.approve(question.pk, actor=vi)


def test_a_stranger_sees_nothing_to_decide(cy, question):
    with pytest.raises(NotThere):
        actions.approve(question.pk, actor=cy)


def test_an_operator_may_not_waive(ada, question):
    with pytest.raises(NotAllowed, match="Only an Admin may waive"):
        actions.waive(question.pk, reason="It is fine.", actor=ada)


def test_a_waiver_without_a_reason_is_refused(max, question):
    with pytest.raises(BadInput, match="reason"):
        actions.waive(question.pk, reason=" ", actor=max)


def test_an_expired_question_can_no_longer_be_decided_even_before_the_timer_came(ada, question):
    Intervention.objects.filter(pk=question.pk).update(expires_at=timezone.now())

    with pytest.raises(Refusal, match="time to decide has passed"):
        actions.approve(question.pk, actor=ada)
