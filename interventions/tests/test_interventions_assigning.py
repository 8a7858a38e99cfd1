"""Giving a question to a member or a role, and handing a claim over."""

import pytest
from django.contrib.auth.models import Group

from accounts import actions as accounts
from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.models import Claim, Intervention
from interventions.queries import Filters, queue_for
from interventions.queries.counts import counts_for
from interventions.queries.hands import takers_of
from interventions.tests.asking import ask, everything, fresh, status_of, verbs
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


def line(question: Intervention) -> Entry:
    return Entry.objects.about("intervention", question.pk).latest("pk")


def mine(actor: Membership) -> list[Intervention]:
    return queue_for(actor, Filters(assigned_to="me")).rows


def test_a_question_is_given_to_a_member_with_a_note(ada, bo, question):
    actions.assign(question.pk, to="local:bo", note="You know the host.", actor=ada)

    assert fresh(question).assigned_to == bo
    assert status_of(question) == "pending"
    assert line(question).verb == "intervention.assigned"
    assert line(question).data == {"to": "Bo Lindqvist", "to_id": "local:bo", "note": "You know the host."}


def test_a_question_is_given_to_a_role_instead(ada, max, question):
    actions.assign(question.pk, to="local:max", actor=ada)
    actions.assign(question.pk, role="Admin", actor=ada)

    assert (fresh(question).assigned_to, fresh(question).assigned_role) == (None, "Admin")
    assert line(question).data == {"role": "Admin"}


def test_a_question_is_given_to_nobody(ada, bo, question):
    actions.assign(question.pk, to="local:bo", actor=ada)
    actions.assign(question.pk, actor=bo)

    assert fresh(question).assigned_to is None
    assert line(question).verb == "intervention.unassigned"


def test_giving_it_again_changes_nothing(ada, bo, question):
    actions.assign(question.pk, to="local:bo", actor=ada)
    before = everything()

    actions.assign(question.pk, to="local:bo", actor=bo)
    assert everything() == before


def test_an_assignment_keeps_nobody_from_deciding(ada, bo, question):
    actions.assign(question.pk, to="local:bo", actor=ada)

    assert actions.approve(question.pk, actor=ada).status == "approved"


def test_a_machine_may_be_given_a_question(ada, max, question):
    actions.assign(ask(max).pk, to="local:ci-runner", actor=ada)


@pytest.mark.parametrize(
    "given, refusal, words",
    [
        ({"to": "local:vi"}, Refusal, "Vi Larsen may not decide this"),
        ({"to": "local:cy"}, NotThere, "no such member"),
        ({"to": "system:chameleon"}, NotThere, "no such member"),
        ({"to": "local:bo", "role": "Admin"}, BadInput, "not to both"),
        ({"role": "Wizard"}, BadInput, "there is no such role"),
        ({"role": "Viewer"}, Refusal, "The role Viewer may not decide this"),
        ({"to": "local:bo", "note": "x" * 10_001}, BadInput, "note: at most 10000 characters"),
    ],
)
def test_what_cannot_be_given_is_refused_and_nothing_changes(ada, bo, vi, cy, question, given, refusal, words):
    before = everything()

    with pytest.raises(refusal, match=words):
        actions.assign(question.pk, actor=ada, **given)
    assert everything() == before


def test_who_may_not_decide_gives_nothing(bo, vi, cy, question):
    with pytest.raises(NotAllowed):
        actions.assign(question.pk, to="local:bo", actor=vi)
    with pytest.raises(NotThere):
        actions.assign(question.pk, to="local:bo", actor=cy)


def test_a_settled_question_is_given_to_nobody(ada, bo, question):
    actions.approve(question.pk, actor=bo)

    with pytest.raises(Refusal):
        actions.assign(question.pk, to="local:bo", actor=ada)


def test_a_role_of_its_own_is_asked_for_by_name(ada, max, sys):
    Group.objects.create(name="Security")
    question = ask(sys, required_role="Admin")

    with pytest.raises(Refusal, match="The role Security may not decide"):
        actions.assign(question.pk, role="Security", actor=max)
    with pytest.raises(Refusal, match="Ada Nyström may not decide"):
        actions.assign(question.pk, to="local:ada", actor=max)
    actions.assign(question.pk, role="Admin", actor=max)


def test_whoever_asked_and_may_not_approve_is_not_given_their_own_request(ada, bo):
    question = ask(ada, requester_may_approve=False)

    with pytest.raises(Refusal, match="Ada Nyström may not decide this"):
        actions.assign(question.pk, to="local:ada", actor=bo)


