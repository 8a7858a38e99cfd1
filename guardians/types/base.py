"""What every guardian type is, and the table of types."""

import logging
import re
import traceback
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Self

import msgspec

from guardians.types.words import one_line
from guardians.verdicts import UnitSnapshot, Verdict
from kit.errors import BadInput, Problem

logger = logging.getLogger("guardians")

AND = "AND"
OR = "OR"

_WORDS = {
    "`int`": "a whole number",
    "`float`": "a number",
    "`str`": "text",
    "`bool`": "true or false",
    "`array`": "a list",
    "`object`": "an object",
    "`null`": "nothing",
    " | ": " or ",
}
_UNKNOWN_KEY = re.compile(r"Object contains unknown field `(.*)`$", re.DOTALL)
_MISSING_KEY = re.compile(r"Object missing required field `(.*)`$", re.DOTALL)


class Place(NamedTuple):
    """Where in the submitted configuration a type reads: it names the field in every complaint."""

    field: str = "config"
    depth: int = 0

    def wrong(self, path: str, message: str) -> BadInput:
        """The complaint about a setting, e.g. wrong("rules[3].value", "must be a list")."""
        separator = "." if path and not path.startswith("[") else ""
        return BadInput.field(f"{self.field}{separator}{path}", message)

    def inside(self, path: str) -> "Place":
        return Place(f"{self.field}.{path}", self.depth + 1)


class NoConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For a type that has nothing to set."""


class GuardianType(ABC):
    """One kind of rule; an instance is a compiled guardian, immutable and shared by threads.

    A type declares its `name` (capitals), the frozen msgspec Struct of the settings it `reads`, and
    `weigh`. `weigh` sees the unit, its own settings and `now`, and nothing else: no clock, database or
    network. Whatever it raises is a refusal.
    """

    name: ClassVar[str]
    reads: ClassVar[type[msgspec.Struct]] = NoConfig
    config: Any

    def __init__(self, config: Any, place: Place) -> None:
        """Prepare what can be prepared once. Raises BadInput, best through `place.wrong`."""
        self.config = config

    @classmethod
    def compile(cls, config: Any, place: Place | None = None) -> Self:
        """A guardian from its stored or submitted settings. Raises BadInput naming the field."""
        place = place or Place()
        return cls(_read(cls.reads, config, place), place)

    @abstractmethod
    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        """The verdict of this rule."""

    @abstractmethod
    def describe(self) -> str:
        """What the rule allows, as one translated sentence for the pages."""

    def size(self) -> int:
        """How many guardians this one is made of."""
        return 1

    def judge(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        """The verdict, whatever happens: a rule that fails does not allow. `now` is aware."""
        try:
            verdict = self.weigh(unit, now)
        except Exception as failure:
            # The message may quote the unit's data, which is not ours to log.
            place = traceback.extract_tb(failure.__traceback__)[-1]
            kind = type(failure).__name__
            logger.error("guardian %s failed: %s at %s:%s", self.name, kind, place.filename, place.lineno)
            return refused(f"The {self.name} guardian failed on this unit ({kind}).", failure=kind)
        if type(verdict) is Verdict and type(verdict.allowed) is bool:
            return verdict
        logger.error("guardian %s gave %s instead of a verdict", self.name, type(verdict).__name__)
        return refused(f"The {self.name} guardian gave no verdict.")


class Broken(GuardianType):
    """Stands in for a stored guardian that can no longer be compiled, and allows nothing."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name  # type: ignore[misc]  # the name it was stored under, not this class's
        self.why = why

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        return refused(f"The {self.name} guardian cannot judge: {self.why}.", failure=self.why)

    def describe(self) -> str:
        return self.why


def passed(reason: str, directions: tuple[str, ...] = (), /, **evidence: Any) -> Verdict:
    return Verdict(allowed=True, reason=reason, evidence=evidence, directions=directions)


def refused(reason: str, /, **evidence: Any) -> Verdict:
    return Verdict(allowed=False, reason=one_line(reason), evidence=evidence)


def check_operator(operator: str, place: Place) -> None:
    if operator not in (AND, OR):
        raise place.wrong("operator", "must be AND or OR")


_types: dict[str, type[GuardianType]] = {}


def register(cls: type[GuardianType]) -> type[GuardianType]:
    """Add a type to the table. Raises ValueError when its name is missing, odd or taken, or a method is left out."""
    name = getattr(cls, "name", "")
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,39}", name):
        raise ValueError(f"A guardian type is named in capitals, like TTL_CHECK; {cls.__name__} is named {name!r}.")
    if _types.get(name, cls) is not cls:
        raise ValueError(f"There already is a guardian type {name}.")
    if missing := sorted(cls.__abstractmethods__):
        raise ValueError(f"The guardian type {name} leaves out {' and '.join(missing)}.")
    _types[name] = cls
    return cls


def types() -> dict[str, type[GuardianType]]:
    """Every registered type by its name."""
    return dict(_types)


def compile_guardian(type_name: str, config: Any, place: Place, type_field: str = "type") -> GuardianType:
    """A guardian of a registered type. Raises BadInput naming the field, whatever the type's code does."""
    cls = _types.get(type_name) if isinstance(type_name, str) else None
    if cls is None:
        known = ", ".join(sorted(_types))
        raise BadInput.field(type_field, f"there is no such guardian type; there are {known}")
    try:
        return cls.compile(config, place)
    except Problem:
        raise
    except Exception as failure:
        logger.exception("guardian type %s failed to read a configuration", type_name)
        raise place.wrong("", f"{type_name} cannot read this ({type(failure).__name__})") from None


def _read(shape: type[msgspec.Struct], config: Any, place: Place) -> msgspec.Struct:
    try:
        return msgspec.convert(config, shape)
    except msgspec.ValidationError as wrong:
        what, _, path = str(wrong).partition(" - at ")
        raise _complaint(what, path.removeprefix("`key` in ").strip("`$."), place) from None


def _complaint(what: str, path: str, place: Place) -> BadInput:
    for pattern, message in ((_UNKNOWN_KEY, "there is no such setting"), (_MISSING_KEY, "is missing")):
        found = pattern.match(what)
        if found:
            return place.wrong(f"{path}.{found[1]}".strip("."), message)
    for technical, plain in _WORDS.items():
        what = what.replace(technical, plain)
    return place.wrong(path, what.replace("Expected", "must be", 1).replace(", got", ", not", 1))
