"""Filters (RFC 7644, 3.4.2.2): read once, then asked of rows or of one value of many. Pure."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Union

from clients.scim.errors import Wrong

LONGEST = 1_000  # characters
DEEPEST = 10  # brackets in brackets
TOKEN = re.compile(r'\s*(?:([()\[\]])|("(?:[^"\\]|\\.)*")|([^\s()\[\]"]+))')
PATH = re.compile(r"[A-Za-z$][\w$:.-]*")
OPERATORS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr")

Value = str | bool | int | float | None


class Compare(NamedTuple):
    """An attribute against a value; `where` chooses among the values of one that has many: `emails[type eq "work"]`."""

    path: str
    operator: str
    value: Value = None
    where: "Filter | None" = None


class Every(NamedTuple):
    parts: tuple["Filter", ...]


class Some(NamedTuple):
    parts: tuple["Filter", ...]


class Not(NamedTuple):
    part: "Filter"


Filter = Union[Compare, Every, Some, Not]  # noqa: UP007 -- the parts are of it


def read(text: str) -> Filter:
    """The filter that is written there. Raises Wrong("invalidFilter")."""
    if len(text) > LONGEST:
        raise wrong(f"A filter has at most {LONGEST} characters.")
    reader = _Reader(_tokens(text))
    found = reader.some(0)
    if reader.peek():
        raise wrong(f"It ends before “{reader.peek()[:50]}”.")
    return found


def wrong(why: str) -> Wrong:
    return Wrong("invalidFilter", f"The filter makes no sense. {why}")


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise wrong("A quotation mark is missing.")
        found.append(match.group().strip())
        at = match.end()
    return found


class _Reader:
    """Recursive descent: `or` binds less than `and`, `and` less than `not`."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens[::-1]

    def peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def some(self, depth: int) -> Filter:
        return self._joined("or", Some, lambda: self._joined("and", Every, lambda: self._one(depth)))

    def _take(self) -> str:
        if not self._tokens:
            raise wrong("Its end is missing.")
        return self._tokens.pop()

    def _expect(self, wanted: str) -> None:
        if self._take() != wanted:
            raise wrong(f"“{wanted}” is missing.")

    def _joined(self, word: str, kind: Callable[[Any], Filter], part: Callable[[], Filter]) -> Filter:
        parts = [part()]
        while self.peek().lower() == word:
            self._take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def _one(self, depth: int) -> Filter:
        if depth > DEEPEST:
            raise wrong("It is nested too deep.")
        first = self._take()
        if first == "(":
            inner = self.some(depth + 1)
            self._expect(")")
            return inner
        if first.lower() == "not" and self.peek() == "(":
            self._take()
            inner = self.some(depth + 1)
            self._expect(")")
            return Not(inner)
        return self._comparison(first, depth)

    def _comparison(self, path: str, depth: int) -> Filter:
        if not PATH.fullmatch(path):
            raise wrong(f"“{path[:50]}” is no attribute.")
        where = None
        if self.peek() == "[":
            self._take()
            where = self.some(depth + 1)
            self._expect("]")
            if self.peek().startswith("."):
                path += self._take()
        operator = self._take().lower()
        if operator not in OPERATORS:
            raise wrong(f"“{operator[:50]}” is none of {OPERATORS}.")
        return Compare(path, operator, None if operator == "pr" else _value(self._take()), where)


def _value(text: str) -> Value:
    try:
        value = json.loads(text if text.startswith('"') else text.lower())
        if isinstance(value, str):
            value.encode()
    except ValueError:
        raise wrong(f"“{text[:50]}” is no value; text stands in quotation marks.") from None
    if isinstance(value, str) and "\x00" in value:
        raise wrong(f"“{text[:50]}” is no value; text stands in quotation marks.")
    return value  # type: ignore[no-any-return]


def fits(found: Filter, value: Mapping[str, Any]) -> bool:
    """Whether the filter fits one value of many: `type eq "work"` against {"type": "work", "value": …}."""
    match found:
        case Every(parts):
            return all(fits(part, value) for part in parts)
        case Some(parts):
            return any(fits(part, value) for part in parts)
        case Not(part):
            return not fits(part, value)
    held = next((held for name, held in value.items() if name.casefold() == found.path.casefold()), None)
    return _compares(held, found.operator, found.value)


def _compares(held: Any, operator: str, wanted: Value) -> bool:
    if operator == "pr":
        return held not in (None, "", [], {})
    if operator == "ne":
        return not _compares(held, "eq", wanted)
    one, other = _comparable(held), _comparable(wanted)
    if operator == "eq":
        return bool(one == other)
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    return COMPARED[operator](one, other)


COMPARED: Mapping[str, Callable[[str, str], bool]] = {
    "co": lambda one, other: other in one,
    "sw": str.startswith,
    "ew": str.endswith,
    "gt": str.__gt__,
    "ge": str.__ge__,
    "lt": str.__lt__,
    "le": str.__le__,
}


def _comparable(value: Any) -> Any:
    """In any case; and "True" is true, as Entra writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.casefold() if isinstance(value, str) else value
