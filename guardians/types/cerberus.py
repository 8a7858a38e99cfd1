"""CERBERUS: three heads watch over a unit that was split into children."""

from datetime import datetime
from typing import Annotated

import msgspec
from django.utils.translation import gettext as _

from guardians.types.base import GuardianType, Place, passed, refused
from guardians.types.ttl_check import Seconds, judge_age
from guardians.types.words import shown, span
from guardians.verdicts import UnitSnapshot, Verdict

MAX_CHILDREN = 1_000_000

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_CHILDREN)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    min_children: Count = 1
    max_children: Count = 100
    timeout_seconds: Seconds = 3_600


class Cerberus(GuardianType):
    """Allows a unit when each head does: the count of its children, their account, and its age.

    The account holds when every child has ended: finished and failed ones together are the total.
    """

    name = "CERBERUS"
    reads = Config
    config: Config

    def __init__(self, config: Config, place: Place) -> None:
        super().__init__(config, place)
        if config.min_children > config.max_children:
            raise place.wrong("max_children", f"must be at least min_children ({config.min_children})")

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        heads = {
            "children": self._count(unit),
            "account": _account(unit),
            "age": judge_age(unit, now, self.config.timeout_seconds),
        }
        evidence = {
            name: {"allowed": head.allowed, "reason": head.reason} | head.evidence for name, head in heads.items()
        }
        barking = [head.reason for head in heads.values() if not head.allowed]
        if barking:
            return refused(" ".join(barking), **evidence)
        return passed("All three heads are content.", **evidence)

    def describe(self) -> str:
        return _("A unit needs %(least)s to %(most)s children, all of them ended, and is at most %(age)s old.") % {
            "least": self.config.min_children,
            "most": self.config.max_children,
            "age": span(self.config.timeout_seconds),
        }

    def _count(self, unit: UnitSnapshot) -> Verdict:
        total, least, most = unit.children_total, self.config.min_children, self.config.max_children
        evidence = {"total": total, "min_children": least, "max_children": most}
        if not _is_count(total):
            return refused(f"The number of children is {shown(total)}, which is no count.")
        if least <= total <= most:
            return passed(f"The unit has {total} children.", **evidence)
        return refused(f"The unit has {total} children. The rule allows {least} to {most}.", **evidence)


def _account(unit: UnitSnapshot) -> Verdict:
    total, finished, failed = unit.children_total, unit.children_finished, unit.children_failed
    if not (_is_count(total) and _is_count(finished) and _is_count(failed)):
        return refused("The children cannot be accounted for: a count is missing.")
    evidence = {"total": total, "finished": finished, "failed": failed}
    if finished > total:
        return refused(f"{finished} children finished, more than the {total} there are.", **evidence)
    if finished + failed != total:
        return refused(
            f"{finished} of {total} children finished and {failed} failed: not all are accounted for.", **evidence
        )
    return passed("Every child is accounted for.", **evidence)


def _is_count(number: object) -> bool:
    return type(number) is int and 0 <= number < 2**53
