"""A file of past cases, line by line, as units of work for a gate."""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from intake.serializers import UnitIn
from kit.errors import BadInput, Malformed, Problem

KNOWN_IDS = ("case_id", "id", "external_id")
DEFAULT_TITLE = "{gate}: {id}"

GZIP_MAGIC = b"\x1f\x8b"
LONGEST_LINE = 1024 * 1024

_FIELD = re.compile(r"\{(\w+)\}")
_object = msgspec.json.Decoder(dict[str, Any])


class Plan(NamedTuple):
    """How a line becomes a unit. `id_fields` are tried in this order; `left_out` are not submitted."""

    gate: str
    id_fields: Sequence[str] = KNOWN_IDS
    title: str = DEFAULT_TITLE
    left_out: frozenset[str] = frozenset()


class Line(NamedTuple):
    """A line of the file: the unit it is, or what is wrong with it."""

    number: int
    unit: UnitIn | Problem


class Source:
    """A JSONL file, gzipped or not, read once and never held in memory as a whole."""

    def __init__(self, path: Path) -> None:
        self._raw: BinaryIO = path.open("rb")
        self._size = path.stat().st_size
        packed = self._raw.read(2) == GZIP_MAGIC
        self._raw.seek(0)
        self._text: BinaryIO = gzip.GzipFile(fileobj=self._raw) if packed else self._raw  # type: ignore[assignment]

    def lines(self, plan: Plan) -> Iterator[Line]:
        """Every line that is not blank, numbered as an editor numbers them."""
        number = 0
        try:
            for number, raw in enumerate(self._raw_lines(), start=1):
                if raw is None:
                    yield Line(number, Malformed("The line is longer than 1 MiB."))
                elif raw.strip():
                    yield Line(number, _read(raw, plan))
        except (EOFError, gzip.BadGzipFile, zlib.error):
            yield Line(number + 1, Malformed("The compressed file is damaged from here on."))

    def done(self) -> float:
        """How much of the file has been read, from 0 to 1."""
        return min(self._raw.tell() / self._size, 1.0) if self._size else 1.0

    def close(self) -> None:
        self._raw.close()

    def _raw_lines(self) -> Iterator[bytes | None]:
        """None in place of a line too long to hold."""
        while raw := self._text.readline(LONGEST_LINE + 1):
            is_whole = len(raw) <= LONGEST_LINE or raw.endswith(b"\n")
            yield raw if is_whole else None
            while not is_whole and (raw := self._text.readline(LONGEST_LINE)):
                is_whole = raw.endswith(b"\n")


def _read(raw: bytes, plan: Plan) -> UnitIn | Problem:
    try:
        row = _object.decode(raw)
        return _unit(row, plan)
    except Problem as problem:
        return problem
    except msgspec.ValidationError:
        return Malformed("The line is not a JSON object.")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return Malformed(f"The line is not JSON: {wrong}.")


def _unit(row: dict[str, Any], plan: Plan) -> UnitIn:
    external_id = _external_id(row, plan.id_fields)
    named = row | {"gate": plan.gate, "id": external_id}
    title = _FIELD.sub(lambda field: str(named.get(field[1], field[0])), plan.title)
    attributes = {name: value for name, value in row.items() if name not in plan.left_out}
    unit = {"gate": plan.gate, "external_id": external_id, "title": title[:300], "attributes": attributes}
    try:
        return msgspec.convert(unit, UnitIn)
    except msgspec.ValidationError as wrong:
        raise BadInput(f"{wrong}.") from None


def _external_id(row: dict[str, Any], fields: Sequence[str]) -> str:
    for field in fields:
        value = row.get(field)
        if (isinstance(value, str) and value) or type(value) is int:
            return str(value)
    raise BadInput(f"The line has no id: none of {', '.join(fields)} is text or a whole number.")
