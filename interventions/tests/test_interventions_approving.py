"""Who may approve, how many must, what they may change, and who takes a question back."""

import pytest

from interventions import actions
from interventions.models import Decision, Vote
from interventions.tests.asking import ask, everything, expire, fresh, held, narrowed, out_of_time, status_of, verbs
from kit.canonical import content_hash
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


@pytest.mark.parametrize("kind, act", [("approval", "approve"), ("approval", "waive"), ("resume", "resume")])
def test_who_asked_may_not_approve_when_the_gate_says_so(max, bo, kind, act):
    question = held(max, kind, requester_may_approve=False)

    with pytest.raises(NotAllowed, match="You asked for this yourself"):
        getattr(actions, act)(question.pk, reason="It is agreed.", actor=max)
    assert not question.offers(act, max)
    assert status_of(question) == "pending"


def test_somebody_else_approves_what_the_requester_may_not(max, bo):
    question = held(max, requester_may_approve=False)

    assert actions.approve(question.pk, actor=bo).status == "approved"


@pytest.mark.parametrize("act", ["reject", "cancel"])
def test_who_asked_may_still_say_no(max, act):
    question = held(max, requester_may_approve=False)
    getattr(actions, act)(question.pk, reason="It is agreed.", actor=max)

    assert not fresh(question).is_open


def test_where_the_gate_allows_it_who_asked_approves(max):
    assert actions.approve(held(max).pk, actor=max).status == "approved"


def test_who_asked_is_none_of_the_quorum_either(ada, bo):
    question = held(ada, requester_may_approve=False, required_approvals=2)
    actions.approve(question.pk, actor=bo)

    with pytest.raises(NotAllowed):
        actions.approve(question.pk, actor=ada)


def test_a_key_of_the_requester_is_the_requester(ada):
    question = ask(ada, requester_may_approve=False)

    with pytest.raises(NotAllowed, match="yourself"):
        actions.approve(question.pk, actor=narrowed(ada, "decide", "read"))


def test_the_last_vote_decides_and_says_that_it_was_a_quorum(sys, ada, bo, max):
    question = held(sys, required_approvals=3)

    assert actions.approve(question.pk, actor=ada).status == "pending"
    assert actions.approve(question.pk, actor=bo).status == "pending"
    assert status_of(question.unit) == "awaiting_pilot"
    settled = actions.approve(question.pk, actor=max)

    assert (settled.status, settled.resolution_source) == ("approved", "quorum")
    assert settled.decision.by == max
    assert status_of(question.unit) == "active"
    assert list(Vote.objects.values_list("by__pilot__username", flat=True)) == ["ada", "bo", "max"]
    assert verbs(question)[1:] == ["intervention.voted", "intervention.voted", "intervention.decided"]


def test_nobody_votes_twice(sys, ada):
    question = held(sys, required_approvals=2)
    actions.approve(question.pk, actor=ada)
    before = everything()

    with pytest.raises(Refusal, match="You have already approved this"):
        actions.approve(question.pk, actor=ada)
    assert everything() == before


def test_one_rejection_ends_it_whatever_the_votes(sys, ada, bo, max):
    question = held(sys, required_approvals=3)
    actions.approve(question.pk, actor=ada)
    actions.approve(question.pk, actor=bo)
    settled = actions.reject(question.pk, reason="Wait.", actor=max)

    assert (settled.status, settled.resolution_source) == ("rejected", "human")
    assert status_of(question.unit) == "failed"


def test_who_has_approved_may_still_reject(sys, ada):
    question = held(sys, required_approvals=2)
    actions.approve(question.pk, actor=ada)

    assert actions.reject(question.pk, actor=ada).status == "rejected"


def test_a_waiver_is_a_vote_and_makes_the_whole_a_waiver(sys, ada, max):
    question = held(sys, required_approvals=2)
    actions.approve(question.pk, actor=ada)
    settled = actions.waive(question.pk, reason="Agreed with legal.", actor=max)

    assert (settled.decision.verdict, settled.decision.source) == ("waived", "quorum")
    assert settled.decision.reason == "Agreed with legal."


