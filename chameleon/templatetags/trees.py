"""Any JSON value as a tree that opens and closes without a script."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MOST_NODES = 500  # a page of 256 KiB of nested zeros would be 10 MB of markup
MOST_MEMBERS = 100  # of one branch: a long list must not use up the tree before what stands beside it
MOST_CHARACTERS = 2_000
CLIPPED = 240  # characters of a long text before it is opened
OPEN_DEPTH, OPEN_SIZE = 1, 24

# What turns or hides text without showing: escaped as JSON would have it, so that nothing runs unseen.
# The joiners stay: emoji and Persian are made of them.
_UNSEEN = re.compile("[\u0080-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class _Drawing:
    """One drawing of a tree: how many nodes it may still have, and where the rest can be had."""

    left: Iterator[int]
    more: str  # an address that takes `at` and `start`; "" where the rest cannot be had


@register.simple_tag
def tree(value: Any, label: str, more: str = "") -> SafeString:
    """`{% tree unit.attributes "Attributes" %}`: small branches stand open, what is too long says by how much.

    `more` is an address that gives the rest of a branch: it is asked with a JSON pointer, `at`, and `start`.
    """
    if not (isinstance(value, dict | list) and value):
        return format_html('<div class="tree">{}</div>', _leaf(value, _Drawing(iter(()), more), ""))
    return format_html(
        '<div class="tree"{}><ul aria-label="{}"{}>{}</ul></div>',
        format_html(' data-tree="{}"', more) if more else "",
        label,
        _list_mark(value),
        _members(value, _Drawing(iter(range(MOST_NODES)), more), "", 0),
    )


@register.simple_tag
def branch(value: Any, at: str, start: int, more: str) -> SafeString:
    """The members of what stands at the pointer `at`, from the one numbered `start`: the rest of a tree."""
    if isinstance(value, str):
        return format_html('<span class="s">{}</span>', _quoted(value))
    if not isinstance(value, dict | list):
        return leaf(value)
    return _members(value, _Drawing(iter(range(MOST_NODES)), more), at, at.count("/"), start)


@register.simple_tag
def leaf(value: Any) -> SafeString:
    """One value in a line or a cell; a long text opens."""
    return _leaf(value, _Drawing(iter(()), ""), "")


def _members(value: dict[str, Any] | list[Any], drawing: _Drawing, at: str, depth: int, start: int = 0) -> SafeString:
    # Postgres keeps the keys of an object by their length, which is nobody's order.
    pairs: Iterable[tuple[str | int, Any]] = sorted(value.items()) if isinstance(value, dict) else enumerate(value)
    pairs = islice(pairs, start, start + MOST_MEMBERS)
    shown = [_member(key, inner, drawing, at, depth) for (key, inner), _n in zip(pairs, drawing.left, strict=False)]
    rest = len(value) - len(shown) - start
    if rest:
        shown.append(_rest(rest, drawing, at, start + len(shown)))
    return format_html_join("", "{}", ((one,) for one in shown))


def _rest(rest: int, drawing: _Drawing, at: str, start: int) -> SafeString:
    if not drawing.more:
        words = ngettext("%(count)s more, not shown", "%(count)s more, not shown", rest) % {"count": rest}
        return format_html('<li><span class="z">{}</span></li>', words)
    words = ngettext("Show %(count)s more", "Show %(count)s more", rest) % {"count": rest}
    return format_html("<li>{}</li>", _link(drawing, at, start, words, "li"))


def _link(drawing: _Drawing, at: str, start: int, words: str, place: str) -> SafeString:
    there = f"{drawing.more}?{urlencode({'at': at, 'start': start})}"
    return format_html(
        '<a class="rest" href="{0}" hx-get="{0}" hx-target="closest {1}" hx-swap="outerHTML">{2}</a>',
        there,
        place,
        words,
    )


def _member(key: str | int, value: Any, drawing: _Drawing, at: str, depth: int) -> SafeString:
    here = f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"
    if not isinstance(value, dict | list) or not value:
        return format_html('<li><span class="k">{}</span>{}</li>', _seen(str(key)), _leaf(value, drawing, here))
    brackets = "{{ {} }}" if isinstance(value, dict) else "[ {} ]"
    is_open = depth < OPEN_DEPTH and len(value) <= OPEN_SIZE
    return format_html(
        '<li><details{}><summary><span class="k">{}</span><span class="z">{}</span></summary>'
        "<ul{}>{}</ul></details></li>",
        SafeString(" open") if is_open else "",
        _seen(str(key)),
        brackets.format(len(value)),
        _list_mark(value),
        _members(value, drawing, here, depth + 1),
    )


def _list_mark(value: Any) -> SafeString:
    """By it a script tells `[0]` from `.0`."""
    return SafeString(" data-list-of" if isinstance(value, list) else "")  # nosec B703 -- constants


def _leaf(value: Any, drawing: _Drawing, at: str) -> SafeString:
    if not isinstance(value, str):
        kind = "z" if value is None or value in ({}, []) else "b" if isinstance(value, bool) else "n"
        return format_html('<span class="{}">{}</span>', kind, json.dumps(value))
    if len(value) <= CLIPPED:
        return format_html('<span class="s">{}</span>', _quoted(value))
    size = ngettext("%(count)s character", "%(count)s characters", len(value)) % {"count": f"{len(value):,}"}
    return format_html(
        '<details class="long"><summary><span class="s">{}…</span> <span class="z">{}</span></summary>'
        '<span class="s">{}</span>{}</details>',
        _quoted(value[:CLIPPED])[:-1],
        size,
        _quoted(value[:MOST_CHARACTERS]),
        _rest_of_text(value, drawing, at),
    )


def _rest_of_text(text: str, drawing: _Drawing, at: str) -> SafeString:
    more = len(text) - MOST_CHARACTERS
    if more <= 0:
        return SafeString("")
    if drawing.more:
        return _link(drawing, at, 0, _("Show all of it"), "details")
    return format_html(' <span class="z">{}</span>', _("and %(count)s characters more") % {"count": f"{more:,}"})


def _quoted(text: str) -> str:
    return _seen(json.dumps(text, ensure_ascii=False))


def _seen(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
