"""Two who reach for the same question at the same moment, and the clock that comes between."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Absence
from accounts.queries import stand_ins_in
from interventions import actions
from interventions.models import Claim, Comment, Intervention, Look
from interventions.tests.asking import ask, fresh, status_of, verbs
from kit.errors import NotAllowed, Refusal
from kit.tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def question(transactional_db, sys, ada) -> Intervention:
    """Claimed by Ada."""
    question = ask(sys)
    actions.claim(question.pk, actor=ada)
    return question


def lapse(question, *, after: timedelta = timedelta(hours=1)):
    return partial(
        actions.lapse_claim, question.pk, organization_id=question.organization_id, now=timezone.now() + after
    )


def test_of_two_who_hand_over_the_same_claim_one_does(question, ada, bo, max):
    told = race(
        question,
        partial(actions.hand_over, question.pk, to="local:bo", actor=ada),
        partial(actions.hand_over, question.pk, to="local:max", actor=ada),
    )

    assert Claim.objects.get().by == bo
    (loser,) = [one for one in told if isinstance(one, NotAllowed)]
    assert loser.sentence == "Bo Lindqvist has claimed this; only they or an Admin may hand it over."
    assert verbs(question).count("intervention.handed_over") == 1


def test_of_two_who_assign_the_later_one_counts_and_both_are_written(question, ada, bo, max):
    race(
        question,
        partial(actions.assign, question.pk, to="local:bo", actor=ada),
        partial(actions.assign, question.pk, role="Admin", actor=max),
    )

    assert (fresh(question).assigned_to, fresh(question).assigned_role) == (None, "Admin")
    assert verbs(question).count("intervention.assigned") == 2


@pytest.mark.parametrize("first", ["the clock", "the holder"])
def test_the_clock_and_a_holder_who_hands_over(question, ada, bo, first):
    deeds = [lapse(question), partial(actions.hand_over, question.pk, to="local:bo", actor=ada)]
    told = race(question, *(deeds if first == "the clock" else reversed(deeds)))

    if first == "the clock":
        (refused,) = [one for one in told if isinstance(one, Refusal)]
        assert refused.sentence == "Nobody has claimed this."
        assert status_of(question) == "pending"
    else:
        # An hour ahead of its time the clock finds Bo's claim as old as Ada's was.
        assert "claim.lapsed" in verbs(question)
    assert not Claim.objects.exists()


@pytest.mark.parametrize("first", ["the clock", "the holder"])
def test_the_clock_and_a_holder_who_speaks(question, ada, first):
    long_ago = timezone.now() - timedelta(hours=1)
    Claim.objects.update(at=long_ago)
    deeds = [lapse(question, after=timedelta(0)), partial(actions.comment, question.pk, body="Here.", actor=ada)]
    race(question, *(deeds if first == "the clock" else reversed(deeds)))

    assert Comment.objects.count() == 1
    assert Claim.objects.exists() == (first == "the holder")
    assert ("claim.lapsed" in verbs(question)) == (first == "the clock")


@pytest.mark.parametrize("first", ["the clock", "the pilot"])
def test_the_clock_and_a_pilot_who_decides(question, ada, first):
    deeds = [lapse(question), partial(actions.approve, question.pk, actor=ada)]
    race(question, *(deeds if first == "the clock" else reversed(deeds)))

    assert status_of(question) == "approved"
    assert not Claim.objects.exists()
    assert ("claim.lapsed" in verbs(question)) == (first == "the clock")


def test_two_pages_of_one_pilot_are_one_look(question, ada):
    from concurrent.futures import ThreadPoolExecutor

    from kit.tests.racing import alone

    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(alone, [partial(actions.look, question.pk, actor=ada)] * 4))

    assert told == [None] * 4
    assert Look.objects.count() == 1


def test_two_who_stand_in_for_each_other_make_no_circle(transactional_db, organization, ada, bo):
    told = race(
        organization,
        partial(accounts.set_absence, ada, actor=ada, delegate="local:bo"),
        partial(accounts.set_absence, bo, actor=bo, delegate="local:ada"),
    )

    assert [type(one) for one in told] == [Absence, Refusal]
    assert stand_ins_in(organization.pk) == {ada.pk: bo.pk}
