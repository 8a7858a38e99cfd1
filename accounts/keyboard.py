"""The single keys: what each does, and which key that is for a pilot who wants another.

Pages carry the shipped key of an act (data-key="a"); static/js/keys.js puts the pilot's own in its place.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# act: the shipped key, and what it does
KEYS: dict[str, tuple[str, str | Promise]] = {
    "next": ("j", gettext_lazy("Next question")),
    "earlier": ("k", gettext_lazy("Earlier question")),
    "approve": ("a", gettext_lazy("Approve")),
    "reject": ("r", gettext_lazy("Reject")),
    "waive": ("w", gettext_lazy("Waive")),
    "resume": ("s", gettext_lazy("Resume stopped work")),
    "answer": ("n", gettext_lazy("Answer")),
    "clarify": ("c", gettext_lazy("Ask back")),
    "cancel": ("d", gettext_lazy("Cancel the request")),
    "claim": ("g", gettext_lazy("Claim or release")),
    "edit": ("e", gettext_lazy("Edit what would run")),
    "select": ("x", gettext_lazy("Select a row")),
    "undo": ("z", gettext_lazy("Undo")),
    "let_in": (".", gettext_lazy("Let in new questions")),
    "search": ("/", gettext_lazy("Search")),
    "filter": ("f", gettext_lazy("Filter")),
    "keys": ("?", gettext_lazy("Show all keys")),
}


def own_keys(said: Mapping[str, str]) -> dict[str, str]:
    """What of it differs from the shipped keys: all that is kept. "" switches a key off."""
    lower = {act: said[act].strip().lower() for act in KEYS if act in said}
    return {act: key for act, key in lower.items() if key != KEYS[act][0]}


def faults(own: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a map of keys, a sentence an act."""
    found = {act: _("there is no such act") for act in own if act not in KEYS}
    taken: dict[str, str] = {}
    for act, (shipped, _words) in KEYS.items():
        key = own.get(act, shipped)
        if not isinstance(key, str) or (key and not _is_key(key)):
            found[act] = _("one character, but no digit: 1 to 9 choose a reason")
        elif key and key in taken:
            found[act] = _("“%(key)s” does this already: %(what)s") % {"key": key, "what": KEYS[taken[key]][1]}
        elif key:
            taken[key] = act
    return found


def moved(own: Mapping[str, str]) -> dict[str, str]:
    """Each shipped key that is another one for this pilot, or "" for none."""
    return {KEYS[act][0]: key for act, key in own.items() if act in KEYS}


def _is_key(key: str) -> bool:
    return len(key) == 1 and key.isprintable() and not key.isspace() and not key.isdecimal() and key == key.lower()
