"""Questions that a stop settles: each as if it had ended alone, all of them in a few statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.models import Entry
from guardians import actions as guardians
from interventions import actions
from interventions.actions import standstill
from interventions.models import Claim, Decision, Hold
from interventions.tests.asking import ask, fresh, held, status_of, unit_of, verbs
from interventions.tests.stopping import WHY, stop

pytestmark = pytest.mark.django_db


def line_of(question, verb="intervention.decided"):
    return Entry.objects.get(verb=verb, subject_id=str(question.pk))


def test_settling_cancels_the_open_questions_and_their_units(gate, max, sys):
    question = held(sys, callback_url="https://example.com/hook")
    active = unit_of(sys)
    stop(max, settles=True)

    assert (status_of(question), status_of(question.unit), status_of(active)) == ("cancelled", "cancelled", "paused")
    decision = Decision.objects.get()
    assert (decision.source, decision.verdict, decision.by, decision.reason) == ("kill_switch", "cancelled", max, WHY)
    assert fresh(question).resolution_source == "kill_switch"
    assert fresh(question).settled_at == decision.at
    assert ProcrastinateJob.objects.filter(task_name="interventions.tell_caller").count() == 1


def test_each_has_a_line_of_its_own_and_so_has_its_unit(gate, max, sys):
    first, second = held(sys), held(sys, context={"other": True})
    stop(max, settles=True)

    for question in (first, second):
        assert verbs(question.unit) == ["unit.awaiting_pilot", "unit.cancelled"]
        line = line_of(question)
        assert (line.actor, line.actor_role) == (max, "Admin")
        assert line.data == {
            "verdict": "cancelled",
            "source": "kill_switch",
            "reason": WHY,
            "content_hash": question.content_hash,
            "effect": "cancelled",
        }
    unit_line = Entry.objects.get(verb="unit.cancelled", subject_id=str(first.unit_id))
    assert unit_line.data == {"was": "awaiting_pilot", "note": WHY}


def test_questions_of_one_unit_end_together(gate, max, sys, monkeypatch):
    monkeypatch.setattr(standstill, "SETTLED_AT_ONCE", 1)
    first = held(sys)
    second = ask(sys, unit=first.unit_id)
    stop(max, settles=True)

    effects = Decision.objects.order_by("intervention").values_list("intervention", "source", "effect")
    assert list(effects) == [(first.pk, "kill_switch", "cancelled"), (second.pk, "kill_switch", "")]
    assert verbs(first.unit)[-1] == "unit.cancelled"


def test_what_the_same_unit_asked_elsewhere_is_superseded(gate, max, sys):
    """Stopped is the gate of the question; the unit that ends with it is of another one."""
    loans = guardians.create_gate("loans", actor=max, name="Loans")
    covered = held(sys, gate=loans)
    beside = ask(sys, unit=covered.unit_id)
    stop(max, target="loans", settles=True)

    assert [fresh(one).resolution_source for one in (covered, beside)] == ["kill_switch", "superseded"]
    assert line_of(beside).data["reason"] == ""
    assert status_of(covered.unit) == "cancelled"


def test_claims_end_and_what_was_held_back_is_dropped(gate, max, ada, bo, sys):
    claimed, pressed, asked_back = held(sys), held(sys, undo_seconds=5), held(sys)
    actions.claim(claimed.pk, actor=ada)
    actions.approve(pressed.pk, actor=bo)
    actions.clarify(asked_back.pk, message="Which one?", actor=ada)
    stop(max, settles=True)

    assert not Claim.objects.exists()
    assert not Hold.objects.exists()
    dropped = line_of(pressed, "decision.dropped")
    assert (dropped.actor, dropped.data) == (max, {"by": bo.name, "act": "approve"})
    assert (status_of(asked_back), fresh(asked_back).paused_at) == ("cancelled", None)


def test_one_without_a_unit_and_one_whose_unit_does_not_wait(max, sys):
    alone, about_active = ask(sys), held(sys)
    type(about_active.unit).objects.filter(pk=about_active.unit_id).update(status="active")
    stop(max, "organization", "", settles=True)

    assert (status_of(alone), status_of(about_active), status_of(about_active.unit)) == (
        "cancelled",
        "cancelled",
        "paused",
    )
    assert set(Decision.objects.values_list("effect", flat=True)) == {""}


def test_what_a_person_has_decided_stays_decided(gate, max, ada, sys):
    question = held(sys)
    actions.approve(question.pk, actor=ada)
    stop(max, settles=True)

    assert Decision.objects.get().by == ada


def test_many_take_no_more_statements_than_a_few(gate, max, sys, monkeypatch):
    def statements(many):
        for _ in range(many):
            held(sys, undo_seconds=5, callback_url="https://example.com/hook")
        stopped = actions.pull(scope="gate", target="deploys", reason=WHY, settles=True, actor=max)
        with CaptureQueriesContext(connection) as captured:
            actions.bring_to_rest(stopped.pk)
        actions.rearm(stopped.pk, reason="Fixed.", actor=max)
        return len([query for query in captured if "pg_notify" not in query["sql"]])

    statements(1)  # caches are filled
    assert statements(2) == statements(40)
    assert Decision.objects.count() == 43
