"""How long an expression could take, told from its tree before it ever runs.

The runtime stops an expression after 10,000 loop turns and counts nothing else: not the bytes it
scans, not the lists it copies. `[[a+a]].all(b, [[b+b]].all(c, ...))` doubles a text with every level
and took 0.5 GB and 1.3 s within that budget, and an evaluation holds the interpreter lock to its end.
So the worst case is estimated here, in nanoseconds, as an upper bound that errs on the high side
(figures: measured on one core, cel-expr-python 0.1.3).
"""

import re
from typing import NamedTuple

from guardians.cel.tree import Node

MAX_TURNS = 10_000
"""Loop turns after which the runtime stops an expression by itself."""

MAX_NESTED_LOOPS = 4

_NODE = 60.0
_BYTE = 1.0
_VALUE_COMPARED = 400.0
_VALUE_COPIED = 40.0
# Dearer than its time: it is memory that the bound is about.
_VALUE_MADE = 100.0
_BYTE_MADE = 10.0
_PATTERN_STATE = 500.0

_ONE_BIT = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "@in", "_&&_", "_||_", "!_", "@not_strictly_false"})
_ARITHMETIC = frozenset({"_-_", "_*_", "_/_", "_%_", "-_"})
_TEXT_SEARCH = frozenset({"contains", "startsWith", "endsWith", "size", "matches"})
_REPETITION = re.compile(r"\{(\d+)(?:,(\d*))?\}")


class TooDeep(ValueError):
    """Loops are nested deeper than MAX_NESTED_LOOPS."""


class Extent(NamedTuple):
    """How large a value may be: bytes of text in it, and values (elements, keys, members) in it."""

    text: float
    values: float

    def plus(self, other: "Extent", times: float = 1.0) -> "Extent":
        return Extent(self.text + times * other.text, self.values + times * other.values)

    def common(self, other: "Extent") -> "Extent":
        return Extent(min(self.text, other.text), min(self.values, other.values))


SCALAR = Extent(24, 1)
_NOTHING = Extent(0, 0)


class Work(NamedTuple):
    """What evaluating a node takes, in nanoseconds: once, in all its loop turns, and at most in one of them.

    The elements of a list share its bytes, so a loop is counted as one turn over an element as large
    as the whole list, and the others over scalars.
    """

    extent: Extent
    once: float = _NODE
    looped: float = 0.0
    turn: float = 0.0

    @property
    def nanoseconds(self) -> float:
        return self.once + min(self.looped, MAX_TURNS * self.turn)


def nanoseconds(tree: Node, unit: Extent) -> float:
    """An upper bound for one evaluation over a unit of this extent. Raises TooDeep."""
    return _measure(tree, {"unit": unit, "now": SCALAR}, 0).nanoseconds


def _measure(node: Node, names: dict[str, Extent], depth: int) -> Work:
    if node.kind == "loop":
        return _loop(node, names, depth + 1)
    if node.kind == "constant":
        return Work(Extent(len(node.text or "") * 4.0, 1) if node.text else SCALAR)
    if node.kind == "name":
        return Work(names.get(node.name, SCALAR))
    operands = [_measure(part, names, depth) for part in node.parts]
    if node.kind == "call":
        return _call(node, operands)
    if node.kind == "select":
        return _all(SCALAR if node.is_test else operands[0].extent, operands)
    whole = _sum(operands).plus(Extent(0, 1))
    return _all(whole, operands, work=_VALUE_MADE * (1 + len(operands)))


