"""One text for one JSON value: RFC 8785 (JCS), and the SHA-256 over it."""

import hashlib
from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec
import rfc8785

from kit.errors import BadInput

MAX_DEPTH = 32
# RFC 8785 numbers are IEEE doubles: beyond this, two different integers would share one text.
MAX_INTEGER = 2**53 - 1

_encode = msgspec.json.Encoder(order="deterministic").encode


def canonical(value: Any) -> bytes:
    """RFC 8785 text of a JSON value. Raises BadInput for what has none."""
    return _text(value, plain=check_json(value, "value"))


def content_hash(value: Any) -> str:
    """Hex SHA-256 over the canonical text."""
    return hashlib.sha256(canonical(value)).hexdigest()


def canonical_and_hash(value: Any, field: str) -> tuple[bytes, str]:
    """Both at once, naming `field` in the error: what the hot path stores is what it hashed."""
    text = _text(value, plain=check_json(value, field))
    return text, hashlib.sha256(text).hexdigest()


def check_json(value: Any, field: str, depth: int = 0) -> bool:
    """Refuse what cannot be stored or hashed. True when msgspec's text is already canonical.

    The two differ in floats (1.0 against 1) and in the order of keys beyond the
    Basic Multilingual Plane; everything else is byte for byte the same (tested).
    """
    kind = type(value)
    if kind is str:
        _check_text(value, field)
    elif kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise BadInput.field(field, "integers beyond 2^53-1 lose digits in JSON; send them as text")
    elif kind is dict:
        return _check_members(value, field, depth + 1)
    elif kind is list or kind is tuple:
        return _check_items(value, field, depth + 1)
    elif kind is float and isfinite(value):
        return False
    elif value is not None and kind is not bool:
        no_number = "NaN and infinity are not JSON numbers"
        raise BadInput.field(field, no_number if kind is float else f"{kind.__name__} is not a JSON value")
    return True


def _check_members(value: dict[Any, Any], field: str, depth: int) -> bool:
    _check_depth(depth, field)
    plain = True
    for key, item in value.items():
        if type(key) is not str:
            raise BadInput.field(field, "every key must be text")
        if not key.isascii():
            _check_text(key, field)
            plain = plain and max(key) <= "\uffff"
        elif "\x00" in key:
            _check_text(key, field)
        plain = check_json(item, field, depth) and plain
    return plain


def _check_items(value: Sequence[Any], field: str, depth: int) -> bool:
    _check_depth(depth, field)
    plain = True
    for item in value:  # not all(...): it would leave unchecked what stands behind the first float
        plain = check_json(item, field, depth) and plain
    return plain


def _check_depth(depth: int, field: str) -> None:
    if depth > MAX_DEPTH:
        raise BadInput.field(field, f"nested deeper than {MAX_DEPTH} levels")


def _check_text(text: str, field: str) -> None:
    if "\x00" in text:
        raise BadInput.field(field, "the character U+0000 cannot be stored")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadInput.field(field, "half a surrogate pair is not a character") from None


def _text(value: Any, *, plain: bool) -> bytes:
    return _encode(value) if plain else rfc8785.dumps(value)
