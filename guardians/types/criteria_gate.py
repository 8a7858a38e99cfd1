"""CRITERIA_GATE: rules about single fields, combined by AND or OR."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _

from guardians.types.base import AND, GuardianType, Place, check_operator, passed, refused
from guardians.types.conditions import CONDITIONS, Unfit, told
from guardians.types.fields import Absent, Field
from guardians.types.words import kept, shown
from guardians.verdicts import UnitSnapshot, Verdict

MAX_RULES = 100
_MAX_TOLD = 20


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: str
    condition: str
    value: Any = msgspec.UNSET


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(max_length=MAX_RULES)] = ()
    operator: str = AND


class CriteriaGate(GuardianType):
    """Allows a unit when its rules combine to true; without rules it allows everything.

    A rule about a missing field, or about a value of another kind than its own, does not hold, not even as
    not_equals or not_contains: only exists and not_exists speak about absence, and to them null is absent.
    gt, gte, lt and lte compare numbers, or moments in RFC 3339 when the rule's value is one.
    """

    name = "CRITERIA_GATE"
    reads = Config
    config: Config

    def __init__(self, config: Config, place: Place) -> None:
        super().__init__(config, place)
        check_operator(config.operator, place)
        self._is_and = config.operator == AND
        self._criteria = [Criterion(rule, f"rules[{at}]", place) for at, rule in enumerate(config.rules)]
        count = len(self._criteria)
        reason = f"All {count} rules hold." if count > 1 else "The rule holds." if count else "There are no rules."
        self._passed = passed(reason, rules=count)

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        failed: list[dict[str, Any]] = []
        for criterion in self._criteria:
            failure = criterion.failure(unit)
            if failure is not None:
                failed.append(failure)
            elif not self._is_and:
                return passed(f"A rule about {criterion.field.text} holds.", rules=len(self._criteria))
        if not failed:
            return self._passed
        failed = failed[:_MAX_TOLD]
        return refused(" ".join(each["reason"] for each in failed), rules=len(self._criteria), failed=failed)

    def describe(self) -> str:
        if not self._criteria:
            return _("There are no rules: every unit may pass.")
        joint = _(" and ") if self._is_and else _(" or ")
        return _("A unit may pass when %(rules)s.") % {"rules": joint.join(each.describe() for each in self._criteria)}


class Criterion:
    """One rule, compiled."""

    def __init__(self, rule: Rule, path: str, place: Place) -> None:
        if rule.condition not in CONDITIONS:
            raise place.wrong(f"{path}.condition", f"must be one of {', '.join(CONDITIONS)}")
        self.field = Field(rule.field, f"{path}.field", place)
        self._name = rule.condition
        self._condition = CONDITIONS[rule.condition]
        self._told = told(rule.value)
        self._wanted = {} if rule.value is msgspec.UNSET else {"value": kept(rule.value, self._told)}
        try:
            self._value = self._condition.prepare(rule.value)
        except ValueError as wrong:
            raise place.wrong(f"{path}.value", str(wrong)) from None

    def failure(self, unit: UnitSnapshot) -> dict[str, Any] | None:
        """None when the rule holds, else what was found and why that will not do, as JSON."""
        found = self.field.read(unit)
        try:
            if self._holds(found):
                return None
            reason = f"is {shown(found)}. The rule allows {self._condition.allows.format(self._told)}."
        except Unfit as unfit:
            reason = str(unfit)
        rule = {"field": self.field.text, "condition": self._name} | self._wanted
        if isinstance(found, Absent):
            return rule | {"reason": found.why}
        return rule | {"found": kept(found), "reason": f"{self.field.text} {reason}"}

    def describe(self) -> str:
        return str(self._condition.description) % {"field": self.field.text, "value": self._told}

    def _holds(self, found: Any) -> bool:
        if not isinstance(found, Absent):
            return self._condition.holds(found, self._value)
        return self._name == "not_exists" and not found.is_unfit
