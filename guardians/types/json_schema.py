"""JSON Schema draft 2020-12 for rules: no network, no runaway, and nothing ignored in silence.

jsonschema does the validating. Around it: references stay inside the schema; patterns are RE2, because
Python's `re` can be made to hang by the text it searches; `format` is asserted, and a format that nobody
checks is refused when it is saved; and every keyword draws on a budget, because a schema of a few lines
whose definitions each refer twice to the next takes longer than the universe.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker, SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from guardians import cel
from kit.canonical import canonical, check_json
from kit.errors import BadInput

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_SCHEMA_BYTES = 64 * 1024
BUDGET_NANOSECONDS = 100e6

_KEYWORD = 3_000.0
_VALUE = 1_000.0
_MESSAGE_BYTE = 30.0

_spent = threading.local()
_pattern = lru_cache(maxsize=1_024)(cel.Pattern)

_formats = FormatChecker(formats=("date", "email", "ipv4", "ipv6", "uuid"))


class Failure(NamedTuple):
    """Where the value does not fit ("" is the whole of it) and why."""

    path: str
    problem: str


class TooMuchWork(Exception):
    """The budget is spent before the value was validated."""


class Wrong(ValueError):
    """The schema cannot be used: `path` leads to the fault."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(why)
        self.path = path


class Shape:
    """One compiled schema. May be shared by threads."""

    def __init__(self, schema: dict[str, Any], *, any_format: bool = False) -> None:
        """Raises Wrong for anything but a self-contained schema of draft 2020-12.

        With `any_format`, a format that nobody checks here is a hint instead of a fault.
        """
        if str(schema.get("$schema", DIALECT)).rstrip("#") != DIALECT:
            raise Wrong("$schema", f"must be {DIALECT}")
        # jsonschema goes back to its own keywords below a "$schema", and "#" refers to the root.
        schema = {key: value for key, value in schema.items() if key != "$schema"}
        _check(schema, any_format=any_format)
        self._validator = _Validator(schema, registry=Registry(), format_checker=_formats)

    def failures(self, value: Any, most: int) -> list[Failure]:
        """Where the value does not fit, the first `most` places. Raises TooMuchWork."""
        _spent.nanoseconds = 0.0
        try:
            return [_failure(error) for error in islice(self._validator.iter_errors(value), most)]
        except RecursionError:  # a definition that is itself
            raise TooMuchWork from None


def answer_shape(schema: Any) -> Shape:
    """What an answer of a pilot must look like. Raises BadInput: field `answer_schema`.

    Programs have these made by libraries: whatever draft those name is read as ours, and formats
    that nobody checks here are hints.
    """
    if not isinstance(schema, dict):
        raise BadInput.field("answer_schema", "a JSON Schema is an object")
    check_json(schema, "answer_schema")
    try:
        return Shape({key: value for key, value in schema.items() if key != "$schema"}, any_format=True)
    except Wrong as wrong:
        raise BadInput.field("answer_schema", f"{wrong.path} {wrong}".strip()) from None


@_formats.checks("date-time")
def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return "T" in value.upper() and datetime.fromisoformat(value.upper()).utcoffset() is not None
    except ValueError:
        return False


def _check(schema: dict[str, Any], *, any_format: bool) -> None:
    if len(canonical(schema)) > MAX_SCHEMA_BYTES:
        raise Wrong("", f"is larger than {MAX_SCHEMA_BYTES // 1024} KiB")
    try:
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except SchemaError as wrong:
        raise Wrong(_dotted(wrong.absolute_path), wrong.message[:300]) from None
    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    for path, key, value in _settings(schema, ""):
        if isinstance(value, str):
            _check_text_setting(resolver, path, "" if any_format and key == "format" else key, value)
        elif key == "patternProperties" and isinstance(value, dict):
            for pattern in value:
                _check_pattern(path, pattern)


def _check_text_setting(resolver: Any, path: str, key: str, value: str) -> None:
    if key in ("$ref", "$dynamicRef"):
        _check_reference(resolver, path, value)
    elif key == "pattern":
        _check_pattern(path, value)
    elif key == "format" and value not in _formats.checkers:
        raise Wrong(path, f"is not checked here; checked are {', '.join(sorted(_formats.checkers))}")
    elif key in ("$schema", "$id"):
        raise Wrong(path, "is not supported: a schema here is one document without a name")


def _settings(schema: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """Every key anywhere in the schema, with the path to it."""
    members = enumerate(schema) if isinstance(schema, list) else schema.items() if isinstance(schema, dict) else ()
    for key, value in members:
        at = f"{path}.{key}" if path else str(key)
        yield at, str(key), value
        yield from _settings(value, at)


def _check_reference(resolver: Any, path: str, reference: str) -> None:
    if not reference.startswith("#"):
        raise Wrong(path, "must point into this schema (#...): nothing is fetched")
    try:
        resolver.lookup(reference)
    except Unresolvable:
        raise Wrong(path, f"{reference} leads nowhere") from None


def _check_pattern(path: str, pattern: str) -> None:
    try:
        _pattern(pattern)
    except cel.Unusable as wrong:
        raise Wrong(path, str(wrong)) from None


def _failure(error: ValidationError) -> Failure:
    return Failure(_dotted(error.absolute_path), error.message)


def _dotted(path: Any) -> str:
    return ".".join(str(part) for part in path)


def _spend(nanoseconds: float) -> None:
    _spent.nanoseconds += nanoseconds
    if _spent.nanoseconds > BUDGET_NANOSECONDS:
        raise TooMuchWork


Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


def _counted(keyword: Keyword) -> Keyword:
    def run(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        _spend(_KEYWORD)
        for error in keyword(validator, value, instance, schema) or ():
            # A message quotes the value whole, and so does every branch of anyOf that did not fit.
            _spend(_KEYWORD + _MESSAGE_BYTE * len(error.message))
            yield error

    return run


def _is_in(pattern: str, text: str) -> bool:
    compiled = _pattern(pattern)
    _spend(compiled.nanoseconds(len(text)))
    return compiled.is_in(text)


def _keyword_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _is_in(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _keyword_pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, below in patterns.items():
        for name, value in instance.items():
            if _is_in(pattern, name):
                yield from validator.descend(value, below, path=name, schema_path=pattern)


def _keyword_additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    rest = {name: value for name, value in instance.items() if not any(_is_in(each, name) for each in patterns)}
    named = {"properties": schema.get("properties", {})}
    yield from _STOCK["additionalProperties"](validator, allowed, rest, named)


def _keyword_unique(validator: Any, unique: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not unique or not isinstance(instance, list):
        return
    _spend(_VALUE * len(instance))
    if len({canonical(item) for item in instance}) < len(instance):
        yield ValidationError("the elements are not unique")


_STOCK: dict[str, Any] = dict(Draft202012Validator.VALIDATORS)
_OURS: dict[str, Keyword] = {
    "pattern": _keyword_pattern,
    "patternProperties": _keyword_pattern_properties,
    "additionalProperties": _keyword_additional,
    "uniqueItems": _keyword_unique,
}
_COUNTED = {name: _counted(run) for name, run in (_STOCK | _OURS).items()}
_Validator = extend(Draft202012Validator, _COUNTED)  # type: ignore[no-untyped-call]
