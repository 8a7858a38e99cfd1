"""Questions about a unit, and a unit about which there are several."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.queries import system_of
from audit.models import Entry
from interventions import actions
from interventions.models import Decision, Delivery
from interventions.tests.asking import ask, everything, expire, fresh, held, out_of_time, status_of, unit_of, verbs
from kit.errors import NotAllowed, NotThere, Refusal


@pytest.fixture
def two(sys):
    """One unit, two questions about it."""
    unit = unit_of(sys)
    return ask(sys, unit=unit.pk, title="First?"), ask(sys, unit=unit.pk, title="Second?")


def test_a_unit_goes_on_when_the_last_of_its_questions_allows_it(two, ada):
    first, second = two
    actions.approve(first.pk, actor=ada)
    assert status_of(first.unit) == "awaiting_pilot"
    assert Decision.objects.get().effect == ""

    actions.approve(second.pk, actor=ada)
    assert status_of(first.unit) == "active"
    assert verbs(first.unit) == ["unit.awaiting_pilot", "unit.active"]


@pytest.mark.parametrize("act, unit", [("reject", "failed"), ("cancel", "cancelled")])
def test_one_no_ends_the_unit_and_its_other_questions(two, ada, act, unit):
    first, second = two
    getattr(actions, act)(first.pk, reason="No.", actor=ada)

    assert status_of(first.unit) == unit
    other = fresh(second)
    assert (other.status, other.resolution_source) == ("cancelled", "superseded")
    assert (other.decision.verdict, other.decision.by, other.decision.effect) == ("cancelled", ada, "")
    assert verbs(second) == ["intervention.raised", "intervention.decided"]
    with pytest.raises(Refusal, match="cancelled this"):
        actions.approve(second.pk, actor=ada)


def test_silence_about_one_ends_the_other(two):
    first, second = two
    expire(out_of_time(first))

    assert [status_of(first), status_of(second), status_of(first.unit)] == ["expired", "cancelled", "failed"]
    assert fresh(second).resolution_source == "superseded"


def test_three_questions_end_with_one_no(sys, ada):
    unit = unit_of(sys)
    questions = [ask(sys, unit=unit.pk) for _ in range(3)]
    actions.reject(questions[1].pk, actor=ada)

    assert [status_of(question) for question in questions] == ["cancelled", "rejected", "cancelled"]
    assert Decision.objects.count() == 3


@pytest.mark.parametrize("end, becomes", [(actions.cancel_unit, "cancelled"), (actions.fail_unit, "failed")])
def test_a_caller_that_ends_its_unit_ends_the_questions_about_it(two, sys, end, becomes):
    first, second = two
    unit = end(first.unit_id, actor=sys, note="Not needed any more.")

    assert unit.status == status_of(unit) == becomes
    for question in (first, second):
        settled = fresh(question)
        assert (settled.status, settled.resolution_source) == ("cancelled", "cancelled_by_caller")
        assert verbs(question) == ["intervention.raised", "intervention.decided"]


def test_a_pilot_who_cancels_a_unit_is_not_taken_for_its_caller(two, ada):
    first, _second = two
    actions.cancel_unit(first.unit_id, actor=ada)

    assert fresh(first).resolution_source == fresh(first).decision.source == "human"


def test_a_person_who_submitted_a_unit_is_its_caller(ada):
    question = held(ada)
    actions.cancel_unit(question.unit_id, actor=ada)

    assert fresh(question).resolution_source == "cancelled_by_caller"


def test_what_is_settled_stays_as_it_was_settled_when_the_unit_ends(two, sys, ada):
    first, second = two
    actions.approve(first.pk, actor=ada)
    actions.cancel_unit(first.unit_id, actor=sys)

    assert [status_of(first), status_of(second)] == ["approved", "cancelled"]


@pytest.mark.parametrize("end", [actions.cancel_unit, actions.fail_unit])
@pytest.mark.parametrize("person, refusal", [("vi", NotAllowed), ("cy", NotThere)])
def test_who_may_not_end_a_unit(request, two, end, person, refusal):
    actor = request.getfixturevalue(person)
    before = everything()

    with pytest.raises(refusal):
        end(two[0].unit_id, actor=actor)
    assert everything() == before


def test_a_unit_that_has_ended_is_not_ended_again(two, sys):
    actions.cancel_unit(two[0].unit_id, actor=sys)
    before = everything()

    with pytest.raises(Refusal, match="cannot become"):
        actions.cancel_unit(two[0].unit_id, actor=sys)
    assert everything() == before


@pytest.mark.parametrize("broken", ["record", "save", "defer"])
def test_a_failure_after_the_decision_leaves_nothing(sys, ada, monkeypatch, broken):
    from interventions.actions import closing

    question = held(sys, callback_url="https://example.com/hook")
    before = everything()
    monkeypatch.setattr(closing, broken, lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        actions.approve(question.pk, actor=ada)
    assert everything() == before
    assert not ProcrastinateJob.objects.filter(task_name="interventions.tell_caller").exists()


def test_a_caller_with_a_url_is_told_by_a_job_of_the_same_transaction(sys, ada):
    question = held(sys, callback_url="https://example.com/hook")
    actions.approve(question.pk, actor=ada)

    job = ProcrastinateJob.objects.get(task_name="interventions.tell_caller")
    assert job.args == {"intervention_id": str(question.pk)}


def test_a_caller_without_one_is_not(sys, ada):
    actions.approve(held(sys).pk, actor=ada)

    assert not ProcrastinateJob.objects.filter(task_name="interventions.tell_caller").exists()


@pytest.fixture
def told(sys, ada):
    question = ask(sys, callback_url="https://example.com/hook")
    actions.approve(question.pk, actor=ada)
    return question


def test_attempts_to_tell_a_caller_are_one_series(told):
    system = system_of(told.organization_id)
    actions.note_delivery(told.pk, actor=system, error="ConnectError: no route" + "x" * 400)
    actions.note_delivery(told.pk, actor=system, status_code=500)
    failed = Delivery.objects.get()
    assert (failed.attempts, failed.status_code, failed.error, failed.delivered_at) == (2, 500, "", None)

    actions.note_delivery(told.pk, actor=system, status_code=204)
    made = Delivery.objects.get()
    assert (made.attempts, made.status_code, made.url) == (3, 204, "https://example.com/hook")
    assert made.delivered_at == made.tried_at is not None
    assert verbs(told)[-3:] == ["delivery.failed", "delivery.failed", "delivery.made"]
    assert Entry.objects.latest("pk").data == {"attempt": 3, "status_code": 204}


@pytest.mark.parametrize("person", ["vi", "ada", "max"])
def test_only_the_system_tells(request, told, person):
    with pytest.raises(NotAllowed):
        actions.note_delivery(told.pk, actor=request.getfixturevalue(person), status_code=200)
    assert not Delivery.objects.exists()


def test_the_system_of_another_organization_tells_nothing(told, cy):
    with pytest.raises(NotThere):
        actions.note_delivery(told.pk, actor=system_of(cy.organization_id), status_code=200)
