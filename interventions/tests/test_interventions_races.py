"""Two who come at the same moment: one wins, the other is told who, and nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.utils import timezone

from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Claim, Decision, Intervention, Vote
from interventions.tests.asking import ask, fresh, held, status_of, unit_of, verbs
from kit.errors import Refusal
from kit.tests.racing import alone, race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(transactional_db, ada):
    return ada


def later(question):
    """The clock's turn, once the question's time has passed."""
    return partial(
        actions.expire,
        question.pk,
        organization_id=question.organization_id,
        now=question.expires_at + timedelta(seconds=1),
    )


def refusals(told):
    return [one for one in told if isinstance(one, Refusal)]


def test_of_two_decisions_one_wins_and_the_loser_is_told_which(sys, ada, bo):
    question = held(sys)
    told = race(
        question.unit,
        partial(actions.approve, question.pk, actor=ada),
        partial(actions.reject, question.pk, reason="Not so fast.", actor=bo),
    )

    winner = Decision.objects.select_related("by__pilot").get()
    (loser,) = refusals(told)
    assert loser.members["decision"]["by"] == winner.by.name
    assert loser.members["decision"]["verdict"] == winner.verdict == status_of(question)
    assert verbs(question) == ["intervention.raised", "intervention.decided"]
    assert status_of(question.unit) == {"approved": "active", "rejected": "failed"}[winner.verdict]


def test_of_eight_decisions_about_a_question_without_a_unit_one_wins(sys, ada, bo):
    question = ask(sys)
    deeds = [partial(actions.approve, question.pk, actor=actor) for actor in (ada, bo) for _ in range(4)]
    told = race(question, *deeds)

    assert len(refusals(told)) == 7
    assert Decision.objects.count() == Vote.objects.count() == 1


@pytest.mark.parametrize("first", ["the clock", "the pilot"])
def test_the_clock_and_a_pilot_settle_a_question_once(sys, ada, first):
    question = held(sys)
    deeds = [later(question), partial(actions.approve, question.pk, actor=ada)]
    told = race(question.unit, *(deeds if first == "the clock" else reversed(deeds)))

    decision = Decision.objects.get()
    if decision.verdict == "expired":
        (loser,) = refusals(told)
        assert loser.sentence == "The time to decide has passed."
        assert status_of(question.unit) == "failed"
    else:
        assert decision.verdict == "approved"
        assert None in told  # the clock saw that somebody was quicker
        assert status_of(question.unit) == "active"
    assert len(verbs(question)) == 2


@pytest.mark.parametrize("row", ["unit", "question"])
@pytest.mark.parametrize("first", ["the caller", "the pilot"])
def test_a_caller_that_cancels_and_a_pilot_who_decides_do_not_lock_each_other_out(sys, ada, first, row):
    question = held(sys)
    deeds = [
        partial(actions.cancel_unit, question.unit_id, actor=sys),
        partial(actions.approve, question.pk, actor=ada),
    ]
    told = race(question.unit if row == "unit" else question, *(deeds if first == "the caller" else reversed(deeds)))

    assert Decision.objects.count() == 1
    assert status_of(question.unit) == "cancelled"
    assert (status_of(question), len(refusals(told))) in {("cancelled", 1), ("approved", 0)}


@pytest.mark.parametrize("first", [0, 1])
def test_a_yes_to_one_question_and_a_no_to_another_about_the_same_unit(sys, ada, bo, first):
    unit = unit_of(sys)
    one, other = ask(sys, unit=unit.pk), ask(sys, unit=unit.pk)
    deeds = [
        partial(actions.approve, one.pk, actor=ada),
        partial(actions.reject, other.pk, reason="No.", actor=bo),
    ]
    race(unit, *(deeds if first == 0 else reversed(deeds)))

    assert status_of(unit) == "failed"
    assert not Intervention.objects.open().exists()
    assert Decision.objects.count() == 2


def test_two_yeses_to_the_two_questions_about_a_unit_let_it_go_on_once(sys, ada, bo):
    unit = unit_of(sys)
    one, other = ask(sys, unit=unit.pk), ask(sys, unit=unit.pk)
    race(unit, partial(actions.approve, one.pk, actor=ada), partial(actions.approve, other.pk, actor=bo))

    assert status_of(unit) == "active"
    assert verbs(unit) == ["unit.awaiting_pilot", "unit.active"]
    assert sorted(Decision.objects.values_list("effect", flat=True)) == ["", "active"]


def test_the_clock_on_one_question_and_a_no_to_the_other(sys, ada):
    unit = unit_of(sys)
    one, other = ask(sys, unit=unit.pk), ask(sys, unit=unit.pk)
    race(other, partial(actions.reject, other.pk, reason="No.", actor=ada), later(one))

    assert not Intervention.objects.open().exists()
    assert Decision.objects.count() == 2
    assert [verb for verb in verbs(unit) if verb != "unit.awaiting_pilot"] == ["unit.failed"]


@pytest.mark.parametrize("first", ["the answer", "the question"])
def test_a_question_asked_while_the_last_one_is_answered_holds_the_unit(sys, ada, first):
    question = held(sys)
    another = Question(kind="approval", title="And this?", unit=question.unit_id)
    deeds = [
        partial(actions.approve, question.pk, actor=ada),
        partial(actions.raise_intervention, another, actor=sys),
    ]
    race(question.unit, *(deeds if first == "the answer" else reversed(deeds)))

    assert status_of(question) == "approved"
    assert status_of(question.unit) == "awaiting_pilot"
    assert Intervention.objects.open().get().title == "And this?"


@pytest.mark.parametrize("first", ["the end", "the question"])
def test_no_question_stays_open_about_a_unit_that_ends_at_that_moment(sys, ada, first):
    unit = unit_of(sys)
    deeds = [
        partial(actions.cancel_unit, unit.pk, actor=sys),
        partial(actions.raise_intervention, Question(kind="approval", title="This?", unit=unit.pk), actor=ada),
    ]
    race(unit, *(deeds if first == "the end" else reversed(deeds)))

    assert status_of(unit) == "cancelled"
    assert not Intervention.objects.open().exists()


def test_of_two_claims_one_holds(sys, ada, bo):
    question = ask(sys)
    told = race(question, *(partial(actions.claim, question.pk, actor=actor) for actor in (ada, bo)))

    (loser,) = refusals(told)
    assert loser.sentence == f"{Claim.objects.get().by.name} has already claimed this."
    assert verbs(question) == ["intervention.raised", "intervention.claimed"]


def test_a_claim_that_comes_with_the_decision_leaves_no_claim_behind(sys, ada, bo):
    question = ask(sys)
    race(question, partial(actions.approve, question.pk, actor=ada), partial(actions.claim, question.pk, actor=bo))

    assert status_of(question) == "approved"
    assert not Claim.objects.exists()


def test_a_double_click_is_one_vote(sys, ada):
    question = ask(sys, required_approvals=2)
    told = race(question, *(partial(actions.approve, question.pk, actor=ada) for _ in range(4)))

    assert Vote.objects.count() == 1
    assert len(refusals(told)) == 3
    assert status_of(question) == "pending"


def test_the_votes_that_make_the_quorum_decide_once(sys, ada, bo, max):
    question = held(sys, required_approvals=2)
    told = race(question.unit, *(partial(actions.approve, question.pk, actor=actor) for actor in (ada, bo, max)))

    assert Vote.objects.count() == 2
    assert len(refusals(told)) == Decision.objects.count() == 1
    assert status_of(question.unit) == "active"


def test_two_who_look_first_leave_one_line(sys, ada, bo):
    question = ask(sys)
    race(question, *(partial(actions.note_seen, question.pk, actor=actor) for actor in (ada, bo)))

    assert verbs(question) == ["intervention.raised", "intervention.seen"]


def test_a_reply_and_the_clock_leave_a_running_clock(sys, ada):
    question = ask(sys)
    actions.clarify(question.pk, message="Which one?", actor=ada)
    Intervention.objects.filter(pk=question.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    race(question, later(question), partial(actions.reply, question.pk, message="The second.", actor=sys))

    assert status_of(question) == "pending"
    assert fresh(question).paused_at is None


@pytest.mark.parametrize("about_a_unit", [False, True], ids=["by itself", "about a unit"])
def test_the_same_question_asked_by_many_at_once_is_one(sys, ada, about_a_unit):
    unit = unit_of(sys) if about_a_unit else None
    question = Question(kind="approval", title="Deploy", external_id="q-1", unit=unit and unit.pk)
    start = Barrier(8)

    def put() -> Intervention:
        start.wait(5)
        return actions.raise_intervention(question, actor=sys)

    with ThreadPoolExecutor(8) as threads:
        asked = [each.result(20) for each in [threads.submit(alone, put) for _ in range(8)]]

    assert len({one.pk for one in asked}) == Intervention.objects.count() == 1
    assert sorted(one.asked_before for one in asked) == [False] + [True] * 7
    assert Entry.objects.filter(verb="intervention.raised").count() == 1
    assert unit is None or verbs(unit) == ["unit.awaiting_pilot"]


def test_of_two_questions_with_one_name_the_second_is_refused(sys, ada):
    start = Barrier(2)

    def put(title: str) -> Intervention:
        start.wait(5)
        return actions.raise_intervention(Question(kind="approval", title=title, external_id="q-1"), actor=sys)

    with ThreadPoolExecutor(2) as threads:
        told = [each.result(20) for each in [threads.submit(alone, partial(put, title)) for title in ("One", "Two")]]

    assert len(refusals(told)) == Intervention.objects.count() == 1