def _call(node: Node, operands: list[Work]) -> Work:
    extents = [operand.extent for operand in operands]
    whole = _sum(operands)
    name = node.name
    if name in ("_==_", "_!=_"):
        shared = extents[0].common(extents[1])
        return _all(SCALAR, operands, work=shared.values * _VALUE_COMPARED + shared.text * _BYTE)
    if name == "@in":
        return _all(SCALAR, operands, work=extents[1].values * _VALUE_COMPARED + extents[1].text * _BYTE)
    if name == "_?_:_":
        return _all(_larger(extents[1], extents[2]), operands)
    if name == "_[_]":
        return _all(extents[0], operands)
    if name == "_+_":
        return _all(whole, operands, work=whole.values * _VALUE_MADE + whole.text * _BYTE_MADE)
    if name in _TEXT_SEARCH:
        return _all(SCALAR, operands, work=_search(node, extents))
    if name in _ONE_BIT or name in _ARITHMETIC:
        return _all(SCALAR, operands, work=0.0 if name in _ARITHMETIC else min(e.text for e in extents) * _BYTE)
    return _all(whole.plus(SCALAR), operands, work=whole.values * _VALUE_MADE + whole.text * _BYTE_MADE)


def _search(node: Node, extents: list[Extent]) -> float:
    searched, sought = extents[0].text, extents[-1].text
    if node.name == "contains":
        # A plain search: every place may match up to the last byte, 64 bytes compared at a time.
        return searched * _BYTE * (1 + min(searched, sought) / 64)
    if node.name != "matches":
        return searched * _BYTE
    return pattern_nanoseconds(pattern_states(node.parts[-1].text or ""), searched)


def pattern_nanoseconds(states: float, searched: float) -> float:
    """One search through so many bytes: RE2 compiles the pattern every time, and never goes back in the text."""
    return states * _PATTERN_STATE + searched * (5 + states / 4)


def pattern_states(pattern: str) -> float:
    """About how many states RE2 makes of a pattern: its length, and every counted repetition written out."""
    counts = [int(most or least) for least, most in _REPETITION.findall(pattern)]
    if not counts:
        return len(pattern) + 1.0
    if "){" not in pattern:
        return len(pattern) + 4.0 * sum(counts)
    product = 1
    for count in counts:
        product = min(1_000, product * max(1, count))
    return float(len(pattern) * product)


def _loop(node: Node, names: dict[str, Extent], depth: int) -> Work:
    if depth > MAX_NESTED_LOOPS:
        raise TooDeep(f"Loops are nested deeper than {MAX_NESTED_LOOPS}.")
    over, first, condition, step, result = node.parts
    ranged = _measure(over, names, depth - 1)
    turns = min(MAX_TURNS, ranged.extent.values)
    builds = first.kind == "list"
    start = _NOTHING if builds else SCALAR
    large = _turn((condition, step), names | {node.name: ranged.extent, node.accumulator: start}, depth)
    small = _turn((condition, step), names | {node.name: SCALAR, node.accumulator: start}, depth)
    made = large.extent.plus(small.extent, turns) if builds else SCALAR
    # A list grows by copying what it has: 4,000 turns of map() took 0.3 s.
    copied = turns * turns / 2 * _VALUE_COPIED if builds else 0.0
    ended = _measure(result, names | {node.accumulator: made}, depth)
    return Work(
        made if builds else SCALAR,
        once=ranged.once + large.once + ended.once + copied + _NODE,
        looped=ranged.looped + large.looped + ended.looped + turns * (small.once + small.looped),
        turn=max(ranged.turn, large.turn, ended.turn, small.turn, small.once),
    )


def _turn(parts: tuple[Node, Node], names: dict[str, Extent], depth: int) -> Work:
    condition, step = (_measure(part, names, depth) for part in parts)
    return _all(step.extent, [condition, step])


def _all(extent: Extent, operands: list[Work], work: float = 0.0) -> Work:
    return Work(
        extent,
        once=_NODE + work + sum(operand.once for operand in operands),
        looped=sum(operand.looped for operand in operands),
        turn=max((operand.turn for operand in operands), default=0.0),
    )


def _sum(operands: list[Work]) -> Extent:
    whole = _NOTHING
    for operand in operands:
        whole = whole.plus(operand.extent)
    return whole


def _larger(one: Extent, other: Extent) -> Extent:
    return Extent(max(one.text, other.text), max(one.values, other.values))
