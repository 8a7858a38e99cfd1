"""EXPRESSION: a rule in CEL, the Common Expression Language (cel.dev)."""

from datetime import datetime
from typing import Annotated

import msgspec
from django.utils.translation import gettext as _

from guardians import cel
from guardians.types.base import GuardianType, Place, passed, refused
from guardians.verdicts import UnitSnapshot, Verdict

Source = Annotated[str, msgspec.Meta(max_length=cel.MAX_SOURCE)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    expression: Source
    message: Source = ""


class Expression(GuardianType):
    """Allows a unit when the expression gives the boolean true: nothing else counts, least of all an error.

    `message` is an expression too; its text is the reason when the unit is refused, so that it can say
    what it found: `"canary is " + string(unit.attributes.canary_percent) + " percent"`.
    """

    name = "EXPRESSION"
    reads = Config
    config: Config
    HOLDS = passed("The expression is true.")

    def __init__(self, config: Config, place: Place) -> None:
        super().__init__(config, place)
        self.program = _compiled(config.expression, "bool", place, "expression")
        self._message = _compiled(config.message, "text", place, "message") if config.message.strip() else None

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        holds, problem = self.program.evaluate(unit, now)
        if problem:
            return refused(problem, error=problem)
        if holds is True:
            return self.HOLDS
        return refused(self._reason(unit, now), expression=self.config.expression)

    def describe(self) -> str:
        return _("A unit may pass when this is true: %(expression)s") % {"expression": self.config.expression}

    def _reason(self, unit: UnitSnapshot, now: datetime) -> str:
        if self._message is not None:
            text, problem = self._message.evaluate(unit, now)
            if not problem and text.strip():
                return str(text)
        return f"The unit does not satisfy: {self.config.expression}"


def _compiled(source: str, gives: cel.Gives, place: Place, path: str) -> cel.Program:
    try:
        return cel.compile(source, gives=gives)
    except cel.Unusable as unusable:
        hint = " (a plain sentence goes in quotes)" if gives == "text" else ""
        raise place.wrong(path, f"{unusable}{hint}") from None
