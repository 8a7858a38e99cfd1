"""A gate that asks for a passkey asks for it of every question it raises."""

import pytest

from guardians import actions as guardians
from intake.actions import submit
from intake.serializers import UnitIn
from interventions.models import Intervention

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("required", [True, False])
def test_a_gate_hands_it_on_to_its_questions(max, sys, required):
    gate = guardians.create_gate("payouts", actor=max, name="Payouts", passkey_required=required)
    rule = {"expression": "false", "message": "'Large.'"}
    guardians.post_guardian(gate.pk, "large", type="EXPRESSION", config=rule, actor=max)
    submit([UnitIn(gate="payouts", external_id="1", title="Pay", attributes={})], actor=sys)

    assert Intervention.objects.get().passkey_required is required
