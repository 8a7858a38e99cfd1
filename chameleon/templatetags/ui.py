"""What every page says the same way: icons, priorities, states, people."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from chameleon.templatetags.clocks import roughly, seconds_since

register = template.Library()

PRIORITIES = ("critical", "high", "normal", "low")
PRIORITY_WORDS = {
    "critical": gettext_lazy("Critical"),
    "high": gettext_lazy("High"),
    "normal": gettext_lazy("Normal"),
    "low": gettext_lazy("Low"),
}
KINDS = {
    "approval": ("kind-approval", gettext_lazy("Approval")),
    "clarification": ("kind-clarification", gettext_lazy("Question")),
    "waiver": ("kind-waiver", gettext_lazy("Waiver")),
    "resume": ("kind-resume", pgettext_lazy("kind of question", "Resume")),
    "cancel": ("kind-cancel", pgettext_lazy("kind of question", "Cancel")),
    "kill_switch": ("kind-kill", gettext_lazy("Kill switch")),
}
# status: icon, family of colour, word
INTERVENTION_STATUSES = {
    "pending": ("queue", "plain", gettext_lazy("waiting")),
    "in_progress": ("claim", "accent", gettext_lazy("claimed")),
    "awaiting_requester": ("clarify", "ask", gettext_lazy("asked back")),
    "approved": ("ok", "yes", gettext_lazy("approved")),
    "rejected": ("no", "no", gettext_lazy("rejected")),
    "completed": ("answer", "ask", gettext_lazy("answered")),
    "expired": ("clock", "stale", gettext_lazy("expired")),
    "cancelled": ("cancel", "plain", gettext_lazy("cancelled")),
}
UNIT_STATUSES = {
    "pending": ("queue", "plain", pgettext_lazy("unit of work", "pending")),
    "active": ("play", "accent", pgettext_lazy("unit of work", "active")),
    "awaiting_pilot": ("clock", "warn", gettext_lazy("waits for a pilot")),
    "paused": ("pause", "ice", gettext_lazy("paused")),
    "stalled": ("alert", "stale", gettext_lazy("stalled")),
    "completed": ("ok", "yes", gettext_lazy("completed")),
    "failed": ("no", "no", gettext_lazy("failed")),
    "cancelled": ("cancel", "plain", gettext_lazy("cancelled")),
    "archived": ("lock", "plain", gettext_lazy("archived")),
}
CALLERS = {
    "listening": ("listening", "", gettext_lazy("listening")),
    "polling": ("polling", "", gettext_lazy("polling")),
    "gone": ("gone", " is-stale", gettext_lazy("caller gone")),
}


@register.simple_tag
@lru_cache(maxsize=512)  # a page has a hundred of them, and each stays as it is while the process lives
def icon(name: str, size: str = "") -> SafeString:
    """A drawing from the sprite, silent to screen readers: `{% icon "approve" %}`, `{% icon "down" "sm" %}`."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" icon--{size}" if size else "",
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def priority(value: int | str) -> SafeString:
    """Shape, word and colour of a priority, given by its name or its number."""
    name = PRIORITIES[value] if isinstance(value, int) else value
    return format_html(
        '<span class="prio prio--{}">{}{}</span>', name, icon(f"prio-{name}"), PRIORITY_WORDS.get(name, name)
    )


@register.filter
def priority_word(value: int | str) -> str:
    name = PRIORITIES[value] if isinstance(value, int) else value
    return str(PRIORITY_WORDS.get(name, name))


@register.simple_tag
def kind(name: str, shape: str = "row") -> SafeString:
    """The kind of a question: an icon with a hidden word in a row, a chip elsewhere (`shape="chip"`)."""
    drawing, word = KINDS[name]
    if shape == "chip":
        return format_html('<span class="chip chip--plain">{}{}</span>', icon(drawing), word)
    return format_html('<span class="row__kind">{}<span class="sr">{}</span></span>', icon(drawing), word)


@register.filter
def kind_word(name: str) -> str:
    return str(KINDS[name][1])


@register.simple_tag
def status(name: str, of: str = "intervention", shape: str = "bare") -> SafeString:
    """Where a question or a unit (`of="unit"`) stands. `shape`: bare in a table, `chip` elsewhere."""
    drawing, family, word = (UNIT_STATUSES if of == "unit" else INTERVENTION_STATUSES)[name]
    bare = "chip--bare " if shape == "bare" else ""
    return format_html('<span class="chip {}chip--{}">{}{}</span>', bare, family, icon(drawing), word)


@register.filter
def status_word(name: str, of: str = "intervention") -> str:
    return str((UNIT_STATUSES if of == "unit" else INTERVENTION_STATUSES)[name][2])


@register.simple_tag
def caller(state: str, since: datetime | None = None) -> SafeString:
    """Whether anybody still waits for the answer: listening, polling or gone."""
    drawing, family, word = CALLERS[state]
    how_long = format_html(" {}", _("for %(span)s") % {"span": roughly(seconds_since(since))}) if since else ""
    return format_html(
        '<span class="who{}">{}<span class="caller__word">{}{}</span></span>', family, icon(drawing), word, how_long
    )


@register.filter
def initials(name: str) -> str:
    """Two letters: Ada Nyström is AN, ops-agent-3 is OA."""
    words = [word for word in name.replace("-", " ").replace("_", " ").replace(".", " ").split() if word[0].isalpha()]
    if not words:
        return name[:2].upper()
    return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()


@register.simple_tag
def avatar(name: str, kind: str = "person", size: str = "") -> SafeString:
    """A leaf with initials, beside the name; a machine's is square. `kind`: person, me, or what a machine is."""
    marks = [f" avatar--{size}"] if size else []
    if kind != "person":
        marks.append(" avatar--me" if kind == "me" else " avatar--machine")
    return format_html('<span class="avatar{}" aria-hidden="true">{}</span>', "".join(marks), initials(name))


@register.filter
def as_json(value: Any) -> str:
    """For a data attribute that a script reads; the template escapes it."""
    return json.dumps(value, cls=DjangoJSONEncoder)
