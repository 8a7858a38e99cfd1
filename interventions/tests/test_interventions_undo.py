"""What is pressed where the gate gives time to undo: held back, taken back, or carried out by the clock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as accounts
from audit.models import Entry
from interventions import actions
from interventions.models import Decision, Hold, Intervention, Vote
from interventions.tasks import expire_due
from interventions.tests.asking import ask, everything, expire, fresh, held, narrowed, out_of_time, status_of, verbs
from kit.canonical import content_hash
from kit.errors import BadInput, NotAllowed, Refusal


def run_out(question: Intervention) -> None:
    """The time to undo has passed, and the clock comes round."""
    Hold.objects.filter(intervention=question).update(until=timezone.now())
    expire_due(0)


ACTS = {
    "approve": ("approval", {}, "approved"),
    "reject": ("approval", {"reason": "No."}, "rejected"),
    "waive": ("approval", {"reason": "Agreed."}, "approved"),
    "resume": ("resume", {}, "approved"),
    "answer": ("clarification", {"answer": "Blue."}, "completed"),
    "cancel": ("approval", {}, "cancelled"),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_a_pilot_presses_is_held_back_and_then_carried_out_in_their_name(sys, max, act):
    kind, said, status = ACTS[act]
    question = ask(sys, kind, undo_seconds=10)
    getattr(actions, act)(question.pk, actor=max, **said)

    hold = Hold.objects.get()
    assert (hold.act, hold.by, hold.until - hold.at) == (act, max, timedelta(seconds=10))
    assert fresh(question).is_open
    assert not Decision.objects.exists()
    assert not Vote.objects.exists()

    run_out(question)
    settled = fresh(question)
    assert (settled.status, settled.decision.by, settled.decision.role) == (status, max, "Admin")
    assert settled.decision.answer == said.get("answer")
    assert settled.decision.reason == said.get("reason", "")
    assert not Hold.objects.exists()
    assert verbs(question) == ["intervention.raised", "decision.held", "intervention.decided"]


def test_the_caller_hears_of_it_only_then(sys, ada):
    question = held(sys, undo_seconds=10, callback_url="https://example.com/hook")
    actions.approve(question.pk, actor=ada)
    assert status_of(question.unit) == "awaiting_pilot"

    run_out(question)
    assert status_of(question.unit) == "active"


def test_nothing_is_carried_out_before_its_time(sys, ada):
    question = ask(sys, undo_seconds=30)
    actions.approve(question.pk, actor=ada)
    early = timezone.now() + timedelta(seconds=29)

    assert expire_due(0) == 0
    assert actions.carry_out(question.pk, organization_id=question.organization_id, now=early) is None
    assert Hold.objects.exists()


def test_without_time_to_undo_it_is_done_at_once(sys, ada):
    assert actions.approve(ask(sys).pk, actor=ada).status == "approved"


def test_undone_it_was_never_decided(sys, ada):
    question = held(sys, undo_seconds=10)
    actions.approve(question.pk, reason="Looks right.", actor=ada)
    actions.undo(question.pk, actor=ada)

    assert fresh(question).is_open
    assert not Hold.objects.exists()
    assert verbs(question) == ["intervention.raised", "decision.held", "decision.undone"]
    assert "Looks right." not in str(list(Entry.objects.values_list("data", flat=True)))
    run_out(question)
    assert fresh(question).is_open
    assert actions.reject(question.pk, reason="No.", actor=ada).is_open  # and may be decided otherwise
    assert Hold.objects.get().act == "reject"


def test_an_admin_undoes_what_somebody_pressed_and_nobody_else_does(sys, ada, bo, max):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)

    with pytest.raises(NotAllowed, match="Only whoever pressed it, or an Admin"):
        actions.undo(question.pk, actor=bo)
    actions.undo(question.pk, actor=max)
    assert not Hold.objects.exists()
    assert Entry.objects.get(verb="decision.undone").data == {"act": "approve", "by": "Ada Nyström"}


def test_there_must_be_something_to_undo(sys, ada, bo):
    question = ask(sys, undo_seconds=10)
    with pytest.raises(Refusal, match="nothing to undo"):
        actions.undo(question.pk, actor=ada)
    actions.approve(question.pk, actor=ada)
    run_out(question)

    with pytest.raises(Refusal, match=r"You approved this .* too late to undo"):
        actions.undo(question.pk, actor=ada)


@pytest.mark.parametrize("act", ACTS)
def test_meanwhile_nobody_else_decides_and_is_told_who_and_until_when(sys, ada, max, act):
    kind, said, _status = ACTS[act]
    question = ask(sys, kind, undo_seconds=10)
    actions.cancel(question.pk, actor=ada)
    before = everything()

    with pytest.raises(Refusal, match="Ada Nyström is cancelling this, and may undo it until") as refused:
        getattr(actions, act)(question.pk, actor=max, **said)
    assert refused.value.members["held_decision"]["by_id"] == "local:ada"
    assert everything() == before


def test_a_second_press_by_the_same_pilot_is_refused_as_well(sys, ada):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)

    with pytest.raises(Refusal, match="Ada Nyström is approving this"):
        actions.reject(question.pk, reason="No.", actor=ada)
    assert Hold.objects.get().act == "approve"


def test_what_may_not_be_is_refused_before_it_is_held(sys, ada, vi):
    question = ask(sys, undo_seconds=10, reason_required=True)

    with pytest.raises(BadInput, match="say why"):
        actions.approve(question.pk, actor=ada)
    with pytest.raises(BadInput, match="edited"):
        actions.approve(question.pk, reason="So.", edited={"a": 1}, actor=ada)
    with pytest.raises(NotAllowed):
        actions.approve(question.pk, reason="So.", actor=vi)
    assert not Hold.objects.exists()


def test_a_program_that_decides_is_held_too(sys, ada):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=narrowed(ada, "decide", "read"))

    assert Hold.objects.get().by == ada


def test_an_answer_that_breaks_its_schema_is_not_held(sys, ada):
    question = ask(sys, "clarification", undo_seconds=10, answer_schema={"type": "integer"})

    with pytest.raises(BadInput):
        actions.answer(question.pk, answer="many", actor=ada)
    assert not Hold.objects.exists()


def test_the_edited_arguments_wait_with_it(sys, ada):
    question = held(sys, proposed={"version": "4.18.2"}, edits_allowed=True, undo_seconds=10)
    actions.approve(question.pk, edited={"version": "4.18.1"}, actor=ada)
    run_out(question)

    decision = fresh(question).decision
    assert decision.edited == {"version": "4.18.1"}
    assert decision.content_hash == content_hash({"version": "4.18.1"})
    assert fresh(question).proposed == {"version": "4.18.2"}


# ---------- The clock ----------


def test_what_was_pressed_in_time_beats_the_end_of_its_time(sys, ada):
    question = held(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    late = out_of_time(question)
    assert expire(late) is None

    run_out(question)
    assert (status_of(question), status_of(question.unit)) == ("approved", "active")


def test_one_turn_of_the_clock_carries_out_before_it_ends(sys, ada):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    out_of_time(question)
    run_out(question)

    assert status_of(question) == "approved"


def test_undone_after_its_time_it_expires(sys, ada):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    out_of_time(question)
    actions.undo(question.pk, actor=ada)
    expire_due(0)

    assert status_of(question) == "expired"


@pytest.mark.parametrize("role", ["Viewer", None])
def test_who_may_no_longer_decide_has_not_decided(sys, ada, max, role):
    question = held(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    if role:
        accounts.grant_role(ada.pilot, role, actor=max)
    else:
        accounts.end_membership(ada, actor=max)
    run_out(question)

    assert fresh(question).is_open
    assert not Hold.objects.exists()
    assert verbs(question)[-1] == "decision.dropped"
    line = Entry.objects.get(verb="decision.dropped")
    assert line.data["by"] == "Ada Nyström"
    assert line.data["reason"]
    assert line.actor.is_system


def test_a_pilot_who_was_deactivated_has_not_decided(sys, ada):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    ada.pilot.is_active = False
    ada.pilot.save()
    run_out(question)

    assert status_of(question) == "pending"
    assert verbs(question)[-1] == "decision.dropped"


def test_one_that_cannot_be_carried_out_holds_up_no_other(sys, ada, bo, monkeypatch, caplog):
    first, second = ask(sys, undo_seconds=10), ask(sys, undo_seconds=10)
    actions.approve(first.pk, actor=ada)
    actions.approve(second.pk, actor=ada)
    carry_out = actions.carry_out

    def fail_on_first(pk, **rest):
        if pk == first.pk:
            raise RuntimeError("broken row")
        return carry_out(pk, **rest)

    monkeypatch.setattr(actions, "carry_out", fail_on_first)
    Hold.objects.update(until=timezone.now())
    expire_due(0)

    assert (status_of(first), status_of(second)) == ("pending", "approved")
    assert str(first.pk) in caplog.text


# ---------- Several must approve ----------


def test_every_vote_is_held(sys, ada, bo):
    question = ask(sys, required_approvals=2, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    with pytest.raises(Refusal, match="Ada Nyström is approving"):
        actions.approve(question.pk, actor=bo)
    run_out(question)
    assert (Vote.objects.count(), status_of(question)) == (1, "pending")

    actions.approve(question.pk, actor=bo)
    run_out(question)
    assert (fresh(question).status, fresh(question).resolution_source) == ("approved", "quorum")


# ---------- What else may end it ----------


def test_its_caller_takes_the_question_back_at_once(sys, ada):
    question = held(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    settled = actions.cancel(question.pk, actor=sys)

    assert (settled.status, settled.resolution_source) == ("cancelled", "cancelled_by_caller")
    assert verbs(question)[1:] == ["decision.held", "decision.dropped", "intervention.decided"]
    assert not Hold.objects.exists()


def test_a_unit_that_ends_takes_what_is_held_with_it(sys, ada):
    question = held(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    actions.cancel_unit(question.unit_id, actor=sys)

    assert status_of(question) == "cancelled"
    assert not Hold.objects.exists()
    assert "decision.dropped" in verbs(question)


def test_looking_and_talking_go_on(sys, ada, bo):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    actions.comment(question.pk, body="Wait, I look.", actor=bo)
    actions.claim(question.pk, actor=bo)

    assert Hold.objects.exists()


def test_nobody_asks_back_what_somebody_is_deciding(sys, ada, bo):
    question = ask(sys, undo_seconds=10)
    actions.approve(question.pk, actor=ada)
    before = everything()

    with pytest.raises(Refusal, match=r"Ada Nyström is approving this.*Your question was not sent\."):
        actions.clarify(question.pk, message="Which one?", actor=bo)
    assert everything() == before
    actions.undo(question.pk, actor=ada)
    assert actions.clarify(question.pk, message="Which one?", actor=bo).status == "awaiting_requester"


# ---------- The content that was seen ----------


def test_what_has_changed_since_it_was_seen_is_not_decided(sys, ada):
    question = ask(sys, proposed={"version": "4.18.2"})
    before = everything()

    with pytest.raises(Refusal, match="has changed since you looked"):
        actions.approve(question.pk, seen="0" * 64, actor=ada)
    assert everything() == before
    assert actions.approve(question.pk, seen=question.content_hash, actor=ada).status == "approved"