@pytest.mark.parametrize("last_word", ["", "Looks right."])
def test_the_reason_of_the_waiver_is_kept_whoever_comes_last(sys, ada, max, last_word):
    question = held(sys, required_approvals=2)
    actions.waive(question.pk, reason="Agreed with legal.", actor=max)
    settled = actions.approve(question.pk, reason=last_word, actor=ada)

    assert (settled.decision.verdict, settled.decision.reason) == ("waived", "Agreed with legal.")
    assert list(Vote.objects.values_list("reason", flat=True)) == ["Agreed with legal.", last_word]


def test_a_vote_leaves_the_question_open_for_the_clock(sys, ada):
    question = held(sys, required_approvals=2)
    actions.approve(question.pk, actor=ada)
    expire(out_of_time(question))

    assert (status_of(question), status_of(question.unit)) == ("expired", "failed")


def test_a_single_approval_is_no_quorum(sys, ada):
    assert actions.approve(held(sys).pk, actor=ada).resolution_source == "human"
    assert Vote.objects.count() == 1


def test_the_hash_of_an_edited_approval_covers_what_will_run_and_both_are_kept(sys, ada):
    question = held(sys, proposed={"version": "4.18.2"}, edits_allowed=True)
    actions.approve(question.pk, edited={"version": "4.18.3"}, actor=ada)
    decision = Decision.objects.get()

    assert decision.edited == {"version": "4.18.3"}
    assert decision.content_hash == content_hash({"version": "4.18.3"}) != question.content_hash
    assert fresh(question).proposed == {"version": "4.18.2"}
    assert fresh(question).content_hash == content_hash({"version": "4.18.2"})


def test_the_hash_of_a_plain_approval_covers_what_was_proposed(sys, ada):
    question = held(sys, proposed={"version": 1.0})
    actions.approve(question.pk, actor=ada)

    assert Decision.objects.get().content_hash == content_hash({"version": 1})


@pytest.mark.parametrize(
    "about",
    [
        {"proposed": {"a": 1}},
        {"edits_allowed": True},
        {"proposed": {"a": 1}, "edits_allowed": True, "required_approvals": 2},
    ],
    ids=["not allowed", "nothing proposed", "several approve"],
)
def test_an_edit_is_refused_where_it_makes_no_sense(sys, ada, about):
    question = held(sys, **about)
    before = everything()

    with pytest.raises(BadInput) as refused:
        actions.approve(question.pk, edited={"a": 2}, actor=ada)
    assert refused.value.errors[0]["field"] == "edited"
    assert everything() == before


@pytest.mark.parametrize(
    "edited", [{"a": "\x00"}, {"a": 2**60}, float("nan"), {"a": "x" * 300_000}], ids=["NUL", "integer", "NaN", "size"]
)
def test_an_edit_that_cannot_be_kept_is_refused_by_name(sys, ada, edited):
    question = held(sys, proposed={"a": 1}, edits_allowed=True)
    before = everything()

    with pytest.raises(BadInput) as refused:
        actions.approve(question.pk, edited=edited, actor=ada)
    assert refused.value.errors[0]["field"] == "edited"
    assert everything() == before


def test_the_program_that_asked_takes_its_question_back(sys):
    question = held(sys)
    settled = actions.cancel(question.pk, actor=narrowed(sys, "submit"))

    assert settled.resolution_source == settled.decision.source == "cancelled_by_caller"
    assert status_of(question.unit) == "cancelled"


def test_a_pilot_cancels_and_it_is_the_word_of_a_person(sys, ada):
    assert actions.cancel(ask(sys).pk, actor=ada).resolution_source == "human"


def test_another_program_sees_nothing_to_cancel(sys, ada):
    with pytest.raises(NotThere):
        actions.cancel(ask(sys).pk, actor=narrowed(ada, "submit"))


def test_cancelling_needs_no_reason_even_where_decisions_do(sys, ada):
    assert actions.cancel(ask(sys, reason_required=True).pk, actor=ada).status == "cancelled"
