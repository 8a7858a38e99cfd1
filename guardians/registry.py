"""The guardian types there are, and the judgement of a whole gate.

A plugin adds a type by calling `register` with a subclass of `guardians.types.base.GuardianType` from
its AppConfig.ready().
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from time import perf_counter_ns
from typing import Any

import msgspec

from guardians import cel
from guardians.types.base import AND, OR, Broken, GuardianType, Place, check_operator, compile_guardian, register, types
from guardians.types.cerberus import Cerberus
from guardians.types.composite import Composite
from guardians.types.criteria_gate import CriteriaGate
from guardians.types.directional_filter import DirectionalFilter
from guardians.types.expression import Expression
from guardians.types.pass_thru import PassThru
from guardians.types.schema import Schema
from guardians.types.ttl_check import TtlCheck
from guardians.verdicts import UnitSnapshot, Verdict
from kit.canonical import check_json
from kit.errors import BadInput

__all__ = [
    "GuardianType",
    "Judgement",
    "Member",
    "MemberVerdict",
    "Together",
    "compile",
    "judge_all",
    "load",
    "register",
    "types",
]

for _type in (Cerberus, PassThru, CriteriaGate, DirectionalFilter, TtlCheck, Composite, Expression, Schema):
    register(_type)


class Member(msgspec.Struct, frozen=True):
    """A compiled guardian in its place at a gate. `on_block` is carried along for the caller.

    A shadow is judged and recorded, and never influences the outcome.
    """

    name: str
    version: int
    guardian: GuardianType
    shadow: bool = False
    on_block: str = ""


class MemberVerdict(msgspec.Struct, frozen=True):
    """What one guardian version said; every field is JSON. `microseconds` is what saying it took."""

    name: str
    version: int
    type: str
    shadow: bool
    allowed: bool
    reason: str
    evidence: dict[str, Any]
    directions: tuple[str, ...]
    microseconds: float


class Together:
    """The expressions of a gate, asked all at once: most units satisfy every one of them."""

    def __init__(self, guardians: Sequence[GuardianType]) -> None:
        self._expressions = [one for one in guardians if type(one) is Expression]
        self._program = cel.all_of([one.program for one in self._expressions]) if len(self._expressions) > 1 else None

    def passed(self, unit: UnitSnapshot, now: datetime) -> "Passed":
        """What each of them says, if all of them say yes."""
        if self._program is None:
            return {}
        started = perf_counter_ns()
        if self._program.evaluate(unit, now).value is not True:
            return {}
        each = (perf_counter_ns() - started) / 1_000 / len(self._expressions)
        return dict.fromkeys(self._expressions, each)


Passed = Mapping[GuardianType, float]
"""Guardians that are known to allow a unit, with the microseconds that finding out took for each."""


class Judgement(msgspec.Struct, frozen=True):
    """What a gate says. `verdicts` are in the order of the gate, without those never asked.

    `decided_by` refused the unit (AND) or passed it (OR); it is None when all agreed to pass, and the
    first to refuse when all refused. `directions` are where an allowed unit goes, and empty for others.
    """

    allowed: bool
    verdicts: list[MemberVerdict]
    decided_by: Member | None
    reason: str
    directions: tuple[str, ...] = ()


def compile(type_name: str, config: Any) -> GuardianType:
    """A guardian from submitted settings. Raises BadInput: field `type`, or `config...` down to the setting."""
    check_json(config, "config")
    return compile_guardian(type_name, config, Place())


def load(type_name: str, config: Any) -> GuardianType:
    """A guardian from stored settings. What no longer compiles (a plugin is gone) refuses every unit."""
    try:
        return compile(type_name, config)
    except BadInput as wrong:
        return Broken(type_name, wrong.sentence)


def judge_all(
    members: Sequence[Member], unit: UnitSnapshot, operator: str, now: datetime, together: Together | None = None
) -> Judgement:
    """Ask the guardians of a gate in order, up to the first refusal (AND) or the first pass (OR).

    Shadows are always asked, even after that. Without a guardian that counts, the unit is allowed.
    `together` makes it quicker, and changes nothing in what is said.
    Raises BadInput for another operator, and nothing else. `now` is aware.
    """
    passed = together.passed(unit, now) if together and operator == AND else {}
    check_operator(operator, Place("gate"))
    verdicts: list[MemberVerdict] = []
    counted: list[tuple[Member, MemberVerdict]] = []
    for member in members:
        is_settled = bool(counted) and counted[-1][1].allowed is (operator == OR)
        if is_settled and not member.shadow:
            continue
        each = passed.get(member.guardian)
        verdict = _ask(member, unit, now) if each is None else _spoken(member, Expression.HOLDS, each)
        verdicts.append(verdict)
        if not member.shadow:
            counted.append((member, verdict))
    return _judgement(operator, verdicts, counted)


def _ask(member: Member, unit: UnitSnapshot, now: datetime) -> MemberVerdict:
    started = perf_counter_ns()
    verdict = member.guardian.judge(unit, now)
    return _spoken(member, verdict, (perf_counter_ns() - started) / 1_000)


def _spoken(member: Member, verdict: Verdict, microseconds: float) -> MemberVerdict:
    return MemberVerdict(
        member.name,
        member.version,
        member.guardian.name,
        member.shadow,
        verdict.allowed,
        verdict.reason,
        verdict.evidence,
        verdict.directions,
        microseconds,
    )


def _judgement(operator: str, verdicts: list[MemberVerdict], counted: list[tuple[Member, MemberVerdict]]) -> Judgement:
    if not counted:
        return Judgement(allowed=True, verdicts=verdicts, decided_by=None, reason="No guardian stands in the way.")
    last = counted[-1][1]
    directions = tuple(dict.fromkeys(way for _m, said in counted if said.allowed for way in said.directions))
    if operator == AND and last.allowed:
        reason = "Every guardian allows it."
        return Judgement(allowed=True, verdicts=verdicts, decided_by=None, reason=reason, directions=directions)
    member, decisive = counted[-1] if last.allowed is (operator == OR) else counted[0]
    return Judgement(
        allowed=decisive.allowed,
        verdicts=verdicts,
        decided_by=member,
        reason=decisive.reason,
        directions=directions if decisive.allowed else (),
    )
