"""TTL_CHECK: what is too old does not go ahead."""

from datetime import datetime
from typing import Annotated

import msgspec
from django.utils.translation import gettext as _

from guardians.types.base import GuardianType, passed, refused
from guardians.types.words import span
from guardians.verdicts import UnitSnapshot, Verdict

MAX_SECONDS = 10 * 366 * 86_400

Seconds = Annotated[int, msgspec.Meta(ge=1, le=MAX_SECONDS)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_age_seconds: Seconds = 86_400


class TtlCheck(GuardianType):
    """Allows a unit whose age is at most `max_age_seconds`. A moment ahead of now is no age at all."""

    name = "TTL_CHECK"
    reads = Config
    config: Config

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        return judge_age(unit, now, self.config.max_age_seconds)

    def describe(self) -> str:
        return _("A unit may be at most %(age)s old.") % {"age": span(self.config.max_age_seconds)}


def judge_age(unit: UnitSnapshot, now: datetime, most: int) -> Verdict:
    """Whether the unit is at most `most` seconds old. Without a timestamp it is not."""
    age = unit.age_at(now)
    if age is None:
        return refused("The unit has no timestamp, so its age is unknown.", max_age_seconds=most)
    evidence = {"age_seconds": round(age, 3), "max_age_seconds": most}
    if age < 0:
        return refused(f"The unit's timestamp is {span(-age)} in the future.", **evidence)
    if age > most:
        return refused(f"The unit is {span(age)} old. The rule allows {span(most)}.", **evidence)
    return passed(f"The unit is {span(age)} old. The rule allows {span(most)}.", **evidence)
