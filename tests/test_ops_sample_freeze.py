"""The change freeze of the sample gate, at hand-picked moments: a rule with a clock in it deserves its own table."""

from datetime import UTC, datetime

import pytest

from chameleon.management.sample_gates import DEPLOYMENT
from guardians import registry
from guardians.verdicts import UnitSnapshot

FREEZE = next(guardian for guardian in DEPLOYMENT.guardians if guardian.name == "change-freeze")


@pytest.mark.parametrize(
    "moment, environment, allowed",
    [
        (datetime(2026, 11, 19, 15, tzinfo=UTC), "production", True),  # a Thursday
        (datetime(2026, 11, 20, 13, 59, tzinfo=UTC), "production", True),
        (datetime(2026, 11, 20, 14, 0, tzinfo=UTC), "production", False),
        (datetime(2026, 11, 21, 9, tzinfo=UTC), "production", False),
        (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "production", False),
        (datetime(2026, 11, 23, 0, 0, tzinfo=UTC), "production", True),
        (datetime(2026, 11, 21, 9, tzinfo=UTC), "staging", True),
    ],
)
def test_production_is_frozen_from_friday_afternoon_to_monday(
    moment: datetime, environment: str, allowed: bool
) -> None:
    guardian = registry.compile(FREEZE.type, FREEZE.config)

    verdict = guardian.judge(UnitSnapshot(attributes={"environment": environment}), moment)

    assert verdict.allowed is allowed
    if not allowed:
        assert verdict.reason == "Production is frozen from Friday 14:00 until Monday, UTC."
