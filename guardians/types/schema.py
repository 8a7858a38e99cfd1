"""SCHEMA: the attributes have the shape that a JSON Schema describes."""

from datetime import datetime
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from guardians.types.base import GuardianType, Place, passed, refused
from guardians.types.json_schema import Failure, Shape, TooMuchWork, Wrong
from guardians.types.words import one_line
from guardians.verdicts import UnitSnapshot, Verdict
from kit.canonical import check_json
from kit.errors import BadInput

MAX_FAILURES = 20
_MAX_PROBLEM = 200
_TOLD_FAILURES = 3


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: dict[str, Any]


class Schema(GuardianType):
    """Allows a unit whose attributes validate against `schema`, a JSON Schema of draft 2020-12.

    Which schemas are refused, and why: guardians.types.json_schema.
    """

    name = "SCHEMA"
    reads = Config
    config: Config

    def __init__(self, config: Config, place: Place) -> None:
        super().__init__(config, place)
        try:
            self._shape = Shape(config.schema)
        except Wrong as wrong:
            raise place.wrong(f"schema.{wrong.path}".strip("."), str(wrong)) from None
        self._passed = passed("The attributes have the required shape.")

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        try:
            check_json(unit.attributes, "attributes")
            failures = self._shape.failures(unit.attributes, MAX_FAILURES + 1)
        except BadInput as unfit:
            return refused(f"The unit cannot be read: {unfit.sentence}.")
        except TooMuchWork:
            return refused("The attributes are too large for this schema: checking them would take too long.")
        if not failures:
            return self._passed
        told = [_told(failure) for failure in failures[:MAX_FAILURES]]
        reason = " ".join(f"{each['path'] or 'attributes'}: {each['problem']}." for each in told[:_TOLD_FAILURES])
        return refused(reason, failures=told, more=len(failures) > MAX_FAILURES)

    def describe(self) -> str:
        named = ", ".join(str(name) for name in self.config.schema.get("required", ()))
        if named:
            return _("The attributes must have the shape of a schema; it requires %(names)s.") % {"names": named}
        return _("The attributes must have the shape of a schema.")


def _told(failure: Failure) -> dict[str, str]:
    return {"path": one_line(failure.path, _MAX_PROBLEM), "problem": one_line(failure.problem, _MAX_PROBLEM)}
