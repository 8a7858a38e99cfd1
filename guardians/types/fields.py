"""Dotted fields of a rule: `deploy.percent`, `files.0.path`, `unit.title`.

A field names an attribute; a part that is a number picks from a list. A field that begins with `unit.`
is always a fact of the unit itself, and `unit.attributes.x` the same as `x`: were an attribute called
"unit" to win, its sender could make up the unit's priority or submitter. A key that contains a dot is out
of reach here; an expression reads it as `unit.attributes["a.b"]`.
"""

from typing import Any, Final

from guardians.types.base import Place
from guardians.verdicts import FACTS, UnitSnapshot

MAX_FIELD = 200


class Absent:
    """The field is not there. `why` is the sentence for a pilot."""

    __slots__ = ("is_unfit", "why")

    def __init__(self, why: str, *, is_unfit: bool = False) -> None:
        self.why = why
        self.is_unfit = is_unfit  # the way to it leads through a value that has no members


class Field:
    """A compiled field path."""

    __slots__ = ("_fact", "_missing", "_parts", "_unfit", "text")

    def __init__(self, text: str, path: str, place: Place) -> None:
        """Raises BadInput (at `path`) for an empty or overlong field, and for facts no unit has."""
        parts = text.split(".")
        if len(text) > MAX_FIELD or not all(parts):
            raise place.wrong(path, f"must be names joined by dots, at most {MAX_FIELD} characters")
        self.text: Final = text
        self._fact = ""
        if parts[0] == "unit" and len(parts) > 1:
            self._fact, parts = parts[1], parts[2:]
            if self._fact not in FACTS:
                raise place.wrong(path, f"a unit has no {self._fact!r}; it has {', '.join(sorted(FACTS))}")
            if self._fact == "attributes":
                self._fact = ""
        self._parts = tuple((part, int(part) if part.isdecimal() and len(part) < 7 else None) for part in parts)
        self._missing: Final = Absent(f"{text} is missing.")
        self._unfit: Final = Absent(f"{text} cannot be read: something on the way to it has no members.", is_unfit=True)

    def read(self, unit: UnitSnapshot) -> Any:
        """The value, or an Absent."""
        found = unit.fact(self._fact) if self._fact else unit.attributes
        for part, index in self._parts:
            if isinstance(found, dict):
                found = found.get(part, self._missing)
            elif isinstance(found, list | tuple) and index is not None:
                found = found[index] if index < len(found) else self._missing
            elif found is None or found is self._missing:
                return self._missing
            else:
                return self._unfit
        return found
