"""Two writers that cross: nobody's data is to blame, and the caller is told to send it again."""

import pytest

from accounts.models import Membership
from accounts.queries import system_of
from guardians.actions import create_gate
from intake import actions
from intake.serializers import UnitIn


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_unit_that_crossed_another_writer_may_be_sent_again(
    sys: Membership, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    create_gate("open", actor=system_of(sys.organization_id), name="Open")
    monkeypatch.setattr(actions, "SUBMIT", f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")

    (result,) = actions.submit([UnitIn(gate="open", external_id="1", title="Try", attributes={})], actor=sys)

    assert result.status == 503
    assert result.problem is not None
    assert "Send it again" in result.problem.sentence
