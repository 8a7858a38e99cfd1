"""Two JSON values, path by path: what changed, what came, what went, what stayed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

MOST_LEAVES = 2_000  # of one value: beyond that nobody reads, and two values are alike or they are not
MOST_SHOWN = 100

Leaves = Mapping[str, Any]

_MISSING = object()
_PLAIN_NAME = re.compile(r"[^\s.\[\]\"]+")


class Change(NamedTuple):
    """One path. `op`: change, add, drop or same; `was` and `now` mean nothing where there is none."""

    op: str
    path: str
    was: Any
    now: Any
    is_held: bool  # a guardian held the request for this one


@dataclass(frozen=True)
class Difference:
    """The paths that differ, those a guardian held first, and those that do not."""

    changes: Sequence[Change]
    same: Sequence[Change]

    @property
    def shown(self) -> Sequence[Change]:
        return self.changes[:MOST_SHOWN]

    @property
    def same_shown(self) -> Sequence[Change]:
        return self.same[:MOST_SHOWN]

    @property
    def rest(self) -> int:
        return len(self.changes) - len(self.shown)

    @property
    def same_rest(self) -> int:
        return len(self.same) - len(self.same_shown)


def difference_of(was: Any, now: Any, held: frozenset[str] = frozenset()) -> Difference:
    """From `was` to `now`. `held` are the names, at the top of `now`, that a guardian held it for."""
    old, new = leaves_of(was), leaves_of(now)
    changes = [_change(path, old, new, held) for path in sorted(old.keys() | new.keys(), key=_in_order)]
    return Difference(
        changes=sorted((one for one in changes if one.op != "same"), key=lambda one: not one.is_held),
        same=[one for one in changes if one.op == "same"],
    )


def leaves_of(value: Any) -> Leaves:
    """Every scalar and empty list or object by its path, `hosts[0].name`; the first MOST_LEAVES of them."""
    found: dict[str, Any] = {}
    for path, leaf in _walk(value, ""):
        if len(found) == MOST_LEAVES:
            break
        found[path] = leaf
    return found


def share_of_equals(one: Leaves, other: Leaves) -> float:
    """Of all the paths in either, the share that says the same in both: 0 to 1, and 0 where there are none."""
    equal = sum(1 for path, leaf in one.items() if path in other and is_same(leaf, other[path]))
    paths = len(one.keys() | other.keys())
    return equal / paths if paths else 0.0


def is_same(one: Any, other: Any) -> bool:
    """As JSON has it: true is not 1, though Python takes it for that."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from _walk(value[name], _below(path, name))
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{at}]")
    else:
        yield path, value


def _below(path: str, name: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        return f'{path}["{name}"]'
    return f"{path}.{name}" if path else name


def _change(path: str, old: Leaves, new: Leaves, held: frozenset[str]) -> Change:
    was, now = old.get(path, _MISSING), new.get(path, _MISSING)
    is_held = now is not _MISSING and re.split(r"[.\[]", path, maxsplit=1)[0] in held
    if was is _MISSING:
        return Change("add", path, None, now, is_held)
    if now is _MISSING:
        return Change("drop", path, was, None, is_held)
    return Change("same" if is_same(was, now) else "change", path, was, now, is_held)


def _in_order(path: str) -> list[tuple[int, str]]:
    """As people count: host 9 before host 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path)]
