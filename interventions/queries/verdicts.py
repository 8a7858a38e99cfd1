"""What the guardians said about a unit, from what the unit keeps: never from today's configuration."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from guardians.policy import BLOCKED, HELD
from work.models import Unit

MICROSECOND = 1e-6


class Said(NamedTuple):
    """One guardian's word. `state`: passed, held, blocked, overruled, shadow or unasked."""

    guardian: str  # with its version: limits v3
    state: str
    allowed: bool | None
    reason: str
    evidence: dict[str, Any]
    directions: list[str]
    seconds: float | None


def said_about(unit: Unit) -> list[Said]:
    """In the order of the gate; those that were never asked, because it was clear before, come with the rest."""
    heard = {(said["name"], said["version"]): said for said in unit.verdict.get("guardians", [])}
    return [_said(unit, kept, heard.get((kept["guardian"], kept["version"]))) for kept in unit.policy]


def fields_held(unit: Unit | None) -> frozenset[str]:
    """The names, at the top of attributes and arguments, of what the rules that held a unit looked at."""
    return frozenset(_fields_named(unit.verdict.get("evidence", {}))) if unit else frozenset()


def _fields_named(evidence: dict[str, Any]) -> Iterator[str]:
    named = [one.get("field") for one in evidence.get("failed", []) if isinstance(one, dict)]
    named += [one.get("path") for one in evidence.get("failures", []) if isinstance(one, dict)]
    named += _IN_EXPRESSION.findall(str(evidence.get("expression", "")))
    for name in named:
        yield re.split(r"[.\[/]", _IN_UNIT.sub("", str(name or "")), maxsplit=1)[0]
    for member in evidence.get("members", []):
        if isinstance(member, dict) and not member.get("allowed"):
            yield from _fields_named(member.get("evidence") or {})


_IN_UNIT = re.compile(r"^(unit\.)?(attributes|proposed)\.")
_IN_EXPRESSION = re.compile(r"\bunit\.(?:attributes|proposed)\.(\w+)")


def _said(unit: Unit, kept: dict[str, Any], said: dict[str, Any] | None) -> Said:
    guardian = f"{kept['guardian']} v{kept['version']}"
    if said is None:
        return Said(guardian, "unasked", None, "", {}, [], None)
    return Said(
        guardian,
        _state(unit, said),
        said["allowed"],
        said["reason"],
        said["evidence"],
        said["directions"],
        said["microseconds"] * MICROSECOND,
    )


def _state(unit: Unit, said: dict[str, Any]) -> str:
    if said["shadow"]:
        return "shadow"
    if said["allowed"]:
        return "passed"
    outcome = unit.verdict.get("outcome")
    return outcome if outcome in (HELD, BLOCKED) else "overruled"
