"""PASS_THRU: whoever can be named may pass."""

from datetime import datetime

from django.utils.translation import gettext as _

from guardians.types.base import GuardianType, passed, refused
from guardians.verdicts import UnitSnapshot, Verdict


class PassThru(GuardianType):
    """Allows every unit that has an identity: an id of ours or one of its caller."""

    name = "PASS_THRU"

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        if str(unit.id or "").strip() or str(unit.external_id or "").strip():
            return passed("The unit has an identity.")
        return refused("The unit has no identity.")

    def describe(self) -> str:
        return _("Every unit with an identity may pass.")
