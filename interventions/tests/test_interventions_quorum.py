"""Seats: who must approve, who fills which, who has said no, and what is still missing."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts import actions as accounts
from accounts.models import Membership
from accounts.queries import system_of
from audit.models import Entry
from audit.wording import line_of
from interventions import actions
from interventions.models import Vote, tally_of
from interventions.tests.asking import ask, expire, fresh, held, out_of_time, status_of, verbs
from kit.errors import NotAllowed, Refusal

SEATS = [{"role": "Security", "count": 1}, {"role": "Operations", "count": 2}]
THREE = {"seats": SEATS, "required_approvals": 3}


@pytest.fixture
def of_role(organization):
    """A member of a role that an admin made; such roles view and decide."""

    def make(username: str, role: str) -> Membership:
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set(Permission.objects.filter(codename__in=["decide_intervention", "view_intervention"]))
        system = system_of(organization.pk)
        granted = accounts.grant_role(accounts.create_pilot(username, actor=system), role, actor=system)
        return Membership.objects.acting().get(pk=granted.pk)

    return make


@pytest.fixture
def security(of_role):
    return of_role("sam", "Security")


@pytest.fixture
def operations(of_role):
    return [of_role(name, "Operations") for name in ("olga", "otto", "oona")]


def missing(question) -> list[tuple[str, int]]:
    tally = tally_of(question, Vote.objects.filter(intervention=question))
    return [(seat.role, len(seat.missing)) for seat in tally.seats]


def test_one_of_security_and_two_of_operations(sys, security, operations):
    question = held(sys, **THREE)
    actions.approve(question.pk, actor=operations[0])
    actions.approve(question.pk, actor=security)
    assert missing(question) == [("Security", 0), ("Operations", 1)]
    settled = actions.approve(question.pk, actor=operations[1])

    assert (settled.status, settled.resolution_source) == ("approved", "quorum")
    assert list(Vote.objects.values_list("seat", flat=True)) == ["Operations", "Security", "Operations"]
    assert status_of(question.unit) == "active"


def test_three_of_one_seat_are_not_a_quorum(sys, operations):
    question = ask(sys, **THREE)
    actions.approve(question.pk, actor=operations[0])
    actions.approve(question.pk, actor=operations[1])

    with pytest.raises(NotAllowed, match=r"no open seat for your role, Operations. Still missing: Security\."):
        actions.approve(question.pk, actor=operations[2])
    assert status_of(question) == "pending"


def test_a_role_that_has_no_seat_is_refused_in_a_sentence(sys, ada, max):
    question = ask(sys, **THREE)

    for outsider in (ada, max):  # an Admin is no Security either
        with pytest.raises(NotAllowed, match="Only these roles may decide this: Security, Operations"):
            actions.approve(question.pk, actor=outsider)
        assert not question.may_be_decided_by(outsider)


def test_a_higher_shipped_role_fills_a_lower_seat_and_its_own_first(sys, max, ada, bo):
    question = ask(sys, seats=[{"role": "Operator", "count": 1}, {"role": "Admin", "count": 1}], required_approvals=2)
    actions.approve(question.pk, actor=max)

    assert Vote.objects.get().seat == "Admin"
    assert actions.approve(question.pk, actor=ada).status == "approved"


def test_nobody_votes_twice_in_two_seats(sys, max):
    question = ask(sys, seats=[{"role": "Operator", "count": 1}, {"role": "Admin", "count": 1}], required_approvals=2)
    actions.approve(question.pk, actor=max)

    with pytest.raises(Refusal, match="already approved"):
        actions.approve(question.pk, actor=max)


def test_who_asked_fills_no_seat_where_the_gate_says_so(sys, max, ada):
    seats = [{"role": "Operator", "count": 1}, {"role": "Admin", "count": 1}]
    question = ask(ada, seats=seats, required_approvals=2, requester_may_approve=False)
    actions.approve(question.pk, actor=max)

    with pytest.raises(NotAllowed, match="yourself"):
        actions.approve(question.pk, actor=ada)


@pytest.mark.parametrize("voted_before", [0, 1])
def test_with_a_veto_one_rejection_of_any_seat_decides(sys, security, operations, voted_before):
    question = held(sys, **THREE)
    for one in operations[:voted_before]:
        actions.approve(question.pk, actor=one)
    settled = actions.reject(question.pk, reason="No.", actor=security)

    assert (settled.status, settled.resolution_source) == ("rejected", "human")
    assert Vote.objects.filter(act="reject").count() == 0


def test_without_a_veto_a_rejection_is_a_vote(sys, ada, bo, max):
    question = held(sys, required_approvals=2, veto=False)
    assert actions.reject(question.pk, reason="Hm.", actor=ada).status == "pending"
    assert actions.approve(question.pk, actor=bo).status == "pending"
    settled = actions.approve(question.pk, actor=max)

    assert (settled.status, settled.resolution_source) == ("approved", "quorum")
    assert list(Vote.objects.values_list("act", flat=True)) == ["reject", "approve", "approve"]
    assert verbs(question)[1:] == ["intervention.voted", "intervention.voted", "intervention.decided"]


def test_without_a_veto_as_many_rejections_as_approvals_reject(sys, ada, bo):
    question = held(sys, required_approvals=2, veto=False)
    actions.reject(question.pk, reason="Hm.", actor=ada)
    settled = actions.reject(question.pk, reason="No.", actor=bo)

    assert (settled.status, settled.resolution_source) == ("rejected", "quorum")
    assert settled.decision.reason == "No."
    assert status_of(question.unit) == "failed"


def test_without_a_veto_a_seat_says_no_with_as_many_rejections_as_it_has_places(sys, security, operations):
    question = ask(sys, veto=False, **THREE)
    assert actions.reject(question.pk, actor=operations[0]).status == "pending"

    assert actions.reject(question.pk, actor=security).status == "rejected"


def test_without_a_veto_nobody_votes_twice_either_way(sys, ada):
    question = ask(sys, required_approvals=2, veto=False)
    actions.reject(question.pk, actor=ada)

    with pytest.raises(Refusal, match="already rejected"):
        actions.approve(question.pk, actor=ada)
    with pytest.raises(Refusal, match="already rejected"):
        actions.reject(question.pk, actor=ada)


def test_without_a_veto_a_full_seat_has_said_its_word(sys, operations, security):
    question = ask(sys, veto=False, **THREE)
    actions.approve(question.pk, actor=operations[0])
    actions.approve(question.pk, actor=operations[1])

    with pytest.raises(NotAllowed, match="Still missing: Security"):
        actions.reject(question.pk, actor=operations[2])


def test_a_single_approval_without_a_veto_is_rejected_by_one(sys, ada):
    settled = actions.reject(ask(sys, veto=False).pk, actor=ada)

    assert (settled.status, settled.resolution_source) == ("rejected", "human")


def test_escalated_seats_fall_away_and_admins_take_over(sys, security, max):
    seats = [{"role": "Security", "count": 1}, {"role": "Operations", "count": 1}]
    question = ask(sys, on_timeout="escalate", seats=seats, required_approvals=2)
    actions.approve(question.pk, actor=security)
    expire(out_of_time(question))

    assert (fresh(question).required_role, fresh(question).seats) == ("Admin", [])
    assert actions.approve(question.pk, actor=max).status == "approved"


def test_roles_of_a_seat_may_claim_and_others_may_not(sys, security, ada):
    question = ask(sys, **THREE)

    assert actions.claim(question.pk, actor=security).status == "in_progress"
    with pytest.raises(NotAllowed):
        actions.claim(question.pk, actor=ada)


def test_the_ledger_tells_a_vote_against_it_from_one_for_it(sys, ada, bo):
    question = ask(sys, required_approvals=2, veto=False)
    actions.reject(question.pk, actor=ada)
    actions.approve(question.pk, actor=bo)
    lines = Entry.objects.about("intervention", question.pk).filter(verb="intervention.voted").order_by("pk")

    assert [line_of(line).icon for line in lines] == ["reject", "approve"]
