"""The door: what passes, what is held, what is refused, what is told twice."""

import pytest

from audit.models import Entry
from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions.models import Intervention
from kit.errors import NotAllowed
from work.models import Unit


@pytest.fixture
def gate(max):
    gate = guardians.create_gate("loans", actor=max, name="Loans", edits_allowed=True)
    guardians.post_guardian(
        gate.pk,
        "floor",
        type="CRITERIA_GATE",
        config={"rules": [{"field": "amount", "condition": "gte", "value": 500}]},
        on_block="reject",
        actor=max,
    )
    guardians.post_guardian(
        gate.pk,
        "small-loans-pass",
        type="EXPRESSION",
        config={"expression": "unit.attributes.amount <= 10000"},
        actor=max,
    )
    return gate


def loan(number: int, amount: int, **more) -> UnitIn:
    return UnitIn(
        gate="loans", external_id=f"loan-{number}", title=f"Loan {number}", attributes={"amount": amount}, **more
    )


def test_a_small_loan_passes_and_its_caller_may_go_on(gate, sys):
    (result,) = submit([loan(1, 5_000)], actor=sys)

    assert result.status == 201
    assert result.answer["status"] == "active"
    assert result.answer["verdict"]["outcome"] == "passed"
    assert result.answer["intervention"] is None


def test_a_loan_under_the_floor_is_refused_without_a_pilot(gate, sys):
    (result,) = submit([loan(1, 100)], actor=sys)

    assert result.answer["status"] == "failed"
    assert result.answer["verdict"]["outcome"] == "blocked"
    assert result.answer["verdict"]["guardian"] == "floor v1"
    assert not Intervention.objects.exists()


def test_a_large_loan_is_held_with_a_question_in_the_form_of_its_gate(gate, sys):
    (result,) = submit([loan(1, 50_000, proposed={"pay": 50_000})], actor=sys)

    question = Intervention.objects.get()
    assert result.answer["status"] == "awaiting_pilot"
    assert result.answer["verdict"]["outcome"] == "held"
    assert str(result.answer["intervention"]["id"]) == str(question.pk)
    assert question.edits_allowed
    assert question.held_by == "small-loans-pass v1"
    assert question.proposed == {"pay": 50_000}
    assert list(Entry.objects.order_by("pk").values_list("verb", flat=True))[-2:] == [
        "unit.submitted",
        "intervention.raised",
    ]


def test_the_same_submit_again_finds_the_unit_it_made(gate, sys):
    (first,) = submit([loan(1, 50_000)], actor=sys)
    (again,) = submit([loan(1, 50_000)], actor=sys)

    assert again.status == 200
    assert again.answer["id"] == str(first.answer["id"])
    assert Unit.objects.count() == Intervention.objects.count() == 1


def test_the_same_id_with_another_body_is_refused(gate, sys):
    submit([loan(1, 50_000)], actor=sys)
    (other,) = submit([loan(1, 60_000)], actor=sys)

    assert other.status == 409
    assert "already names a unit" in other.problem.sentence


def test_a_bad_item_fails_alone_and_the_order_is_kept(gate, sys):
    nowhere = UnitIn(gate="nowhere", external_id="x", title="x", attributes={})
    results = submit([loan(3, 600), nowhere, loan(2, 800)], actor=sys)

    assert [result.status for result in results] == [201, 422, 201]
    assert Unit.objects.count() == 2


def test_a_viewer_may_not_submit(gate, vi):
    with pytest.raises(NotAllowed):
        submit([loan(1, 600)], actor=vi)


def test_a_callback_into_our_own_network_is_refused(gate, sys, settings):
    settings.CALLBACKS_TO_PRIVATE = False
    (result,) = submit([loan(1, 600, callback_url="http://169.254.169.254/latest")], actor=sys)

    assert result.status == 422
    assert "callback_url" in result.problem.sentence
