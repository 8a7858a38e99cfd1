"""A unit for the tests of guardians, and what every hostile unit may hold."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from guardians.registry import compile as compile_guardian
from guardians.verdicts import UnitSnapshot, Verdict

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


def a_unit(attributes: Any = None, **facts: Any) -> UnitSnapshot:
    known = {"id": "u-1", "external_id": "deploy-4711", "gate": "deploys", "created_at": NOW - timedelta(minutes=2)}
    return UnitSnapshot(**{**known, "attributes": {} if attributes is None else attributes, **facts})


def judge(type_name: str, config: Any, attributes: Any = None, **facts: Any) -> Verdict:
    return compile_guardian(type_name, config).judge(a_unit(attributes, **facts), NOW)


# A unit never gets as far with U+0000 in it: the database cannot store it.
_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8) | st.sampled_from("abc")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100) | st.floats(-10, 10) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


class Odd(dict[str, Any]):
    """A dict that is none: json loads no such thing, but code might pass one."""


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(
        [
            math.nan,
            math.inf,
            2**53,
            2**64,
            -(10**400),
            Decimal("0.1"),
            Decimal("sNaN"),
            NOW,
            NOW.replace(tzinfo=None),
            b"bytes",
            {1, 2},
            (1, "2"),
            object(),
            "\x00",
            "\ud800",
            "x" * 5_000,
            Odd(a=1),
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "unit", "1"]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
HOSTILE_ATTRIBUTES = st.dictionaries(st.sampled_from(["a", "b", "unit"]) | st.text(max_size=3), HOSTILE) | HOSTILE
