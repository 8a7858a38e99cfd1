"""The one adapter over cel-expr-python: expressions over `unit` and `now` that fail closed.

The library returns its errors as values whose `value()` is a non-empty, hence true, text; raises
RuntimeError when the loop budget is spent; and evaluates only plain JSON types. None of that leaves
this module: `Program.evaluate` gives a value of the type asked for, or a sentence about why not.

A rule reads `unit.attributes.amount`, `unit.title` (every name in guardians.verdicts.FACTS) and
`now`, a timestamp. Moments in a unit are text: `timestamp(unit.created_at)`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from cel_expr_python import cel  # type: ignore[import-untyped]

from guardians.cel.cost import MAX_TURNS, Extent, TooDeep, nanoseconds, pattern_nanoseconds, pattern_states
from guardians.cel.tree import Node, read_tree
from guardians.verdicts import FACTS, UnitSnapshot
from kit.canonical import check_json
from kit.errors import BadInput

MAX_SOURCE = 4_000
BUDGET_NANOSECONDS = 100e6
"""An evaluation that could take longer is refused: it would hold up everybody else in the process."""

# A unit's attributes, and what it proposes, arrive in a body of at most 1 MiB.
_SIZES = tuple(1 << power for power in (20, 18, 16, 14, 12, 10, 8))
_SMALL_UNIT = Extent(256, 32)
_USUAL_UNIT = Extent(4_096, 200)

_encode = msgspec.json.Encoder().encode

_PLACE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): ([^\n]*)")
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)'")
_NOT_FOUND = re.compile(r'Key not found in map : "(.*)"', re.DOTALL)
_OVERLOAD = re.compile(r"No matching overloads found : (.*)", re.DOTALL)

_ENVIRONMENT = cel.NewEnv(variables={"unit": cel.Type.Map(cel.Type.STRING, cel.Type.DYN), "now": cel.Type.TIMESTAMP})
_PATTERNS = cel.NewEnv(variables={"text": cel.Type.STRING})
_TYPES = {"bool": cel.Type.BOOL, "text": cel.Type.STRING}
_WORDS = {"bool": "true or false", "text": "text", "string": "text", "null": "null", "int": "a number"}

Gives = Literal["bool", "text"]


class Unusable(ValueError):
    """The expression cannot be used; the message says why, with line:column where there is one."""


class Outcome(NamedTuple):
    """`value` when there is one, else a sentence about the problem."""

    value: Any
    problem: str = ""


_TRUE = Outcome(value=True)


class Program:
    """One compiled expression. May be shared by threads."""

    def __init__(self, source: str, gives: Gives, expression: cel.Expression, tree: Node) -> None:
        self.source = source
        self._gives: Gives = gives
        self._expression = expression
        self._tree = tree
        self._safe_bytes = _safe_bytes(tree)

    @property
    def cost(self) -> int:
        """The worst case over a unit of 4 KiB, as thousandths of what an evaluation may take. For the pages."""
        return -int(-1_000 * nanoseconds(self._tree, _USUAL_UNIT) // BUDGET_NANOSECONDS)

    def evaluate(self, unit: UnitSnapshot, now: datetime) -> Outcome:
        """Its value over one unit, of the type it was compiled for, or the problem. Never raises."""
        try:
            sight = _sight(unit, now)
            if sight.text > self._safe_bytes and not self._is_affordable(unit, sight):
                return Outcome(None, "The unit is too large for this expression: it could take too long.")
            return self._outcome(self._expression.eval(sight.activation))
        except BadInput as unfit:
            return Outcome(None, f"The unit cannot be read: {unfit.sentence}.")
        except Exception as failure:
            return Outcome(None, _sentence(str(failure)))

    def _is_affordable(self, unit: UnitSnapshot, sight: "_Sight") -> bool:
        extent = Extent(sight.text, _count(unit.attributes) + _count(unit.proposed) + len(FACTS))
        return nanoseconds(self._tree, extent) <= BUDGET_NANOSECONDS

    def _outcome(self, result: cel.Value) -> Outcome:
        value = result.value()
        if value is True and self._gives == "bool":
            return _TRUE  # only a BOOL gives Python's True: an error's value is text
        kind = result.type()
        if kind == _TYPES[self._gives]:
            return Outcome(value)
        if kind == cel.Type.ERROR:
            return Outcome(None, _sentence(str(value)))
        return Outcome(None, f"The expression gave {_word(kind)}, not {_WORDS[self._gives]}.")


def compile(source: str, *, gives: Gives = "bool") -> Program:
    """An expression that gives a bool (or text), checked as far as it can be before it runs.

    Raises Unusable: syntax and type errors with their line:column, another result type, a name that
    `unit` does not have, a pattern that is not RE2 or not written out, a cost beyond the budget.
    """
    if len(source) > MAX_SOURCE:
        raise Unusable(f"the expression is longer than {MAX_SOURCE:,} characters")
    try:
        expression = _ENVIRONMENT.compile(source)
        tree = read_tree(expression.serialize())
    except Exception as refused:
        raise Unusable(_places(str(refused))) from None
    if expression.return_type() not in (_TYPES[gives], cel.Type.DYN):
        raise Unusable(f"the expression gives {_word(expression.return_type())}; it must give {_WORDS[gives]}")
    for complaint in _complaints(tree):
        raise Unusable(complaint)
    return Program(source, gives, expression, tree)


def all_of(programs: Sequence[Program]) -> Program | None:
    """One program that is true exactly when all of these are, at a third of what asking each costs.

    None when together they are too long or could take too long. When it is not true, ask each: which one, and why.
    """
    try:
        return compile(" && ".join(f"({one.source}\n)" for one in programs))  # a comment ends with its line
    except Unusable:
        return None


class Pattern:
    """One RE2 pattern, searched for in a text: it never goes back, so no text makes it slow."""

    def __init__(self, pattern: str) -> None:
        """Raises Unusable when it is not an RE2 pattern (no look-around, no back-references)."""
        self._states = pattern_states(pattern)
        self._found = _PATTERNS.compile(f"text.matches({_quoted(pattern)})")
        tried = self._found.eval(data={"text": ""})
        if tried.type() != cel.Type.BOOL:
            raise Unusable(str(tried.value()).removeprefix("INVALID_ARGUMENT: "))

    def nanoseconds(self, length: int) -> float:
        """About the longest that a search through so many characters takes."""
        return pattern_nanoseconds(self._states, 4 * length)

    def is_in(self, text: str) -> bool:
        """Whether some part of the text matches."""
        return self._found.eval(data={"text": text}).value() is True


def _complaints(tree: Node) -> Iterator[str]:
    for node in tree.walk():
        above = node.parts[0] if node.parts else None
        if node.kind == "select" and above == Node("name", name="unit") and node.name not in FACTS:
            yield f"unit has no {node.name!r} of its own; did you mean unit.attributes.{node.name}?"
        if node.kind == "call" and node.name == "matches":
            yield from _pattern_complaints(node.parts[-1].text)
    try:
        if nanoseconds(tree, _SMALL_UNIT) > BUDGET_NANOSECONDS:
            yield "the expression could take too long even over a small unit"
    except TooDeep as deep:
        yield str(deep)


def _pattern_complaints(pattern: str | None) -> Iterator[str]:
    if pattern is None:
        yield "matches() needs its pattern written out, not read from the unit"
        return
    try:
        Pattern(pattern)
    except Unusable as wrong:
        yield str(wrong)


def _safe_bytes(tree: Node) -> int:
    """Up to which size of unit the expression is within its budget whatever the unit holds."""
    for size in _SIZES:
        # No JSON value takes fewer than two bytes: "1,".
        if nanoseconds(tree, Extent(size, size / 2)) <= BUDGET_NANOSECONDS:
            return size
    return 0


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_count, value.values()))
    if isinstance(value, list | tuple):
        return 1 + sum(map(_count, value))
    return 1


class _Sight(NamedTuple):
    """What expressions see of a unit, and how many bytes of JSON its own content is."""

    now: datetime
    activation: cel.Activation
    text: int


def _sight(unit: UnitSnapshot, now: datetime) -> _Sight:
    """One activation for every expression of a batch: a second one costs as much as evaluating."""
    kept: _Sight | None = unit.__dict__.get("sight")
    if kept is not None and kept.now is now:
        return kept
    text = _checked_bytes(unit.attributes, "attributes") + _checked_bytes(unit.proposed, "proposed") + len(unit.title)
    sight = _Sight(now, _ENVIRONMENT.Activation({"unit": unit.facts(), "now": now}), text)
    unit.__dict__["sight"] = sight
    return sight


def _checked_bytes(value: Any, field: str) -> int:
    """The length of a value's JSON. Raises BadInput for NaN and infinity: neither is more nor less than anything.

    msgspec writes them as null, so only a text with a null in it needs the thorough look, five times as slow.
    What else is no JSON, the runtime refuses by itself.
    """
    text = _encode(value)
    if b"null" in text:
        check_json(value, field)
    return len(text)


def _word(kind: cel.Type) -> str:
    name: str = kind.name().lower().partition("<")[0].removesuffix("_type")
    return _WORDS.get(name, f"a {name}")


def _places(text: str) -> str:
    """The compiler's complaints as "line:column what", without its drawing of the source."""
    found = [_place(*place) for place in _PLACE.findall(text)[:5]]
    if "recursion" in text:
        return "the expression is nested deeper than 32 levels"
    return "; ".join(found) or f"the expression cannot be compiled ({text[:200]})"


def _place(line: str, column: str, what: str) -> str:
    what = what.replace(" [INVALID_ARGUMENT]", "").replace(" (in container '')", "").partition(" expecting ")[0]
    unknown = _UNDECLARED.match(what)
    if unknown:
        what += f" (an expression sees unit and now; did you mean unit.attributes.{unknown[1]}?)"
    return f"{line}:{column} {what}"


def _sentence(error: str) -> str:
    missing = _NOT_FOUND.search(error)
    if missing:
        return f'The expression reads "{missing[1][:200]}", which this unit does not have.'
    unfit = _OVERLOAD.search(error)
    if unfit:
        return f"The expression combines values whose types do not fit: {unfit[1][:200]}."
    if "budget exceeded" in error:
        return f"The expression took more than {MAX_TURNS:,} loop turns and was stopped."
    return f"The expression could not be evaluated: {error[:200]}."


def _quoted(text: str) -> str:
    """A text as a CEL literal. JSON's is one, as long as no character is written as a surrogate pair."""
    return msgspec.json.encode(text).decode()
