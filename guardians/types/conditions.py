"""The conditions a rule of CRITERIA_GATE may set, each over one value found in a unit.

A value that cannot be compared is neither equal nor unequal, neither in nor out: Unfit says so, and the
rule does not hold. true is not 1 and "5" is not 5; numbers compare whether whole or not.
"""

import math
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from msgspec import UNSET

from guardians.types.words import kind_of, shown

MAX_CHOICES = 1_000
_TOLD_CHOICES = 8


class Unfit(Exception):
    """The value found cannot be compared. The message goes on from the field's name: "is text, ..."."""


class Condition(NamedTuple):
    """`prepare` checks a rule's value once (ValueError says why not); `holds` compares a found value with it.

    `allows` completes "The rule allows ..." in a reason, `description` is the translated phrase of a page.
    """

    prepare: Callable[[Any], Any]
    holds: Callable[[Any, Any], bool]
    allows: str
    description: Any


def told(value: Any) -> str:
    """A rule's value in words: a list by its first members, everything else as JSON."""
    if not isinstance(value, list | tuple):
        return shown(value)
    first = ", ".join(shown(item) for item in value[:_TOLD_CHOICES])
    return first if len(value) <= _TOLD_CHOICES else f"{first} or {len(value) - _TOLD_CHOICES} more"


def _any_value(value: Any) -> Any:
    if value is UNSET:
        raise ValueError("is missing")
    return value


def _no_value(value: Any) -> None:
    if value is not UNSET and value is not None:
        raise ValueError("exists and not_exists take no value")


def _member(value: Any) -> Any:
    if value is UNSET or value is None or value == "":
        raise ValueError("must be what is looked for: not empty, not null")
    return value


def _choices(value: Any) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_CHOICES:
        raise ValueError(f"must be a list of 1 to {MAX_CHOICES:,} values")
    return value


def _threshold(value: Any) -> float | datetime:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    moment = _moment(value)
    if moment is None:
        raise ValueError("must be a number, or a moment such as 2026-11-21T08:00:00Z")
    return moment


def _moment(value: Any) -> datetime | None:
    """RFC 3339 text as a moment. Without an offset nobody knows which moment it is."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.utcoffset() is not None else None


def _equals(found: Any, value: Any) -> bool:
    if value is None:
        return found is None
    if not _is_like(found, value):
        raise Unfit(f"is {kind_of(found)}. The rule compares it with {kind_of(value)}.")
    return _is_same(found, value)


def _not_equals(found: Any, value: Any) -> bool:
    return not _equals(found, value)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(found: Any, threshold: Any) -> bool:
        if isinstance(threshold, datetime):
            moment = _moment(found)
            if moment is None:
                raise Unfit(f"is {shown(found)}. The rule compares it with a moment in time.")
            return compare(moment, threshold)
        if not _is_like(found, threshold):
            raise Unfit(f"is {kind_of(found)}. The rule compares it with a number.")
        return compare(found, threshold)

    return holds


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, str) and isinstance(value, str):
        return value in found
    if isinstance(found, list | tuple):
        return any(_is_like(item, value) and _is_same(item, value) for item in found)
    raise Unfit(f"is {kind_of(found)}. The rule looks for {shown(value)} in it.")


def _not_contains(found: Any, value: Any) -> bool:
    # Among objects, "prod" is not contained and yet may be what they speak about.
    if isinstance(found, list | tuple) and not all(_is_like(item, value) for item in found):
        raise Unfit(f"holds more than {kind_of(value)}. The rule looks for {shown(value)} in it.")
    return not _contains(found, value)


def _is_in(found: Any, choices: list[Any]) -> bool:
    return any(_is_like(found, choice) and _is_same(found, choice) for choice in choices)


def _exists(found: Any, _value: Any) -> bool:
    return found is not None


def _is_like(one: Any, other: Any) -> bool:
    """Whether two values are of the same JSON type, and neither is NaN or infinite."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    if isinstance(one, int | float):
        return isinstance(other, int | float) and _is_finite(one) and _is_finite(other)
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple)
    return type(one) is type(other)


def _is_finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)


def _is_same(one: Any, other: Any) -> bool:
    """Equality all the way down: Python holds [true] and [1] for equal."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            _is_like(one[k], other[k]) and _is_same(one[k], other[k]) for k in one
        )
    if isinstance(one, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_is_like(a, b) and _is_same(a, b) for a, b in pairs)
    return bool(one == other)


CONDITIONS = {
    "equals": Condition(_any_value, _equals, "only {}", _("%(field)s is %(value)s")),
    "not_equals": Condition(_any_value, _not_equals, "anything but {}", _("%(field)s is not %(value)s")),
    "gt": Condition(_threshold, _ordered(operator.gt), "more than {}", _("%(field)s is more than %(value)s")),
    "gte": Condition(_threshold, _ordered(operator.ge), "{} or more", _("%(field)s is %(value)s or more")),
    "lt": Condition(_threshold, _ordered(operator.lt), "less than {}", _("%(field)s is less than %(value)s")),
    "lte": Condition(_threshold, _ordered(operator.le), "{} or less", _("%(field)s is %(value)s or less")),
    "contains": Condition(_member, _contains, "only what contains {}", _("%(field)s contains %(value)s")),
    "not_contains": Condition(
        _member, _not_contains, "only what does not contain {}", _("%(field)s does not contain %(value)s")
    ),
    "in": Condition(_choices, _is_in, "only {}", _("%(field)s is one of %(value)s")),
    "exists": Condition(_no_value, _exists, "only units that have it", _("%(field)s is there")),
    "not_exists": Condition(
        _no_value, lambda found, _: found is None, "only units without it", _("%(field)s is not there")
    ),
}
