"""COMPOSITE: guardians inside a guardian."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _

from guardians.types.base import AND, GuardianType, Place, check_operator, compile_guardian, passed, refused
from guardians.verdicts import UnitSnapshot, Verdict

MAX_DEPTH = 8
MAX_MEMBERS = 20
MAX_SIZE = 100


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    config: Any = {}
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    guardians: Annotated[tuple[Member, ...], msgspec.Meta(min_length=1, max_length=MAX_MEMBERS)]
    operator: str = AND


class Composite(GuardianType):
    """Allows a unit when all its members do (AND), or one of them (OR).

    Every member is asked, so that the evidence keeps what each has said. An allowed unit goes wherever
    the members that passed it lead. Composites nest 8 deep and hold 100 guardians in all.
    """

    name = "COMPOSITE"
    reads = Config
    config: Config

    def __init__(self, config: Config, place: Place) -> None:
        super().__init__(config, place)
        check_operator(config.operator, place)
        if place.depth >= MAX_DEPTH:
            raise place.wrong("guardians", f"composites nest at most {MAX_DEPTH} deep")
        self._combine = all if config.operator == AND else any
        self._members: list[tuple[Member, GuardianType]] = []
        for at, member in enumerate(config.guardians):
            self._members.append((member, _compiled(member, f"guardians[{at}]", place)))
            if self.size() > MAX_SIZE:
                raise place.wrong("guardians", f"a composite holds at most {MAX_SIZE} guardians in all")

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        said = [(member, guardian.judge(unit, now)) for member, guardian in self._members]
        evidence = [_told(member, verdict) for member, verdict in said]
        if not self._combine(verdict.allowed for _m, verdict in said):
            reasons = " ".join(verdict.reason for _m, verdict in said if not verdict.allowed)
            return refused(reasons, operator=self.config.operator, members=evidence)
        directions = dict.fromkeys(way for _m, verdict in said if verdict.allowed for way in verdict.directions)
        reason = "Every member allows it." if self.config.operator == AND else "A member allows it."
        return passed(reason, tuple(directions), operator=self.config.operator, members=evidence)

    def describe(self) -> str:
        sentences = " ".join(guardian.describe() for _m, guardian in self._members)
        if self.config.operator == AND:
            return _("All of these must hold: %(sentences)s") % {"sentences": sentences}
        return _("One of these must hold: %(sentences)s") % {"sentences": sentences}

    def size(self) -> int:
        return 1 + sum(guardian.size() for _m, guardian in self._members)


def _compiled(member: Member, path: str, place: Place) -> GuardianType:
    inside = place.inside(f"{path}.config")
    return compile_guardian(member.type, member.config, inside, f"{place.field}.{path}.type")


def _told(member: Member, verdict: Verdict) -> dict[str, Any]:
    told = {"type": member.type, "allowed": verdict.allowed, "reason": verdict.reason, "evidence": verdict.evidence}
    return {"name": member.name} | told if member.name else told
