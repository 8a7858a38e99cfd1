"""How values and times read in a reason. Never translated: reasons are kept in the ledger."""

import json
import math
from typing import Any

MAX_REASON = 500
_MAX_SHOWN = 120


def shown(value: Any) -> str:
    """A value as JSON text of one line, cut to what a person reads."""
    if isinstance(value, str):
        text = json.dumps(value[:_MAX_SHOWN], ensure_ascii=False)
        return one_line(text if len(value) <= _MAX_SHOWN else f'{text[:-1]}…"')
    if isinstance(value, int) and abs(value) > 2**63:
        return "a very large number"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object of {len(value)}"
    return f"a {type(value).__name__}"


def kept(value: Any, words: str = "") -> Any:
    """A value as evidence keeps it: small JSON scalars as they are, the rest in `words` (or as shown())."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else shown(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return one_line(value, _MAX_SHOWN)
    return words or shown(value)


def one_line(text: str, most: int = MAX_REASON) -> str:
    """At most `most` printable characters: neither NUL nor half a surrogate pair can be stored."""
    if len(text) > most:
        text = f"{text[: most - 1]}…"
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " for character in text)


def kind_of(value: Any) -> str:
    """The JSON type of a value, with its article."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number" if isinstance(value, int) or math.isfinite(value) else "no finite number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"


def span(seconds: float) -> str:
    """A length of time to the second, without the units that are zero: "1 d 2 h", "90 s" is "1 min 30 s"."""
    left, said = round(seconds), []
    for word, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            said.append(f"{count:,} {word}")
    return " ".join(said) or "0 s"
