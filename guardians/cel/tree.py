"""The syntax tree of a compiled expression, macros expanded, read from its serialized form.

cel-expr-python offers no tree, but `serialize()` is the published message
`cel.expr.CheckedExpr` (cel-spec, proto/cel/expr/checked.proto and syntax.proto),
of which this reads the few fields that a cost estimate needs. Anything it does not know raises
ValueError, and an expression that cannot be read is refused when it is saved.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

_ANY_VALUE = 2
_CHECKED_EXPR = 4
_CONSTANT_STRINGS: Final = (6, 7)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Kind = Literal["constant", "name", "select", "call", "list", "map", "loop"]


class Node(msgspec.Struct, frozen=True):
    """One node. `name` is the function, variable, field or loop variable; `parts` are its operands.

    A loop's parts are: range, first accumulator, condition, step, result.
    """

    kind: Kind
    name: str = ""
    parts: tuple["Node", ...] = ()
    text: str | None = None
    accumulator: str = ""
    is_test: bool = False

    def walk(self) -> Iterator["Node"]:
        """This node and every node below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


def read_tree(serialized: bytes) -> Node:
    """The tree in the bytes of `Expression.serialize()`. Raises ValueError when it cannot be read."""
    checked = _message(serialized, _ANY_VALUE)
    return _node(_message(checked, _CHECKED_EXPR))


def _node(data: bytes) -> Node:
    for number, value in _fields(data):
        if number in _READERS and isinstance(value, bytes):
            return _READERS[number](value)
    raise ValueError("a node of an unknown kind")


def _constant(data: bytes) -> Node:
    for number, value in _fields(data):
        if number in _CONSTANT_STRINGS and isinstance(value, bytes):
            return Node("constant", text=value.decode(errors="replace"))
    return Node("constant")


def _name(data: bytes) -> Node:
    return Node("name", name=_text(data, 1))


def _select(data: bytes) -> Node:
    is_test = any(number == 3 and value for number, value in _fields(data))
    return Node("select", name=_text(data, 2), parts=(_node(_message(data, 1)),), is_test=is_test)


def _call(data: bytes) -> Node:
    target = tuple(_node(value) for value in _messages(data, 1))
    arguments = tuple(_node(value) for value in _messages(data, 3))
    return Node("call", name=_text(data, 2), parts=target + arguments)


def _list(data: bytes) -> Node:
    return Node("list", parts=tuple(_node(value) for value in _messages(data, 1)))


def _map(data: bytes) -> Node:
    entries = [part for entry in _messages(data, 2) for part in (*_messages(entry, 3), *_messages(entry, 4))]
    return Node("map", parts=tuple(_node(part) for part in entries))


def _loop(data: bytes) -> Node:
    parts = tuple(_node(_message(data, number)) for number in (2, 4, 5, 6, 7))
    return Node("loop", name=_text(data, 1), parts=parts, accumulator=_text(data, 3))


_READERS = {3: _constant, 4: _name, 5: _select, 6: _call, 7: _list, 8: _map, 9: _loop}


def _message(data: bytes, number: int) -> bytes:
    for value in _messages(data, number):
        return value
    raise ValueError(f"field {number} is missing")


def _text(data: bytes, number: int) -> str:
    return next(iter(_messages(data, number)), b"").decode()


def _messages(data: bytes, number: int) -> list[bytes]:
    return [value for found, value in _fields(data) if found == number and isinstance(value, bytes)]


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The fields of one protobuf message (protobuf.dev, "Encoding"), in order."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield tag >> 3, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} is unknown")
        if at + length > len(data):
            raise ValueError("a field ends beyond its message")
        yield tag >> 3, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number, shift = 0, 0
    while at < len(data) and shift < 70:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise ValueError("a number ends beyond its message")
