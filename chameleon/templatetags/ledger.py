"""Ledger lines as sentences, each with its mark and its verb: `{% happened entry %}`."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import Entry
from audit.wording import CODES, SUBJECTS, line_of, names_in, said_with
from chameleon.templatetags.clocks import at
from chameleon.templatetags.ui import icon
from interventions.models import Intervention
from work.models import Unit

register = template.Library()


# Who or what settles a question: a drawing and the words.
SOURCES = {
    "human": ("person", gettext_lazy("a pilot")),
    "quorum": ("people", gettext_lazy("a quorum")),
    "guardian": ("guardian", gettext_lazy("a guardian")),
    "timeout_default": ("clock", gettext_lazy("timeout")),
    "cancelled_by_caller": ("cancel", gettext_lazy("caller cancelled")),
    "caller_gone": ("gone", gettext_lazy("caller gone")),
    "superseded": ("stack", gettext_lazy("superseded")),
    "kill_switch": ("stop", gettext_lazy("kill switch")),
}


@register.simple_tag
def settled_by(source: str) -> SafeString:
    """What settled a question, as a mark and a word: `{% settled_by question.resolution_source %}`."""
    drawing, words = SOURCES[source]
    return format_html('<span class="who">{}{}</span>', icon(drawing, "sm"), words)


@register.simple_tag
def happened(entry: Entry, subjects: dict[tuple[str, str], "Subject"] | None = None, form: str = "time") -> SafeString:
    """One line of an `<ol class="ledger">`; with `subjects`, it says and links what it is about."""
    line, said = line_of(entry), said_with(entry)
    subject = (subjects or {}).get((entry.subject_type, entry.subject_id))
    return format_html(
        '<li><span class="ledger__mark{}">{}</span>'
        '<div class="ledger__what">{}{} <span class="verb">{}</span>{}</div>{}</li>',
        f" is-{line.family}" if line.family else "",
        icon(line.icon),
        _sentence(entry),
        format_html(': <a href="{}">{}</a>', subject.url, subject.title) if subject else "",
        entry.verb,
        format_html("<q>{}</q>", said) if said else "",
        at(entry.at, form),
    )


@register.simple_tag
def told(entry: Entry, form: str = "cell") -> SafeString:
    """The mark and the sentence of a line; in a cell of a table with what was said, in a heading without."""
    line, said = line_of(entry), said_with(entry) if form == "cell" else ""
    return format_html(
        '<span class="told"><span class="ledger__mark{}">{}</span><span>{}{}</span></span>',
        f" is-{line.family}" if line.family else "",
        icon(line.icon),
        _sentence(entry),
        format_html(' <q class="dim">{}</q>', _shortened(said)) if said else "",
    )


@register.filter
def said(entry: Entry) -> str:
    """Why, in the words that were given with it; "" when nothing was said."""
    return said_with(entry)


@register.filter
def subject_word(entry: Entry) -> str:
    """What kind of thing the line is about, in a word."""
    return str(SUBJECTS.get(entry.subject_type, entry.subject_type))


def _shortened(said: str) -> str:
    return said if len(said) <= SHORT else f"{said[: SHORT - 1].rstrip()}…"


SHORT = 160  # characters of a reason in a row


class Subject(NamedTuple):
    """What a ledger line is about, where it has a page."""

    title: str
    url: str


@register.simple_tag
def subjects_of(entries: Iterable[Entry]) -> dict[tuple[str, str], Subject]:
    """The questions and units of these lines, in two statements."""
    found = {}
    for kind, model, page in PAGES:
        ids = {entry.subject_id for entry in entries if entry.subject_type == kind}
        for pk, title in model.objects.filter(pk__in=ids).values_list("pk", "title") if ids else ():
            found[kind, str(pk)] = Subject(title, reverse(page, args=[pk]))
    return found


@register.simple_tag
def subject_in(subjects: dict[tuple[str, str], Subject], entry: Entry) -> Subject | None:
    """What this line is about, if it has a page: `{% subject_in subjects entry as subject %}`."""
    return subjects.get((entry.subject_type, entry.subject_id))


PAGES = (("intervention", Intervention, "interventions:detail"), ("unit", Unit, "interventions:unit"))


def _sentence(entry: Entry) -> SafeString:
    """The translated sentence with its names filled in, escaped: nothing in a ledger line is trusted."""
    names = {
        name: format_html('<span class="mono">{}</span>' if name in CODES else "<b>{}</b>", value)
        for name, value in names_in(entry).items()
    }
    sentence = _(line_of(entry).sentence).replace("{", "{{").replace("}", "}}")
    return format_html(sentence % {name: f"{{{name}}}" for name in names}, **names)