# ---------- Handing over ----------


def test_the_holder_hands_over_in_one_step(ada, bo, question):
    actions.claim(question.pk, actor=ada)
    claimed_at = Claim.objects.get().at

    actions.hand_over(question.pk, to="local:bo", note="My shift ends.", actor=ada)

    assert Claim.objects.get().by == bo
    assert Claim.objects.get().at > claimed_at
    assert status_of(question) == "in_progress"
    assert line(question).verb == "intervention.handed_over"
    assert line(question).data == {
        "was": "Ada Nyström",
        "to": "Bo Lindqvist",
        "to_id": "local:bo",
        "note": "My shift ends.",
    }


def test_an_admin_hands_over_what_another_holds_and_a_colleague_does_not(ada, bo, max, question):
    actions.claim(question.pk, actor=ada)

    with pytest.raises(NotAllowed, match="Ada Nyström has claimed this; only they or an Admin may hand it over"):
        actions.hand_over(question.pk, to="local:bo", actor=bo)
    actions.hand_over(question.pk, to="local:bo", actor=max)
    assert Claim.objects.get().by == bo


@pytest.mark.parametrize(
    "to, refusal, words",
    [
        ("local:ada", Refusal, "Ada Nyström has claimed this already"),
        ("local:vi", Refusal, "Vi Larsen may not decide this"),
        ("local:cy", NotThere, "no such member"),
        ("", BadInput, "say to whom"),
    ],
)
def test_what_cannot_be_handed_over_stays_where_it_is(ada, vi, cy, question, to, refusal, words):
    actions.claim(question.pk, actor=ada)
    before = everything()

    with pytest.raises(refusal, match=words):
        actions.hand_over(question.pk, to=to, actor=ada)
    assert everything() == before


def test_what_nobody_has_claimed_is_not_handed_over(ada, bo, question):
    with pytest.raises(Refusal, match="Nobody has claimed this"):
        actions.hand_over(question.pk, to="local:bo", actor=ada)


# ---------- Whoever is away ----------


def test_what_is_meant_for_somebody_away_goes_to_who_stands_in(ada, bo, max, question):
    accounts.set_absence(bo, delegate="local:max", actor=bo)

    actions.assign(question.pk, to="local:bo", actor=ada)
    assert fresh(question).assigned_to == max
    assert line(question).data == {"to": "Max Keller", "to_id": "local:max", "instead_of": "Bo Lindqvist"}

    actions.claim(question.pk, actor=ada)
    actions.hand_over(question.pk, to="local:bo", actor=ada)
    assert Claim.objects.get().by == max
    assert line(question).data["instead_of"] == "Bo Lindqvist"


def test_a_stand_in_who_may_not_decide_is_named_in_the_refusal(ada, bo, vi, question):
    accounts.set_absence(bo, delegate="local:vi", actor=bo)

    with pytest.raises(Refusal, match="Bo Lindqvist is away, and Vi Larsen, who stands in, may not decide this"):
        actions.assign(question.pk, to="local:bo", actor=ada)


def test_what_is_given_to_somebody_away_is_in_the_hands_of_who_stands_in(ada, bo, max, question):
    actions.assign(question.pk, to="local:bo", actor=ada)
    assert (mine(bo), mine(max)) == ([question], [])

    accounts.set_absence(bo, delegate="local:max", actor=bo)
    assert mine(max) == [question]
    assert counts_for(max).hands[max.pk] == 1

    accounts.end_absence(bo, actor=bo)
    assert mine(max) == []
    assert max.pk not in counts_for(max).hands


def test_what_is_given_to_a_role_is_not_in_nobodys_hands(ada, question):
    assert queue_for(ada, Filters(assigned_to="nobody")).rows == [question]

    actions.assign(question.pk, role="Admin", actor=ada)
    assert queue_for(ada, Filters(assigned_to="nobody")).rows == []


def test_takers_are_those_who_may_decide_by_name(ada, bo, vi, max, cy, sys, question):
    takers = takers_of(question, ada)

    assert [one.name for one in takers.members] == ["Ada Nyström", "Bo Lindqvist", "CI runner", "Max Keller"]
    assert takers.roles == ["Operator", "Admin"]


def test_who_left_takes_nothing(ada, bo, max, question):
    accounts.end_membership(bo, actor=max)

    assert bo not in takers_of(question, ada).members
    with pytest.raises(NotThere):
        actions.assign(question.pk, to="local:bo", actor=ada)
    assert verbs(question) == ["intervention.raised"]
