"""Claims that are left alone, and whose holder is not here any more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Membership
from audit.models import Entry
from guardians import actions as guardians
from interventions import actions, tasks
from interventions.models import Claim, Comment, Intervention, Look, Vote
from interventions.queries.hands import lapsed
from interventions.tests.asking import ask, fresh, status_of, verbs

HALF_AN_HOUR = timedelta(seconds=1800)


@pytest.fixture
def question(sys: Membership, ada: Membership) -> Intervention:
    """Claimed by Ada."""
    question = ask(sys, required_approvals=2)
    actions.claim(question.pk, actor=ada)
    return question


def left_alone(question: Intervention, span: timedelta = HALF_AN_HOUR) -> None:
    """All that was done about it so far was done so long ago."""
    at = timezone.now() - span - timedelta(seconds=1)
    Claim.objects.filter(intervention=question).update(at=at)
    Comment.objects.filter(intervention=question).update(at=at)
    Vote.objects.filter(intervention=question).update(at=at)
    Look.objects.filter(intervention=question).update(seen_at=at)


def the_clock_turns() -> int:
    return tasks.free_hands(0)


def test_a_claim_left_alone_lapses_in_the_name_of_the_system(question):
    left_alone(question)

    assert the_clock_turns() == 1
    assert not Claim.objects.exists()
    assert status_of(question) == "pending"
    line = Entry.objects.about("intervention", question.pk).latest("pk")
    assert (line.verb, line.actor_role) == ("claim.lapsed", "System")
    assert line.data == {"held_by": "Ada Nyström", "to_id": "local:ada", "why": "idle"}


def test_a_fresh_claim_stays(question):
    left_alone(question, HALF_AN_HOUR - timedelta(minutes=1))

    assert the_clock_turns() == 0
    assert status_of(question) == "in_progress"


@pytest.mark.parametrize(
    "sign",
    [
        lambda question, ada: actions.comment(question.pk, body="Still on it.", actor=ada),
        lambda question, ada: actions.approve(question.pk, actor=ada),
        lambda question, ada: actions.look(question.pk, actor=ada),
    ],
    ids=["a comment", "a vote", "a look"],
)
def test_whatever_the_holder_does_keeps_the_claim(question, ada, sign):
    left_alone(question)
    sign(question, ada)

    assert the_clock_turns() == 0
    assert Claim.objects.get().by == ada


def test_what_others_do_does_not_keep_it(question, bo):
    left_alone(question)
    actions.comment(question.pk, body="Is Ada on it?", actor=bo)
    actions.look(question.pk, actor=bo)

    assert the_clock_turns() == 1


def test_while_the_requester_is_asked_back_the_claim_of_who_asked_stays(question, ada, sys):
    actions.clarify(question.pk, message="Which one?", actor=ada)
    left_alone(question)
    assert the_clock_turns() == 0

    actions.reply(question.pk, message="The second.", actor=sys)
    assert the_clock_turns() == 0  # they have just got the answer

    left_alone(question)
    assert the_clock_turns() == 1


def test_the_gate_says_how_long(question, max):
    gate = guardians.create_gate("loans", actor=max, name="Loans", claim_seconds=60)
    Intervention.objects.filter(pk=question.pk).update(gate=gate)

    left_alone(question, timedelta(seconds=50))
    assert the_clock_turns() == 0
    left_alone(question, timedelta(seconds=60))
    assert the_clock_turns() == 1


def test_who_goes_away_lets_go_at_once_and_what_they_claim_later_they_keep(question, ada, bo):
    accounts.set_absence(ada, delegate="local:bo", actor=ada)

    assert tasks.take_over(membership_id=ada.pk) == 1
    assert Entry.objects.about("intervention", question.pk).latest("pk").data["why"] == "away"

    actions.claim(question.pk, actor=ada)
    assert tasks.take_over(membership_id=ada.pk) == the_clock_turns() == 0


def test_going_away_queues_the_work(question, ada, monkeypatch):
    queued = []
    monkeypatch.setattr("interventions.receivers.defer", lambda task, **about: queued.append((task, about)))

    accounts.set_absence(ada, actor=ada)
    accounts.end_absence(ada, actor=ada)
    assert queued == [("interventions.take_over", {"membership_id": ada.pk})] * 2


def test_who_is_a_member_no_more_lets_go(question, ada, max):
    accounts.end_membership(ada, actor=max)

    assert the_clock_turns() == 1
    assert Entry.objects.about("intervention", question.pk).latest("pk").data["why"] == "ended"


def test_of_a_question_that_was_decided_meanwhile_nothing_lapses(question, ada, bo, sys):
    left_alone(question)
    assert list(lapsed(Claim.objects.all(), timezone.now())) == [Claim.objects.get()]
    actions.reject(question.pk, actor=bo)

    assert actions.lapse_claim(question.pk, organization_id=sys.organization_id, now=timezone.now()) is None
    assert "claim.lapsed" not in verbs(question)


def test_one_that_cannot_be_taken_off_keeps_no_other(question, ada, sys, monkeypatch):
    another = ask(sys)
    actions.claim(another.pk, actor=ada)
    left_alone(question)
    left_alone(another)
    lapse = actions.lapse_claim

    def break_at(intervention_id, **about):
        if intervention_id == question.pk:
            raise RuntimeError
        return lapse(intervention_id, **about)

    monkeypatch.setattr(actions, "lapse_claim", break_at)
    assert the_clock_turns() == 1
    assert fresh(question).status == "in_progress"
